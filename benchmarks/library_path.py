"""Puts the library on the path and, before torch is loaded, lets threads wait as they do in a job."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

import holdfast.inference  # noqa: F401
