"""Cardinal and ordinal scores in the leaderboard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_data import TOPICS, default_models, default_truth, estimate_row, estimates_table

from holdfast.report.tables.leaderboard import leaderboard
from holdfast.report.tables.leaderboard_scores import BY_CONTEXT, COLUMNS


def with_structure(figures: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Return a table of estimates with the figures of structure of some models."""
    models = default_models()
    rows: list[dict[str, Any]] = []
    for name, by_quantity in figures.items():
        for quantity, figure in by_quantity.items():
            more = {"null_sd": np.nan, "undefined": 0}
            base = estimate_row(name, models[name]["model"]["family"], "ipsative", figure, **more)
            base["quantity"] = quantity
            rows += [base | {"context_a": topic} for topic in TOPICS]
            rows += [base | {"replicate": r} for r in (1, 2)]
            rows.append(base | {"undefined": 7})
    table = estimates_table(models, default_truth(), ["fictional"])
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)


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
