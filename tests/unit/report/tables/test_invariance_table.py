"""The page's table of measurement invariance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from report_data import default_models, estimate_row

from holdfast.report.tables.invariance_table import invariance_table
from holdfast.stability.structure.value_circle import HIGHER_ORDER


def test_each_higher_order_value_has_its_level_or_the_reason_why_none_was_tried() -> None:
    levels = [3.0, 0.0, 2.0, np.nan]
    base = estimate_row("llama-mini", "LLaMa", "rank_order", 0.5)
    rows = [
        base | {"quantity": "invariance_level", "value": value, "estimate": level,
                "status": "ok" if level == level else "negative_variance"}
        for value, level in zip(HIGHER_ORDER, levels, strict=True)
    ]  # fmt: skip
    rows.append(base | {"quantity": "latent_rank_order", "estimate": 0.91})
    rows.append(base | {"quantity": "latent_rank_order", "estimate": 0.5, "value": "openness"})
    rows.append(base | {"quantity": "disattenuated", "estimate": 0.88})
    (row,) = invariance_table(pd.DataFrame(rows), default_models())
    assert row["levels"] == ["scalar", "none", "metric", "(improper)"]
    assert (row["latent"], row["disattenuated"]) == (".91", ".88")
    assert (row["model"], row["kind"]) == ("llama-mini", "miniature")


def test_a_study_without_structure_has_none() -> None:
    rows = pd.DataFrame([estimate_row("llama-mini", "LLaMa", "rank_order", 0.5)])
    assert invariance_table(rows, default_models()) == []
