"""Two- and three-way analysis of variance under weights of the respondents, one observation a cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.weighted_statistics import weighted_sums

MINIMUM_RESPONDENTS = 3
"""Complete respondents below which there is no analysis."""


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares (D, V) of a crossed design respondent × context × replicate.

    Attributes:
        n: respondents, with their weights.
        p: respondents, c: contexts, r: replicates; pc, pr, cr, pcr: their interactions, the last
            with the error. NaN = no degrees of freedom.
    """

    n: FloatArray
    p: FloatArray
    c: FloatArray
    r: FloatArray
    pc: FloatArray
    pr: FloatArray
    cr: FloatArray
    pcr: FloatArray


def mean_squares(scores: FloatArray, weights: FloatArray) -> MeanSquares:
    """Return the mean squares of each value under each vector of weights.

    Respondents without all their scores on a value are left out of that value's analysis: the
    design stays balanced, so the expected mean squares are the textbook's (Brennan 2001, ch. 3).

    Args:
        scores: (R, C, N, V), NaN = missing.
        weights: (D, N).
    """
    replicates, contexts = scores.shape[:2]
    whole = ~np.isnan(scores).any(axis=(0, 1))  # (N, V)
    n = weighted_sums(weights, np.asarray(whole, dtype=np.float64))
    n[n < MINIMUM_RESPONDENTS] = np.nan
    kept = np.where(whole, scores, 0.0)
    kept = np.where(whole, kept - kept.mean(axis=(0, 1, 2)), 0.0)  # smaller numbers, same squares
    squares = _sums_of_squares(kept, weights, n)
    freedom = {"p": n - 1, "c": contexts - 1.0, "r": replicates - 1.0}
    result = {}
    for name, square in squares.items():
        degrees = np.prod(np.stack([freedom[f] * np.ones_like(n) for f in name]), axis=0)
        result[name] = np.full(n.shape, np.nan)
        np.divide(square, degrees, out=result[name], where=degrees > 0)
    return MeanSquares(n=n, **result)


def _sums_of_squares(
    scores: FloatArray, weights: FloatArray, n: FloatArray
) -> dict[str, FloatArray]:
    """Return the sums of squares (D, V) of all effects of complete scores (R, C, N, V)."""
    replicates, contexts = scores.shape[:2]

    def of_persons(means: FloatArray, size: int) -> FloatArray:
        return weighted_sums(weights, size * (means**2).sum(axis=(0, 1)))

    cells = weighted_sums(weights, np.moveaxis(scores, 2, 0)) / n[:, None, None]  # (D, R, C, V)
    grand = n * replicates * contexts * cells.mean(axis=(1, 2)) ** 2
    p = of_persons(scores.mean(axis=(0, 1), keepdims=True), replicates * contexts)
    pc = of_persons(scores.mean(axis=0, keepdims=True), replicates)
    pr = of_persons(scores.mean(axis=1, keepdims=True), contexts)
    c = n * replicates * (cells.mean(axis=1) ** 2).sum(axis=1)
    r = n * contexts * (cells.mean(axis=2) ** 2).sum(axis=1)
    cr = n * (cells**2).sum(axis=(1, 2))
    total = of_persons(scores, 1)
    return {
        "p": p - grand,
        "c": c - grand,
        "r": r - grand,
        "pc": pc - p - c + grand,
        "pr": pr - p - r + grand,
        "cr": cr - c - r + grand,
        "pcr": total - pc - pr - cr + p + c + r - grand,
    }
