"""The leaderboard's scores over stability and validity, from the table of estimates (methods 7.5)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from holdfast.report.wording.estimate_selection import Scene, of_scene, scenes
from holdfast.report.wording.model_labels import Models, is_people, is_reference
from holdfast.stability.structure.cardinal_ordinal import cardinal, columns, ordinal

MEANS = ["pairs", "stress", "cfi", "srmr", "rmsea"]
"""Means of the kinds of columns, as board_MEAN: rank-order of pairs of contexts, and four by context."""
COLUMNS = [
    "cardinal",
    "ordinal",
    "scores_status",
    "cardinal_compat",
    "ordinal_compat",
    "improper_fits",
    "fits",
    "contexts",
    *(f"board_{m}" for m in MEANS),
]
PAIRS = ("rank_order", "neutral_rank_order")
BY_CONTEXT = ("stress_compat", "cfi", "srmr", "rmsea")
BY_CONTEXT_COMPAT = ("stress_compat", "cfi_compat", "srmr_compat", "rmsea_compat")
MOST_IMPROPER = 0.1
"""Share of a model's factor analyses: with more improper ones it has no score."""
HIGHER_ORDER = 4

FloatArray = npt.NDArray[np.float64]


def board_scores(
    estimates: pd.DataFrame, models: Models
) -> dict[tuple[str, Scene], dict[str, Any]]:
    """Return the scores of each model in each scene; nothing where a study has no structure.

    The ordinal score compares models with models: references and people have none. In the scores that end in
    _compat an improper fit counts as no fit at all, as in the original; the others leave it out, and there is
    none where more than MOST_IMPROPER of the fits are improper.

    Returns:
        By model and scene: COLUMNS. NaN where a column of the scores is missing. scores_status is ok,
        improper_fits or missing_columns.
    """
    if not estimates["quantity"].eq("stress_compat").any():
        return {}
    plain = estimates[estimates["value"].eq("") & estimates["replicate"].isna()]
    found: dict[tuple[str, Scene], dict[str, Any]] = {}
    for scene in scenes(plain):
        own = of_scene(plain, scene)
        kinds = {n: _kinds(own[own["model"].eq(n)], BY_CONTEXT) for n in models}
        fits = {n: _fits(estimates, n, scene) for n in models}
        status = {n: _status(kinds[n], fits[n]) for n in models}
        scores = _scores({n: k if status[n] == "ok" else () for n, k in kinds.items()}, models)
        compat = {n: _kinds(own[own["model"].eq(n)], BY_CONTEXT_COMPAT) for n in models}
        scores_compat = _scores(compat, models)
        for name in models:
            found[(name, scene)] = {
                **dict(zip(("cardinal", "ordinal"), scores[name], strict=True)),
                "scores_status": status[name],
                **dict(zip(("cardinal_compat", "ordinal_compat"), scores_compat[name], strict=True)),
                **fits[name], "contexts": kinds[name][1].size,
                **{f"board_{m}": _mean(k) for m, k in zip(MEANS, kinds[name], strict=True)},
            }  # fmt: skip
    return found


def _mean(figures: FloatArray) -> float:
    """Return the mean of the known figures, NaN if there are none."""
    known = figures[~np.isnan(figures)]
    return float(known.mean()) if known.size else float("nan")


def _status(kinds: Sequence[FloatArray], fits: Mapping[str, Any]) -> str:
    """Tell whether a model has scores, and if not, why."""
    if fits["fits"] and fits["improper_fits"] > MOST_IMPROPER * fits["fits"]:
        return "improper_fits"
    whole = all(k.size and not np.isnan(k).any() for k in kinds)
    return "ok" if whole else "missing_columns"


def _scores(
    kinds: Mapping[str, Sequence[FloatArray]], models: Models
) -> dict[str, tuple[float, float]]:
    """Return each model's cardinal and ordinal score from its kinds of columns; none without columns."""
    tables = {
        n: columns(*k) if k and all(f.size for f in k) else np.empty(0) for n, k in kinds.items()
    }
    rivals = _ordinal({n: t for n, t in tables.items() if _is_rival(models[n])})
    none = float("nan")
    return {
        n: (float(cardinal(t)) if t.size else none, rivals.get(n, none)) for n, t in tables.items()
    }


def _is_rival(entry: Mapping[str, Any]) -> bool:
    return not is_reference(entry) and not is_people(entry)


def _kinds(rows: pd.DataFrame, by_context: Sequence[str]) -> tuple[FloatArray, ...]:
    """Return one model's figures: of pairs of contexts, and by quantity of the contexts in these pairs.

    All contexts of the study's full length count, and the one without a conversation where it has it.
    """
    pairs = rows[rows["quantity"].isin(PAIRS) & rows["context_b"].ne("")]
    compared = {*pairs["context_a"], *pairs["context_b"]}
    single = rows[rows["context_a"].isin(compared) & rows["context_b"].eq("")]
    each = [single.loc[single["quantity"].eq(q), "estimate"] for q in by_context]
    return tuple(kind.to_numpy(float) for kind in (pairs["estimate"], *each))


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
