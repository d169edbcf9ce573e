"""The leaderboard's scores over stability and validity, from the table of estimates (methods 7.5)."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from holdfast.report.wording.estimate_selection import Scene, of_scene, scenes
from holdfast.report.wording.model_labels import Models, is_reference
from holdfast.stability.structure.cardinal_ordinal import cardinal, columns, ordinal

MEANS = ["pairs", "stress", "cfi", "srmr", "rmsea"]
"""Means of the kinds of columns, as board_MEAN: rank-order of pairs of contexts, and four by context."""
COLUMNS = [
    "cardinal",
    "ordinal",
    "improper_fits",
    "fits",
    "contexts",
    *(f"board_{m}" for m in MEANS),
]
PAIRS = ("rank_order", "neutral_rank_order")
BY_CONTEXT = ("stress_compat", "cfi", "srmr", "rmsea")
HIGHER_ORDER = 4

FloatArray = npt.NDArray[np.float64]


def board_scores(
    estimates: pd.DataFrame, models: Models
) -> dict[tuple[str, Scene], dict[str, Any]]:
    """Return the scores of each model in each scene; nothing where a study has no structure.

    The ordinal score compares models with models: references have none.

    Returns:
        By model and scene: cardinal, ordinal, improper_fits and fits. NaN where a column is missing.
    """
    if not estimates["quantity"].eq("stress_compat").any():
        return {}
    plain = estimates[estimates["value"].eq("") & estimates["replicate"].isna()]
    found: dict[tuple[str, Scene], dict[str, Any]] = {}
    for scene in scenes(plain):
        own = of_scene(plain, scene)
        kinds = {name: _kinds(own[own["model"].eq(name)]) for name in models}
        tables = {
            n: columns(*k) if all(f.size for f in k) else np.empty(0) for n, k in kinds.items()
        }
        rivals = _ordinal({n: t for n, t in tables.items() if not is_reference(models[n])})
        for name, table in tables.items():
            score = float(cardinal(table)) if table.size else float("nan")
            means = [float(k.mean()) if k.size else float("nan") for k in kinds[name]]
            found[(name, scene)] = {
                "cardinal": score, "ordinal": rivals.get(name, float("nan")),
                **_fits(estimates, name, scene), "contexts": kinds[name][1].size,
                **{f"board_{m}": mean for m, mean in zip(MEANS, means, strict=True)},
            }  # fmt: skip
    return found


def _kinds(rows: pd.DataFrame) -> tuple[FloatArray, ...]:
    """Return one model's figures: of pairs of contexts, and by quantity of the contexts in these pairs.

    All contexts of the study's full length count, and the one without a conversation where it has it.
    """
    pairs = rows[rows["quantity"].isin(PAIRS) & rows["context_b"].ne("")]
    compared = {*pairs["context_a"], *pairs["context_b"]}
    single = rows[rows["context_a"].isin(compared) & rows["context_b"].eq("")]
    by_context = [single.loc[single["quantity"].eq(q), "estimate"] for q in BY_CONTEXT]
    return tuple(kind.to_numpy(float) for kind in (pairs["estimate"], *by_context))


def _ordinal(tables: dict[str, FloatArray]) -> dict[str, float]:
    """Return the ordinal score of the models that have all columns of the scene."""
    longest = max((t.size for t in tables.values()), default=0)
    whole = {n: t for n, t in tables.items() if longest and t.size == longest}
    if len(whole) < 2:
        return {}
    scores = ordinal(np.stack(list(whole.values())))
    return dict(zip(whole, (float(s) for s in scores), strict=True))


def _fits(estimates: pd.DataFrame, name: str, scene: Scene) -> dict[str, Any]:
    """Count a model's factor analyses and those that are improper."""
    rows = estimates[
        estimates["model"].eq(name) & estimates["population"].eq(scene[0])
        & estimates["instrument"].eq(scene[1]) & estimates["quantity"].eq("cfi")
        & estimates["value"].eq("")
    ]  # fmt: skip
    if rows.empty:
        return {"improper_fits": None, "fits": None}
    contexts, replicates = rows["context_a"].ne(""), rows["replicate"].notna()
    pooled = rows[~contexts & ~replicates]
    return {
        "improper_fits": int(pooled["undefined"].sum()),
        "fits": HIGHER_ORDER
        * int((contexts & ~replicates).sum())
        * int((replicates & ~contexts).sum()),
    }
