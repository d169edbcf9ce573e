"""What all tests share."""

import gc
from pathlib import Path

import pytest

from projects import Project, copy_project


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of every search for garbage: it is large, and stays to the end."""
    gc.freeze()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a fresh copy of the project."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of the project that the tests of a module share."""
    return copy_project(tmp_path_factory.mktemp("shared") / "project")
