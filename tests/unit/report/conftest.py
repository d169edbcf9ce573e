"""Fixtures of the report room's tests; the data are made in report_data.py."""

from collections.abc import Callable
from pathlib import Path

import pytest
from report_data import Files, default_models, default_truth, write_study


@pytest.fixture
def default_study(tmp_path: Path) -> Files:
    """Return a study like the default one."""
    return write_study(tmp_path / "study", default_models(), default_truth(), ["fictional"])


@pytest.fixture
def make_study(tmp_path: Path) -> Callable[..., Files]:
    """Return a function that writes a study of given models, truth and populations."""
    return lambda *arguments, **more: write_study(tmp_path / "study", *arguments, **more)
