"""What all tests share."""

from pathlib import Path

import pytest

from projects import Project, copy_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a fresh copy of the project."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of the project that the tests of a module share."""
    return copy_project(tmp_path_factory.mktemp("shared") / "project")
