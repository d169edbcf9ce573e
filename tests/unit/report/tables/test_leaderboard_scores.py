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
from holdfast.report.tables.leaderboard_scores import BY_CONTEXT, BY_CONTEXT_COMPAT, COLUMNS


def test_without_structure_the_leaderboard_stays_as_it_is() -> None:
    table = leaderboard(
        estimates_table(default_models(), default_truth(), ["fictional"]), default_models()
    )
    assert not set(COLUMNS) & set(table.columns)


def test_scores_are_over_all_columns() -> None:
    plain = dict(zip(BY_CONTEXT, (0.2, 0.9, 0.1, 0.2), strict=True))
    plain |= dict(zip(BY_CONTEXT_COMPAT, (0.2, 0.8, 0.2, 0.3), strict=True))
    none = plain | {"stress_compat": float("nan")}
    estimates = with_structure(
        {"llama-mini": plain, "qwen-mini": plain, "phi-mini": none, "random": plain},
        improper=3,
    )
    board = leaderboard(estimates, default_models()).set_index("model")
    pairs = estimates[estimates["model"].eq("llama-mini") & estimates["context_b"].ne("")]
    expected = (pairs["estimate"].sum() + 5 * (0.8 + 0.9 + 0.9 + 0.8)) / 30
    assert board.loc["llama-mini", "cardinal"] == pytest.approx(expected)
    assert board.loc["llama-mini", "ordinal"] > board.loc["qwen-mini", "ordinal"] >= 0
    assert np.isnan(board.loc["phi-mini", ["cardinal", "ordinal"]].astype(float)).all()
    assert np.isfinite(board.loc["random", "cardinal"])
    assert np.isnan(board.loc["random", "ordinal"])
    assert board.loc["llama-mini", ["improper_fits", "fits"]].tolist() == [3, 40]
    expected = (pairs["estimate"].sum() + 5 * (0.8 + 0.8 + 0.8 + 0.7)) / 30
    assert board.loc["llama-mini", "cardinal_compat"] == pytest.approx(expected)
    assert board["scores_status"].value_counts().to_dict() == {"ok": 3, "missing_columns": 5}


def test_many_improper_fits_leave_only_the_original_s_score() -> None:
    """Four of forty are a tenth, five are more."""
    plain = dict(zip((*BY_CONTEXT, *BY_CONTEXT_COMPAT[1:]), (0.2, 0.9, 0.1, 0.2) * 2, strict=False))
    for improper, status in ((4, "ok"), (5, "improper_fits")):
        estimates = with_structure({"llama-mini": plain, "qwen-mini": plain}, improper=improper)
        board = leaderboard(estimates, default_models()).set_index("model")
        own = board.loc["llama-mini"]
        assert own["scores_status"] == status
        assert np.isfinite(own[["cardinal", "ordinal"]].astype(float)).all() == (status == "ok")
        assert np.isfinite(own[["cardinal_compat", "ordinal_compat"]].astype(float)).all()
