"""The noise ceiling: reliability within a context, and stability without unreliability (methods 5.6).

Every correlation is between two replicates, and replicates have their own option orders and their
own sampled conversations. So the errors of the two sides are independent, whatever the option order:

- reliability: the same context in two replicates;
- the numerator of the disattenuated stability: two contexts in two different replicates.

The usual numerator, two contexts in the same replicate (`rank_order`), has independent errors only
with option_order `item`. With `replicate` both contexts share the option orders, and dividing it by a
reliability that counts these as error would correct twice. With `item` both expect the same.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from holdfast.stability.correlation.spearman import (
    FloatArray,
    IntArray,
    context_pairs,
    pairwise_spearman,
    pairwise_spearman_draws,
)
from holdfast.stability.correlation.undefined_correlations import (
    PAIR,
    REPLICATE,
    UNIT,
    Level,
    summarise,
)
from holdfast.stability.estimation.weighted_statistics import (
    Figure,
    Sample,
    Statistic,
    averaged,
    exact,
)
from holdfast.stability.variance.variance_components import MINIMUM_RELIABILITY

LEVELS: tuple[Level, ...] = ("pooled", "context", "value")


def ceiling(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return `reliability` and `disattenuated`; both need two replicates."""
    replicates, contexts, _, values = sample.scores.shape
    if replicates < 2:
        return _without_replicates(contexts, values, weights.shape[0])
    same, cross = between_replicates(sample.scores, weights)
    figures = averaged("reliability", same, LEVELS, sample.undefined)
    return figures + _disattenuated(same, cross, sample)


def between_replicates(scores: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the correlations between replicates, in the same and in different contexts.

    Args:
        scores: centred value scores (R, C, N, V), NaN = missing.
        weights: of the respondents (D, N).

    Returns:
        (D, R (R - 1) / 2, C, V) of the same context, (D, R (R - 1), P, V) of pairs of contexts.
    """
    replicates, contexts, respondents, values = scores.shape
    columns = scores.transpose(3, 0, 1, 2).reshape(values, -1, respondents)
    if (weights == 1).all():
        every = pairwise_spearman(columns).T[None].repeat(weights.shape[0], axis=0)
    else:
        drawn = np.ascontiguousarray(weights.T)
        every = np.stack([pairwise_spearman_draws(c, drawn) for c in columns]).transpose(2, 1, 0)
    place = _places(replicates * contexts).reshape(replicates, contexts, replicates, contexts)
    i, j = context_pairs(contexts)
    same = [place[r, :, s].diagonal() for r, s in combinations(range(replicates), 2)]
    cross = [place[r, i, s, j] for r in range(replicates) for s in range(replicates) if r != s]
    return every[:, np.stack(same)], every[:, np.stack(cross)]


def _places(columns: int) -> IntArray:
    """Return where the pair of each two columns is in the list of pairs, (columns, columns)."""
    first, second = context_pairs(columns)
    place = np.zeros((columns, columns), dtype=np.int64)
    place[first, second] = place[second, first] = np.arange(first.size)
    return place


def _disattenuated(same: FloatArray, cross: FloatArray, sample: Sample) -> list[Figure]:
    """Return the quotients of pooled correlations, not the mean of quotients: it is less noisy."""
    i, j = context_pairs(same.shape[PAIR])

    def mean(cells: FloatArray, axes: tuple[int, ...]) -> FloatArray:
        return summarise(cells, sample.undefined, axes).mean.reshape(
            *(s for a, s in zip((-4, -3, -2, -1), cells.shape, strict=True) if a not in axes)
        )

    ceilings = joint_ceiling(*(mean(same, (UNIT, REPLICATE))[:, side] for side in (i, j)))
    by_value = [mean(same, (REPLICATE,))[:, side] for side in (i, j)]
    pooled = disattenuate(mean(cross, (PAIR, UNIT, REPLICATE)), ceilings.mean(axis=1))
    return [
        exact("disattenuated", "pooled", pooled, "unreliable"),
        exact(
            "disattenuated", "pair", disattenuate(mean(cross, (UNIT, REPLICATE)), ceilings),
            "unreliable",
        ),
        exact(
            "disattenuated", "value",
            disattenuate(mean(cross, (PAIR, REPLICATE)), joint_ceiling(*by_value).mean(axis=1)),
            "unreliable",
        ),
    ]  # fmt: skip


def joint_ceiling(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return √(rel · rel') of two reliabilities, Spearman's, on Pearson's scale; NaN where one is too small."""
    enough = (first >= MINIMUM_RELIABILITY) & (second >= MINIMUM_RELIABILITY)
    product = np.where(enough, to_pearson(first) * to_pearson(second), np.nan)
    return np.asarray(np.sqrt(product), dtype=np.float64)


def disattenuate(stability: FloatArray, ceiling: FloatArray) -> FloatArray:
    """Return the correlation of true scores, on Spearman's scale, for normal scores.

    Spearman's correction is exact for Pearson's correlation. So Spearman's ρ goes to Pearson's
    scale (Pearson 1907: r = 2 sin(π ρ / 6)), is divided there and comes back. Dividing the ρ
    themselves gives up to .018 too much. Above 1 stays above 1: that is chance, not to be hidden.

    Args:
        stability: Spearman correlations between contexts.
        ceiling: √(rel · rel') on Pearson's scale.
    """
    return to_spearman(to_pearson(stability) / ceiling)


def to_pearson(rho: FloatArray) -> FloatArray:
    """Return Pearson's correlation of normal scores from Spearman's."""
    return np.asarray(2 * np.sin(np.pi * rho / 6), dtype=np.float64)


def to_spearman(r: FloatArray) -> FloatArray:
    """Return Spearman's correlation of normal scores from Pearson's; 2 and more is 3."""
    return np.asarray(6 / np.pi * np.arcsin(np.clip(r / 2, -1, 1)), dtype=np.float64)


def _without_replicates(contexts: int, values: int, draws: int) -> list[Figure]:
    shapes: dict[Level, tuple[int, ...]] = {
        "pooled": (), "context": (contexts,), "value": (values,),
        "pair": (contexts * (contexts - 1) // 2,),
    }  # fmt: skip
    none = {level: np.full((draws, *shape), np.nan) for level, shape in shapes.items()}
    return [exact("reliability", level, none[level], "needs_replicates") for level in LEVELS] + [
        exact("disattenuated", level, none[level], "needs_replicates")
        for level in ("pooled", "pair", "value")
    ]


CEILING = Statistic(ceiling, "spearman between replicates")
