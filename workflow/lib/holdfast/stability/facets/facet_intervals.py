"""What figures about facets are without each topic, each level and each group of respondents (methods 6).

A facet's levels are taken as a sample of levels like them where there are as many as MINIMUM_CONTEXTS, as
topics are. Fewer levels are given: nothing is said of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.correlation.undefined_correlations import Level, UndefinedRule
from holdfast.stability.estimation.context_layout import (
    Layout,
    levels_of_facet,
    rows_of_topics,
    without_each_level,
    without_each_topic,
)
from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.facets.facet_components import facet_components
from holdfast.stability.facets.facet_levels import (
    IPSATIVE,
    RANK_ORDER,
    Cells,
    Names,
    cells_of,
    figures_of,
)
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.two_way_jackknife import (
    MINIMUM_CONTEXTS,
    OverContexts,
    over_contexts,
    without_groups,
)

Deleted = Mapping[tuple[Quantity, Level], FloatArray]
"""Figures (1 + topics, 1 + levels, 1 + groups, units); an axis of length 1: nothing is left out."""

OVER_LEVELS: Mapping[Quantity, Quantity] = {
    "rank_order": "rank_order_over_levels", "ipsative": "ipsative_over_levels",
}  # fmt: skip
"""What is averaged over a facet's levels, and the mean."""


def of_levels(sample: Sample, told: Layout) -> dict[str, Deleted]:
    """Return the figures of `by_level` by facet, without each topic, level and group of respondents.

    Args:
        sample: scores of all contexts.
        told: which contexts are compared with which.
    """
    weights = without_groups(sample.scores.shape[2]).astype(np.float64)
    rows = list(rows_of_topics(told).values())
    found: dict[str, Deleted] = {}
    for facet in told.facets:
        places = levels_of_facet(told, facet)
        levels = [np.array([level]) for level in range(places.shape[1])]
        of_facet: dict[tuple[Quantity, Level], FloatArray] = {}
        for names in (RANK_ORDER, IPSATIVE):
            cells = cells_of(names, sample, places, weights)
            of_facet |= _deleted(
                names, cells, _sample_of(rows), _sample_of(levels), sample.undefined
            )
        found[facet] = of_facet
    return found


def _sample_of(parts: list[IntArray]) -> list[IntArray]:
    """Return what is left out in turn, first nothing; nothing else of parts that are too few."""
    nothing = np.empty(0, dtype=np.int64)
    return [nothing, *(parts if len(parts) >= MINIMUM_CONTEXTS else [])]


def _deleted(
    names: Names, cells: Cells, topics: list[IntArray], levels: list[IntArray], rule: UndefinedRule
) -> dict[tuple[Quantity, Level], FloatArray]:
    """Return the figures of one facet without some topics, levels and groups of respondents.

    Figures of particular levels are without topics and respondents alone.
    """
    found: dict[tuple[Quantity, Level], list[list[FloatArray]]] = {}
    for topic in topics:
        row: dict[tuple[Quantity, Level], list[FloatArray]] = {}
        for at, level in enumerate(levels):
            for figure in figures_of(names, cells.without(topic, level), rule):
                if figure.level == "facet" or at == 0:
                    row.setdefault((figure.quantity, figure.level), []).append(figure.mean)
        for name, means in row.items():
            found.setdefault(name, []).append(means)
    return {name: np.array(means) for name, means in found.items()}


def compared_over_levels(found: Mapping[str, Deleted]) -> dict[tuple[Quantity, str], FloatArray]:
    """Return the means over levels (1 + topics, 1 + levels, 1 + groups) that models are compared in, by facet.

    Args:
        found: from `of_levels`.
    """
    return {
        (quantity, facet): of_facet[quantity, "facet"][..., 0]
        for facet, of_facet in found.items()
        for quantity in OVER_LEVELS.values()
        if (quantity, "facet") in of_facet
    }


def facet_intervals(
    found: Mapping[str, Deleted], sample: Sample, told: Layout, confidence: float
) -> dict[tuple[Quantity, Level], OverContexts]:
    """Return the second intervals of all figures about facets; nothing for too few topics.

    They are about topics like these, and about levels like these for figures that are not of particular
    levels, where a facet has levels enough.

    Args:
        found: from `of_levels`.
        sample: scores of all contexts.
        told: which contexts are compared with which.
        confidence: between 0 and 1.
    """
    if len(rows_of_topics(told)) < MINIMUM_CONTEXTS:
        return {}
    by_name: dict[tuple[Quantity, Level], list[OverContexts]] = {}
    for of_facet in found.values():
        for name, figures in of_facet.items():
            by_name.setdefault(name, []).append(over_contexts(name[0], figures, confidence, ways=3))
    made = {name: _together(parts) for name, parts in by_name.items()}
    for name, figures in _of_components(sample, told).items():
        made[name] = over_contexts(name[0], figures, confidence, ways=2 + len(told.facets))
    return made


def _together(parts: list[OverContexts]) -> OverContexts:
    """Return the intervals of all facets beside each other."""
    lower, upper, error = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("lower", "upper", "error")
    )
    return OverContexts(lower, upper, error)


def _of_components(sample: Sample, told: Layout) -> Deleted:
    """Return the figures of `facet_components` without each topic, level of each facet and group.

    Without a level of one of several facets that are not fully crossed there is no design of its own: their
    levels are given.
    """
    weights = without_groups(sample.scores.shape[2]).astype(np.float64)
    crossed = len(told.facets) == 1 or bool((told.grid >= 0).all())
    topics = [told, *without_each_topic(told).values()]
    left_out = [
        len(levels) if crossed and len(levels) >= MINIMUM_CONTEXTS else 0
        for levels in told.facets.values()
    ]
    sizes = [len(topics), *(1 + count for count in left_out)]
    found: dict[tuple[Quantity, Level], list[FloatArray]] = {}
    for topic, *levels_left in product(*(range(size) for size in sizes)):
        layout = topics[topic]
        for facet, left in zip(told.facets, levels_left, strict=True):
            layout = without_each_level(layout, facet)[left - 1] if left else layout
        statistic = facet_components(layout.grid, list(told.facets), told.grid.shape)
        for figure in statistic.compute(sample, weights):
            found.setdefault((figure.quantity, figure.level), []).append(figure.mean)
    return {name: np.array(means).reshape(*sizes, *means[0].shape) for name, means in found.items()}
