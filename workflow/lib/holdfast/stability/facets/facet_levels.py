"""Stability at each level of a facet, and between levels on the same topic (methods 5.10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order_draws
from holdfast.stability.correlation.spearman import FloatArray, IntArray, context_pairs
from holdfast.stability.correlation.undefined_correlations import UNIT, Level
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, Statistic, averaged
from holdfast.stability.resampling.quantities import Quantity

Names = tuple[Quantity, Quantity, Quantity]
Among = Callable[[IntArray], FloatArray]
"""The correlations (D, R, P, units) between all pairs of some contexts."""

RANK_ORDER: Names = (
    "rank_order_at_level", "rank_order_across_levels", "rank_order_across_less_within",
)  # fmt: skip
IPSATIVE: Names = ("ipsative_at_level", "ipsative_across_levels", "ipsative_across_less_within")


def by_level(facets: Sequence[IntArray]) -> Statistic:
    """Return the statistic of stability at the levels of each facet, across them, and the difference.

    Two contexts at one level differ in their topic; across levels, they differ in the level alone. The same
    respondents are drawn on both sides, so the difference's interval compares respondents with themselves.

    Args:
        facets: for each facet the places of its contexts (topics, levels), other facets at their first level.
    """

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        def in_order(places: IntArray) -> FloatArray:
            return rank_order_draws(sample.scores[:, places], weights.astype(np.int64))

        def profiles(places: IntArray) -> FloatArray:
            same = ipsative(sample.scores[:, places])[None]
            return np.broadcast_to(same, (weights.shape[0], *same.shape[1:]))

        def mean(quantity: Quantity, cells: FloatArray) -> Figure:
            by_respondent = {UNIT: weights[:, None, None, :]} if quantity in IPSATIVE else {}
            return averaged(quantity, cells, ("pooled",), sample.undefined, by_respondent)[0]

        return [
            *_figures(RANK_ORDER, facets, in_order, mean),
            *_figures(IPSATIVE, facets, profiles, mean),
        ]

    return Statistic(compute, "spearman between topics at a level, or between levels on a topic")


def _figures(
    names: Names, facets: Sequence[IntArray], among: Among,
    mean: Callable[[Quantity, FloatArray], Figure],
) -> list[Figure]:  # fmt: skip
    """Return the figures of all facets: at levels, across levels in all and by pair, and the difference."""
    within, across, by_pair, less = [], [], [], []
    for places in facets:
        blocks = [among(topic) for topic in places]
        across.append(mean(names[1], np.concatenate(blocks, axis=2)))
        by_pair += [
            mean(names[1], np.stack([block[:, :, pair] for block in blocks], axis=2))
            for pair in range(context_pairs(places.shape[1])[0].size)
        ]
        if len(places) > 1:
            own = [mean(names[0], among(level)) for level in places.T]
            within += own
            undefined = across[-1].undefined + sum(f.undefined for f in own)
            difference = across[-1].mean - np.mean([f.mean for f in own], axis=0)
            less.append(Figure(names[2], "pooled", difference, undefined))
    found: list[tuple[Quantity, Level, list[Figure]]] = [
        (names[0], "level", within), (names[1], "facet", across), (names[1], "levels", by_pair),
        (names[2], "facet", less),
    ]  # fmt: skip
    return [_together(quantity, level, parts) for quantity, level, parts in found if parts]


def _together(quantity: Quantity, level: Level, parts: Sequence[Figure]) -> Figure:
    """Return figures of no level beside each other, as one of a level."""
    undefined = np.array([part.undefined for part in parts], dtype=np.int64)
    return Figure(quantity, level, np.stack([part.mean for part in parts], axis=1), undefined)
