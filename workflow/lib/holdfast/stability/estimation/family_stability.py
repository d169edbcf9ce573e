"""Stability of a family: the mean of its models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.model_stability import Estimate, Stability
from holdfast.stability.resampling.bootstrap import standard_error
from holdfast.stability.resampling.intervals import bootstrap_interval, scale_of
from holdfast.stability.resampling.quantities import BOUNDS, Quantity
from holdfast.stability.resampling.two_way_jackknife import over_contexts


def family_stability(models: Sequence[Stability], *, confidence: float = 0.95) -> Stability:
    """Average the pooled estimates of models and, draw by draw, their bootstrap draws.

    The draws are paired over respondents, so the interval holds what the models share. It is Student's on
    the quantity's scale, from the draws' standard error and bias.
    Models that are not estimable are left out; the method says how many went in.

    Args:
        models: results of :func:`model_stability` on the same respondents, seed and draws.
        confidence: of the interval, as that of the models.

    Returns:
        A row for each quantity with draws, the draws (D,), and the means of what is deleted.

    Raises:
        ValueError: there is no model, or the draws of the models are not paired.
    """
    if not models:
        raise ValueError("a family needs at least one model")
    pairing = {(m.respondents, m.seed, m.draws["rank_order"].size) for m in models}
    if len(pairing) > 1:
        raise ValueError(f"models differ in (respondents, seed, draws): {sorted(pairing)}")
    draws = {quantity: _draws(models, quantity) for quantity in models[0].draws}
    deleted = {q: found for q in draws if (found := _deleted(models, q)) is not None}
    rows = []
    for quantity in draws:
        row = _row(models, quantity)
        lower, upper = bootstrap_interval(
            np.array(row.estimate), draws[quantity], confidence, scale_of(quantity),
            BOUNDS.get(quantity, (-1.0, 1.0)), models[0].respondents,
        )  # fmt: skip
        error = standard_error(draws[quantity])
        row = replace(row, lower=float(lower), upper=float(upper), se=float(error))
        rows.append(replace(row, **_contexts(models, quantity, deleted, confidence)))
    over = _over_levels(models)
    return Stability(tuple(rows), draws, models[0].respondents, models[0].seed, deleted, over)


def pooled(stability: Stability, quantity: Quantity) -> Estimate:
    """Return the pooled row of a quantity."""
    return next(row for row in stability.estimates if row.quantity == quantity and _is_pooled(row))


def _is_pooled(row: Estimate) -> bool:
    """Tell whether a row is pooled over values, contexts and replicates."""
    return row.value is None and row.context_a is None and row.replicate is None


def _draws(models: Sequence[Stability], quantity: Quantity) -> FloatArray:
    """Return the mean draws (D,) of the estimable models, NaN if there is none."""
    used = [m.draws[quantity] for m in models if pooled(m, quantity).status == "ok"]
    if not used:
        return np.full_like(models[0].draws[quantity], np.nan)
    return np.asarray(np.mean(used, axis=0), dtype=np.float64)


def _deleted(models: Sequence[Stability], quantity: Quantity) -> FloatArray | None:
    """Return the mean of what is deleted (1 + C, 1 + G) in the estimable models; None: not all have it."""
    used = [m for m in models if pooled(m, quantity).status == "ok"]
    if not used or any(quantity not in m.deleted for m in used):
        return None
    return np.asarray(np.mean([m.deleted[quantity] for m in used], axis=0), dtype=np.float64)


def _over_levels(models: Sequence[Stability]) -> dict[tuple[Quantity, str], FloatArray]:
    """Return the means of what models have over the levels of facets; of models that have it estimated."""
    found = {}
    for name in models[0].over_levels:
        every = [m.over_levels[name] for m in models if name in m.over_levels]
        used = [figures for figures in every if not np.isnan(figures[0, 0, 0])]
        if used:
            found[name] = np.asarray(np.mean(used, axis=0), dtype=np.float64)
    return found


def _contexts(
    models: Sequence[Stability], quantity: Quantity, deleted: Mapping[Quantity, FloatArray],
    confidence: float,
) -> dict[str, Any]:  # fmt: skip
    """Return the columns of the second interval, or else the status of the first model's."""
    if quantity in deleted:
        return over_contexts(quantity, deleted[quantity], confidence).at(())
    return {"contexts_status": pooled(models[0], quantity).contexts_status}


def _row(models: Sequence[Stability], quantity: Quantity) -> Estimate:
    """Return the family's row without interval; ``n`` is that of the most complete member."""
    members = [pooled(model, quantity) for model in models]
    used = [row for row in members if row.status == "ok"]
    count = len(used)
    return Estimate(
        quantity,
        None,
        None,
        None,
        None,
        estimate=float(np.mean([row.estimate for row in used])) if used else np.nan,
        lower=np.nan,
        upper=np.nan,
        se=np.nan,
        n=max(row.n for row in members),
        undefined=sum(row.undefined for row in members),
        null_mean=float(np.mean([row.null_mean for row in used])) if used else np.nan,
        null_sd=float(np.linalg.norm([row.null_sd for row in used]) / count) if used else np.nan,
        method=f"mean of {count} of {len(models)} models; "
        + (used or members)[0].method.replace("jackknife", "Student's"),
        status="ok" if used else members[0].status,
    )
