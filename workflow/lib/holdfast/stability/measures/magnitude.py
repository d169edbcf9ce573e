"""Magnitude beside rank: how far scores move between contexts, not only their order (methods 5.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, context_pairs, quotient
from holdfast.stability.correlation.undefined_correlations import Level
from holdfast.stability.estimation.weighted_statistics import (
    Figure,
    Sample,
    Statistic,
    averaged,
    weighted_sums,
)
from holdfast.stability.variance.anova import mean_squares

CONSTANT = 1e-12
"""Variance at or below which scores are all equal but for rounding."""

LEVELS: tuple[Level, ...] = ("pooled", "replicate", "pair", "value")


@dataclass(frozen=True)
class _Moments:
    """Weighted moments (D, R, P, V) of the scores in the two contexts of a pair."""

    n: FloatArray
    x: FloatArray
    y: FloatArray
    xx: FloatArray
    yy: FloatArray
    xy: FloatArray


def magnitude(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return Pearson, RMSE and mean-level change between contexts, pairwise complete.

    `mean_level_change` is the mean of a value in the second context less that in the first, for
    each pair and value.
    """
    m = _moments(sample.scores, weights)
    square = m.xx + m.yy - 2 * m.xy + (m.y - m.x) ** 2
    rmse = np.sqrt(np.maximum(square, 0))
    rule = sample.undefined
    return [
        *averaged("pearson", _pearson(m), LEVELS, rule),
        *averaged("rmse", rmse, LEVELS, "drop"),
        *averaged("mean_level_change", m.y - m.x, ("pair_value",), "drop"),
    ]


def absolute_change(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return the mean absolute size of the mean-level changes.

    It gets no interval: sampling noise alone gives it √(2/π) standard errors of a change, a
    resample doubles that noise, and neither kind of interval mends it.
    """
    m = _moments(sample.scores, weights)
    return averaged("mean_level_change_abs", np.abs(m.y - m.x), LEVELS, "drop")


def agreement(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return ICC(A,1), the contexts as raters of the respondents on each value.

    Two-way random effects, absolute agreement, single rating (McGraw & Wong 1996, case 2A):
    (MSR - MSE) / (MSR + (k - 1) MSE + k/n (MSC - MSE)) with k contexts, n respondents.
    """
    cells = np.stack([icc(one[None], weights) for one in sample.scores], axis=1)  # (D, R, V)
    return averaged("icc_a1", cells[:, :, None], ("pooled", "replicate", "value"), sample.undefined)


def icc(scores: FloatArray, weights: FloatArray) -> FloatArray:
    """Return ICC(A,1) (D, V) of scores (1, C, N, V) under weights (D, N); the C are the raters."""
    k = scores.shape[1]
    ms = mean_squares(scores, weights)
    spread = ms.p + (k - 1) * ms.pc + k / ms.n * (ms.c - ms.pc)
    found = np.full(spread.shape, np.nan)
    some = (ms.p + ms.pc > CONSTANT) & (spread > CONSTANT)
    np.divide(ms.p - ms.pc, spread, out=found, where=some)
    return found


def _moments(scores: FloatArray, weights: FloatArray) -> _Moments:
    """Return means, variances and covariance of every pair of contexts, NaN if there is nobody."""
    first, second = context_pairs(scores.shape[1])
    known = ~np.isnan(scores)
    if not known.any():
        middle = 0.0
    else:
        middle = np.where(known, scores, 0).sum(axis=(0, 1, 2)) / np.maximum(
            known.sum(axis=(0, 1, 2)), 1
        )
    both = known[:, first] & known[:, second]
    filled = np.where(known, scores - middle, 0.0)
    x, y = filled[:, first] * both, filled[:, second] * both

    def mean(product: FloatArray) -> FloatArray:
        sums = weighted_sums(weights, np.moveaxis(product, 2, 0))
        result = np.full(sums.shape, np.nan)
        np.divide(sums, n, out=result, where=n > 0)
        return result

    n = weighted_sums(weights, np.moveaxis(both.astype(np.float64), 2, 0))
    mx, my = mean(x), mean(y)
    return _Moments(
        n, mx, my, mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    )  # fmt: skip


def _pearson(m: _Moments) -> FloatArray:
    """Return Pearson correlations (D, R, P, V), NaN where a side is constant."""
    xx, yy = (np.where(v > CONSTANT, v, 0.0) for v in (m.xx, m.yy))
    return np.clip(quotient(m.xy, xx, yy, m.n), -1, 1)


MAGNITUDE = Statistic(magnitude, "scores as they are, pairwise complete")
CHANGE = Statistic(absolute_change, "absolute differences of means", draws=False)
AGREEMENT = Statistic(agreement, "ICC(A,1), contexts as raters, complete respondents")
