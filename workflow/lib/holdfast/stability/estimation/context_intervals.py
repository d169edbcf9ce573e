"""The second interval of a model's rows, about contexts like these, and its figures without each topic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.correlation.undefined_correlations import Level
from holdfast.stability.estimation.context_layout import Layout, without_each_topic
from holdfast.stability.estimation.model_stability import Estimate, Stability
from holdfast.stability.resampling.intervals import jackknife_interval
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.two_way_jackknife import (
    MINIMUM_CONTEXTS,
    OverContexts,
    over_contexts,
    without_groups,
)

Figures = Mapping[tuple[Quantity, Level], FloatArray]
"""Figures under D vectors of weights (D, ...)."""

LEVELS: tuple[Level, ...] = ("pooled", "replicate", "value", "length")
"""Levels whose figures are of no particular topics, beside those of facets."""

NAMED: tuple[Level, ...] = (
    "length", "level", "levels", "facet", "source", "component", "planned",
)  # fmt: skip
"""Levels whose figures have names of their own where others have contexts."""

WITHOUT: Mapping[Quantity, Quantity] = {
    "rank_order": "rank_order_without",
    "ipsative": "ipsative_without",
    "fidelity": "fidelity_without",
}
"""Quantities that are reported without each topic."""


def deleted_figures(
    told: Layout, respondents: int, compute: Callable[[Sequence[Layout], IntArray], list[Figures]]
) -> Figures:
    """Return figures (1 + C, 1 + G, ...) without each topic and each group of respondents; 0: none.

    Args:
        told: which contexts are compared with which.
        respondents: N.
        compute: the figures of each of several layouts under weights (1 + G, N).

    Returns:
        The figures of LEVELS that can be computed without any one topic; none for too few topics.
    """
    layouts = [told, *without_each_topic(told).values()]
    if len(layouts) <= MINIMUM_CONTEXTS:
        return {}
    parts = compute(layouts, without_groups(respondents))
    return {
        name: np.stack([part[name] for part in parts])
        for name in parts[0]
        if name[1] in LEVELS and all(name in part for part in parts)
    }


def with_contexts(
    result: Stability, figures: Figures, told: Layout, values: Sequence[str],
    replicates: Sequence[int], confidence: float,
    named: Mapping[Level, Sequence[tuple[str, str]]] | None = None,
    already: Mapping[tuple[Quantity, Level], OverContexts] | None = None,
) -> Stability:  # fmt: skip
    """Return a result whose rows have the second interval, with the rows of WITHOUT and what is deleted.

    Args:
        result: rows with the first interval.
        figures: from `deleted_figures`.
        told: as there.
        values: names of the values.
        replicates: numbers of the replicates.
        confidence: between 0 and 1.
        named: the two names of each figure of a length or about facets, by its level.
        already: intervals that are made, of figures about facets.
    """
    topics = list(without_each_topic(told))
    few = len(topics) < MINIMUM_CONTEXTS
    made = {name: over_contexts(name[0], array, confidence) for name, array in figures.items()}
    made |= already or {}
    places = {
        (level, names): (at,) for level, of in (named or {}).items() for at, names in enumerate(of)
    }
    rows = [
        replace(row, **_columns(row, made, few, _place(row, made, values, replicates, places)))
        for row in result.estimates
    ]
    pooled = {quantity: array for (quantity, level), array in figures.items() if level == "pooled"}
    more = [
        row
        for whole in rows
        if whole.quantity in WITHOUT and whole.quantity in pooled and _is_pooled(whole)
        for row in _without(whole, pooled[whole.quantity], topics, confidence)
    ]
    return replace(result, estimates=(*rows, *more), deleted={**result.deleted, **pooled})


def _is_pooled(row: Estimate) -> bool:
    return row.value is None and row.context_a is None and row.replicate is None


def _columns(
    row: Estimate, made: Mapping[tuple[Quantity, Level], OverContexts], few: bool,
    at: tuple[Level, tuple[int, ...]] | None,
) -> dict[str, Any]:  # fmt: skip
    """Return the columns of a row's second interval, or why there is none; at: its level and place there."""
    if np.isnan(row.lower) or row.contexts_status != "no_interval":
        return {}
    if at is None or (not few and (row.quantity, at[0]) not in made):
        return {"contexts_status": "these_contexts"}
    return {"contexts_status": "few_contexts"} if few else made[row.quantity, at[0]].at(at[1])


def _place(
    row: Estimate, made: Mapping[tuple[Quantity, Level], OverContexts], values: Sequence[str],
    replicates: Sequence[int], places: Mapping[tuple[Level, tuple[str, str]], tuple[int, ...]],
) -> tuple[Level, tuple[int, ...]] | None:  # fmt: skip
    """Return a row's level and its place there; None: it is of particular contexts."""
    if row.context_a is not None:
        names = (row.context_a, row.context_b or "")
        own = (of for of in NAMED if not made or (row.quantity, of) in made)
        return next(
            ((level, places[level, names]) for level in own if (level, names) in places), None
        )
    if row.value is not None and row.value in values and row.replicate is None:
        return "value", (values.index(row.value),)
    if row.replicate is not None and row.value is None:
        return "replicate", (replicates.index(row.replicate),)
    return "pooled", ()


def _without(
    whole: Estimate, figures: FloatArray, topics: Sequence[str], confidence: float
) -> list[Estimate]:
    """Return the rows of a pooled figure (1 + C, 1 + G) without each topic, with intervals over respondents."""
    alone, groups = figures[1:, 0], np.moveaxis(figures[1:, 1:], 1, 0)
    lower, upper = jackknife_interval(alone, groups, confidence)
    how = f"without one topic; jackknife over {len(groups)} groups of respondents"
    nan = float("nan")
    return [
        replace(
            whole, quantity=WITHOUT[whole.quantity], context_a=topic, estimate=float(alone[c]),
            lower=float(lower[c]), upper=float(upper[c]), se=nan, null_mean=nan, null_sd=nan, undefined=0,
            method=f"{whole.method.partition(';')[0]}; {how}, {100 * confidence:g} %",
            contexts_lower=nan, contexts_upper=nan, contexts_se=nan, contexts_status="these_contexts",
            status="not_estimable" if np.isnan(alone[c]) else "ok",
        )
        for c, topic in enumerate(topics)
    ]  # fmt: skip
