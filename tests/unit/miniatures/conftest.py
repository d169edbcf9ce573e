"""What the tests of the miniatures share: their scripts and words."""

import sys
from pathlib import Path

import pytest
import torch

MINIATURES = Path(__file__).resolve().parents[3] / "resources" / "miniatures"
sys.path.insert(0, str(MINIATURES))

from dialogues import Material, read_material  # noqa: E402


@pytest.fixture(scope="session")
def folder() -> Path:
    """Return the folder of the miniatures."""
    return MINIATURES


@pytest.fixture(scope="session")
def material() -> Material:
    """Return all words of the dialogues."""
    return read_material()


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Let torch use one thread, as training does."""
    torch.set_num_threads(1)
