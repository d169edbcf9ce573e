"""Stability at each level of a facet, over them, and between levels on the same topic (methods 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order_draws
from holdfast.stability.correlation.spearman import FloatArray, IntArray, context_pairs
from holdfast.stability.correlation.undefined_correlations import (
    AVERAGED,
    UNIT,
    Level,
    UndefinedRule,
    summarise,
)
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, Statistic
from holdfast.stability.resampling.quantities import Quantity

Names = tuple[Quantity, Quantity, Quantity, Quantity]

RANK_ORDER: Names = (
    "rank_order_at_level", "rank_order_across_levels", "rank_order_across_less_within",
    "rank_order_over_levels",
)  # fmt: skip
IPSATIVE: Names = (
    "ipsative_at_level", "ipsative_across_levels", "ipsative_across_less_within",
    "ipsative_over_levels",
)  # fmt: skip


@dataclass(frozen=True)
class Cells:
    """Correlations of one facet's contexts.

    Attributes:
        within: between each two topics at one level (D, R, levels, pairs of topics, units); D is 1 where
            respondents' weights do not enter a correlation.
        across: between each two levels on one topic (D, R, topics, pairs of levels, units).
        weights: of the units of a mean, by axis.
    """

    within: FloatArray
    across: FloatArray
    weights: Mapping[int, FloatArray]

    def without(self, topics: IntArray, levels: IntArray) -> Cells:
        """Return the cells without topics and levels at some places."""
        of_topics, of_levels = self.size
        return replace(
            self,
            within=self.within[:, :, _kept(of_levels, levels)][
                :, :, :, _pairs_kept(of_topics, topics)
            ],
            across=self.across[:, :, _kept(of_topics, topics)][
                :, :, :, _pairs_kept(of_levels, levels)
            ],
        )

    @property
    def size(self) -> tuple[int, int]:
        """Return the numbers of topics and levels."""
        return self.across.shape[2], self.within.shape[2]


def by_level(facets: Sequence[IntArray]) -> Statistic:
    """Return the statistic of stability at the levels of each facet, over and across them, and the difference.

    Two contexts at one level differ in their topic; across levels, they differ in the level alone. The same
    respondents are drawn on both sides, so the difference's interval compares respondents with themselves.

    Args:
        facets: for each facet the places of its contexts (topics, levels), other facets at their first level.
    """

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        found = []
        for names in (RANK_ORDER, IPSATIVE):
            cells = [cells_of(names, sample, places, weights) for places in facets]
            found += _figures(names, [figures_of(names, c, sample.undefined) for c in cells])
        return found

    return Statistic(compute, "spearman between topics at a level, or between levels on a topic")


def cells_of(names: Names, sample: Sample, places: IntArray, weights: FloatArray) -> Cells:
    """Return the correlations of the contexts of one facet under weights (D, N).

    Args:
        names: of the figures that they are for.
        sample: scores of all contexts.
        places: of the facet's contexts (topics, levels).
        weights: of the respondents.
    """

    def among(own: IntArray) -> FloatArray:
        if names is RANK_ORDER:
            return rank_order_draws(sample.scores[:, own], weights.astype(np.int64))
        return ipsative(sample.scores[:, own])[None]

    across = np.stack([among(topic) for topic in places], axis=2)
    if len(places) > 1:
        within = np.stack([among(level) for level in places.T], axis=2)
    else:
        within = np.empty((*across.shape[:2], places.shape[1], 0, across.shape[-1]))
    return Cells(within, across, {} if names is RANK_ORDER else {UNIT: weights[:, None, None, :]})


def figures_of(names: Names, cells: Cells, rule: UndefinedRule) -> list[Figure]:
    """Return the figures of one facet: at each level, across each two, across all, less within, and over them.

    The last two, about topics at a level, are left out where there is one topic.
    """

    def mean(quantity: Quantity, level: Level, own: FloatArray) -> Figure:
        """Return the means (D, groups) of groups of correlations (D, R, groups, pairs, units)."""
        parts = [
            summarise(own[:, :, at], rule, AVERAGED["pooled"], cells.weights)
            for at in range(own.shape[2])
        ]
        undefined = np.array([part.undefined.flat[0] for part in parts], dtype=np.int64)
        means = [part.mean.reshape(-1) for part in parts]
        return Figure(quantity, level, np.stack(means, axis=1), undefined)

    flat = cells.across.reshape(*cells.across.shape[:2], 1, -1, cells.across.shape[-1])
    across = mean(names[1], "facet", flat)
    by_pair = mean(names[1], "levels", np.swapaxes(cells.across, 2, 3))
    if not cells.within.shape[3]:
        return [across, by_pair]
    at_level = mean(names[0], "level", cells.within)
    undefined = at_level.undefined.sum(keepdims=True)
    over = Figure(names[3], "facet", at_level.mean.mean(axis=1, keepdims=True), undefined)
    less = Figure(names[2], "facet", across.mean - over.mean, across.undefined + undefined)
    return [at_level, across, by_pair, less, over]


def _figures(names: Names, facets: Sequence[Sequence[Figure]]) -> list[Figure]:
    """Return the figures of all facets beside each other."""
    found: dict[tuple[Quantity, Level], list[Figure]] = {}
    for of_facet in facets:
        for figure in of_facet:
            found.setdefault((figure.quantity, figure.level), []).append(figure)
    return [
        Figure(
            quantity, level, np.concatenate([part.mean for part in parts], axis=1),
            np.concatenate([part.undefined for part in parts]),
        )
        for (quantity, level), parts in found.items()
    ]  # fmt: skip


def _kept(size: int, left: IntArray) -> IntArray:
    """Return the places of all but those left out."""
    return np.setdiff1d(np.arange(size), left)


def _pairs_kept(size: int, left: IntArray) -> IntArray:
    """Return the places of the pairs that none of those left out is in."""
    first, second = context_pairs(size)
    return np.flatnonzero(~np.isin(first, left) & ~np.isin(second, left))
