"""Stability within a domain of topics and between domains (methods 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order_draws
from holdfast.stability.correlation.spearman import FloatArray, IntArray, context_pairs
from holdfast.stability.correlation.undefined_correlations import UNIT, Level
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, Statistic, averaged
from holdfast.stability.resampling.quantities import Quantity

Names = tuple[Quantity, Quantity, Quantity]
RANK_ORDER: Names = ("rank_order_within", "rank_order_between", "rank_order_within_less_between")
IPSATIVE: Names = ("ipsative_within", "ipsative_between", "ipsative_within_less_between")


def by_domain(domains: Mapping[str, IntArray]) -> Statistic:
    """Return the statistic of stability within domains, between them, and the difference.

    The same respondents are drawn on both sides, so the difference's interval compares respondents with
    themselves.

    Args:
        domains: places of the contexts by their domain; two or more of each.
    """
    blocks = pairs_of(list(domains.values()))

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        across = rank_order_draws(sample.scores, weights.astype(np.int64))
        same = ipsative(sample.scores)[None]
        profiles = np.broadcast_to(same, (weights.shape[0], *same.shape[1:]))
        by_respondent = {UNIT: weights[:, None, None, :]}
        return [
            *_figures(RANK_ORDER, across, blocks, sample, {}),
            *_figures(IPSATIVE, profiles, blocks, sample, by_respondent),
        ]

    return Statistic(compute, "spearman between topics within and between domains")


def pairs_of(domains: Sequence[IntArray]) -> dict[tuple[int, int], IntArray]:
    """Return the places of the pairs of contexts by the numbers of their domains, the lower first."""
    of = {int(context): at for at, contexts in enumerate(domains) for context in contexts}
    first, second = context_pairs(len(of))
    sides = np.sort([[of[int(i)], of[int(j)]] for i, j in zip(first, second, strict=True)], axis=1)
    return {
        (a, b): np.flatnonzero((sides == (a, b)).all(axis=1))
        for a in range(len(domains))
        for b in range(a, len(domains))
    }


def _figures(
    names: Names, correlations: FloatArray, blocks: Mapping[tuple[int, int], IntArray],
    sample: Sample, weights: Mapping[int, FloatArray],
) -> list[Figure]:  # fmt: skip
    """Return what is within domains, between them, and the difference, of correlations (D, R, P, units)."""

    def mean(quantity: Quantity, pairs: IntArray) -> Figure:
        own = correlations[:, :, pairs]
        return averaged(quantity, own, ("pooled",), sample.undefined, weights)[0]

    def side(quantity: Quantity, level: Level, chosen: Sequence[IntArray]) -> list[Figure]:
        parts = [mean(quantity, pairs) for pairs in chosen]
        undefined = np.array([part.undefined for part in parts], dtype=np.int64)
        each = Figure(quantity, level, np.stack([p.mean for p in parts], axis=1), undefined)
        return [mean(quantity, np.concatenate(chosen)), each]

    within = side(names[0], "domain", [p for (a, b), p in blocks.items() if a == b])
    between = side(names[1], "domains", [p for (a, b), p in blocks.items() if a != b])
    less = within[0].mean - between[0].mean
    undefined = within[0].undefined + between[0].undefined
    return [*within, *between, Figure(names[2], "pooled", less, undefined)]
