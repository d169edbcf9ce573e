"""Populations of different sizes in one table: their order and first sentence are of unbiased figures."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from report_data import entry, estimates_table

from holdfast.report.tables.leaderboard import leaderboard
from holdfast.report.tables.leaderboard_text import board_lines, read_leaderboard
from holdfast.report.wording.summary import summaries

MODELS: dict[str, dict[str, Any]] = {"large": entry("LLaMa"), "small": entry("Qwen")}


def estimates(sizes: dict[str, int]) -> pd.DataFrame:
    """Return estimates in which the unbiased figures have another order than the raw ones."""
    raw = estimates_table(MODELS, {"large": 0.72, "small": 0.70}, list(sizes))
    raw["n"] = raw["population"].map(sizes)
    own = raw[raw["quantity"].eq("rank_order")].assign(quantity="rank_order_unbiased")
    shift = own["model"].eq("small") * 0.05 + own["family"].eq("Qwen") * own["model"].eq("") * 0.05
    return pd.concat([raw, own.assign(estimate=own["estimate"] + shift)], ignore_index=True)


def lines(sizes: dict[str, int], folder: Path) -> list[list[str]]:
    leaderboard(estimates(sizes), MODELS).to_csv(folder / "leaderboard.csv", index=False)
    return board_lines(read_leaderboard(folder))


def test_the_order_is_that_of_the_unbiased_figures(tmp_path: Path) -> None:
    several = lines({"elves": 60, "people": 20}, tmp_path)
    assert several[0][3:6] == ["Rank-order", "Unbiased", "Ipsative"]
    assert [line[0] for line in several[1:3]] == ["small", "large"]
    assert several[1][3].startswith(".70") and several[1][4].startswith(".75")


def test_equal_sizes_need_no_second_figure(tmp_path: Path) -> None:
    same = lines({"elves": 60, "people": 60}, tmp_path)
    assert same[0][3:5] == ["Rank-order", "Ipsative"]
    assert same[1][0] == "large"


@pytest.mark.parametrize(
    ("small", "words"),
    [(20, "unbiased rank-order stability is highest for small .75"),
     (60, "rank-order stability is highest for large .72")],
)  # fmt: skip
def test_the_first_sentence_says_which_figure_it_is_about(small: int, words: str) -> None:
    first, _ = summaries(estimates({"elves": 60, "people": small}), MODELS)
    assert words in first.headline.lower()
    assert any("differ in size" in said for said in first.details) == (small == 20)
