"""Cardinal and ordinal scores in the leaderboard."""

from __future__ import annotations

import numpy as np
import pytest
from report_data import (
    default_models,
    default_truth,
    estimates_table,
    with_structure,
)

from holdfast.report.tables.leaderboard import leaderboard
from holdfast.report.tables.leaderboard_scores import BY_CONTEXT, COLUMNS


def test_without_structure_the_leaderboard_stays_as_it_is() -> None:
    table = leaderboard(
        estimates_table(default_models(), default_truth(), ["fictional"]), default_models()
    )
    assert not set(COLUMNS) & set(table.columns)


def test_scores_are_over_all_columns() -> None:
    plain = dict(zip(BY_CONTEXT, (0.2, 0.9, 0.1, 0.2), strict=True))
    none = plain | {"stress_compat": float("nan")}
    estimates = with_structure(
        {"llama-mini": plain, "qwen-mini": plain, "phi-mini": none, "random": plain}
    )
    board = leaderboard(estimates, default_models()).set_index("model")
    pairs = estimates[estimates["model"].eq("llama-mini") & estimates["context_b"].ne("")]
    expected = (pairs["estimate"].sum() + 5 * (0.8 + 0.9 + 0.9 + 0.8)) / 30
    assert board.loc["llama-mini", "cardinal"] == pytest.approx(expected)
    assert board.loc["llama-mini", "ordinal"] > board.loc["qwen-mini", "ordinal"] >= 0
    assert np.isnan(board.loc["phi-mini", ["cardinal", "ordinal"]].astype(float)).all()
    assert np.isfinite(board.loc["random", "cardinal"])
    assert np.isnan(board.loc["random", "ordinal"])
    assert board.loc["llama-mini", ["improper_fits", "fits"]].tolist() == [7, 40]
