"""The README's figure: its table is there, is the picture's, and is held to the study."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from holdfast.report.figure_jobs.all_figures import redraw
from holdfast.report.figure_parts.figure_tables import read_figure_table

ROOT = Path(__file__).resolve().parents[3]
SPEC = importlib.util.spec_from_file_location("readme_figure", ROOT / "tools/readme_figure.py")
assert SPEC and SPEC.loader
TOOL = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(TOOL)


@pytest.fixture
def shown() -> pd.DataFrame:
    """Return the table behind the README's figure."""
    return read_figure_table(TOOL.SHOWN)[1]


def test_the_picture_is_drawn_from_the_table_beside_it(tmp_path: Path) -> None:
    redraw(TOOL.SHOWN, tmp_path / "x.png")
    drawn, kept = (Image.open(p) for p in (tmp_path / "x.png", TOOL.SHOWN.with_suffix(".png")))
    assert drawn.size == kept.size
    away = np.asarray(drawn, dtype=float) - np.asarray(kept, dtype=float)
    assert np.abs(away).mean() < 0.05  # of 255: no mark elsewhere, but another processor's rounding


def test_the_readme_shows_it_and_its_table_is_of_the_default_study(shown: pd.DataFrame) -> None:
    assert "docs/images/stability.png" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(shown["population"]) == {"generated"}


def test_the_same_table_agrees_and_a_little_noise_passes(shown: pd.DataFrame) -> None:
    assert TOOL.differences(shown, shown) == []
    assert TOOL.differences(shown, shown.assign(estimate=shown["estimate"] + 0.02)) == []


def test_another_figure_is_named(shown: pd.DataFrame) -> None:
    other = shown.copy()
    place = other.index[other["estimate"].notna()][0]
    other.loc[place, "estimate"] += 0.05
    [said] = TOOL.differences(shown, other)
    assert said.startswith(other.loc[place, "name"]) and "estimate" in said
    assert TOOL.differences(shown, other.drop(index=place)) == ["the rows are others"]
