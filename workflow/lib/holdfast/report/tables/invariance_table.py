"""Whether the questionnaire means the same in each context, as text for the page (methods 7)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from holdfast.report.wording.estimate_selection import of_scene, scenes
from holdfast.report.wording.model_labels import Models, kind
from holdfast.report.wording.text_format import number
from holdfast.stability.structure.invariance import LEVELS
from holdfast.stability.structure.value_circle import HIGHER_ORDER

WORDS = ("none", *LEVELS)
"""How far the invariance goes, by the estimate of invariance_level."""

REASONS = {
    "constant_item": "constant item",
    "collinear_items": "identical items",
    "too_few_respondents": "too few respondents",
    "latent_covariance": "improper",
    "negative_variance": "improper",
    "fit_failed": "no solution",
}


def invariance_table(estimates: pd.DataFrame, models: Models) -> list[dict[str, Any]]:
    """Return a row a model, population and questionnaire; nothing where a study has no such estimates.

    Returns:
        model, kind, where, levels (a word for each higher-order value), and the latent and the
        disattenuated rank-order stability as text.
    """
    rows = estimates[estimates["quantity"].eq("invariance_level")]
    found = []
    for scene in scenes(rows):
        for name in models:
            own = of_scene(rows, scene)
            levels = {r["value"]: _word(r) for r in own[own["model"].eq(name)].to_dict("records")}
            if not levels:
                continue
            all_of = of_scene(estimates, scene)
            found.append({
                "model": name, "kind": kind(models[name]), "where": " · ".join(scene),
                "levels": [levels[value] for value in HIGHER_ORDER],
                "latent": _pooled(all_of, name, "latent_rank_order"),
                "disattenuated": _pooled(all_of, name, "disattenuated"),
            })  # fmt: skip
    return found


def _word(row: Mapping[Any, Any]) -> str:
    """Return the level that holds, or in parentheses why none could be tried."""
    if pd.isna(row["estimate"]):
        return f"({REASONS.get(str(row['status']), 'not estimable')})"
    return WORDS[int(row["estimate"])]


def _pooled(rows: pd.DataFrame, name: str, quantity: str) -> str:
    plain = rows["value"].eq("") & rows["context_a"].eq("") & rows["replicate"].isna()
    own = rows[plain & rows["model"].eq(name) & rows["quantity"].eq(quantity)]
    return number(None if own.empty else float(own["estimate"].iloc[0]))
