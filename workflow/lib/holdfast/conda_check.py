"""A job's packages come from its rule's own conda environment, and from no other."""

import os
import sys
from pathlib import Path


def own_packages_only() -> None:
    """In an active conda environment, let nothing be imported from another one.

    Snakemake adds the packages of where it runs itself to what scripts can import. That would hide a gap
    in a rule's environment, and let libraries find optional packages that the environment does not name.
    """
    if os.environ.get("CONDA_PREFIX") == sys.prefix:
        sys.path[:] = [p for p in sys.path if not _is_of_another(Path(p))]


def _is_of_another(folder: Path) -> bool:
    return "site-packages" in folder.parts and not folder.is_relative_to(sys.prefix)
