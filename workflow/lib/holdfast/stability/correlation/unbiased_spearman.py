"""Spearman's correlation without the bias that it has in small samples (Hoeffding 1948)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from holdfast.stability.correlation.spearman import (
    TIE_DECIMALS,
    FloatArray,
    context_pairs,
    quotient,
)

MOST_SIGNS = 2**22
"""Signs that are held together; bounds the memory."""


def unbiased_spearman_draws(
    columns: FloatArray, weights: FloatArray, decimals: int | None = TIE_DECIMALS
) -> FloatArray:
    """Return the unbiased correlations (P, D) between the rows of (C, N) under weights.

    Spearman's r of n respondents expects ((n - 2) ρ + 3 τ) / (n + 1) (Hoeffding 1948; τ is
    Kendall's), so ((n + 1) r - 3 τ) / (n - 2) expects ρ. In terms of signs, r sums
    sign(xᵢ - xⱼ) sign(yᵢ - yₖ) over all i, j and k, and its bias is in the terms with j = k, which are
    those of τ. Here the sums are over different j and k, for the product and for the squares of both
    sides. Without ties that is Hoeffding's formula; with ties the scale loses the same terms.

    Args:
        columns: scores (C, N), NaN = missing, left out pairwise.
        weights: whole numbers (N, D): how often each respondent counts.
        decimals: see `tie_order`.
    """
    keys = columns if decimals is None else np.round(columns, decimals)
    present = ~np.isnan(columns)
    w = weights.astype(np.float32)  # exact: sums of signs are whole and small
    first, second = context_pairs(columns.shape[0])
    result = np.empty((first.size, weights.shape[1]))
    if present.all():
        own = [_triples(key, key, w) for key in keys]
    for pair, (a, b) in enumerate(zip(first, second, strict=True)):
        kept = w
        if not present.all():
            kept = w * (present[a] & present[b])[:, None]
            own = [_triples(key, key, kept) if c in (a, b) else w[0] for c, key in enumerate(keys)]
        product = _triples(keys[a], keys[b], kept)
        result[pair] = quotient(product, own[a], own[b], kept.sum(axis=0))
    return result


def rank_order_unbiased(
    scores: FloatArray, weights: FloatArray, decimals: int | None = TIE_DECIMALS
) -> FloatArray:
    """Return `rank_order` without its bias (D, R, P, V) of scores (R, C, N, V) under weights (D, N)."""
    replicates, contexts, _, values = scores.shape
    result = np.empty((replicates, values, contexts * (contexts - 1) // 2, weights.shape[0]))
    drawn = np.ascontiguousarray(weights.T)
    for replicate, value in np.ndindex(replicates, values):
        columns = scores[replicate, :, :, value]
        result[replicate, value] = unbiased_spearman_draws(columns, drawn, decimals)
    return result.transpose(3, 0, 2, 1)


def _triples(x: FloatArray, y: FloatArray, weights: npt.NDArray[np.float32]) -> FloatArray:
    """Return the sums (D,) of sign(xᵢ - xⱼ) sign(yᵢ - yₖ) over i, j and k, without j = k."""
    result = np.zeros(weights.shape[1])
    step = max(1, MOST_SIGNS // x.size)
    for start in range(0, x.size, step):
        at = slice(start, start + step)
        of_x = _signs(x, at)
        of_y = of_x if y is x else _signs(y, at)
        sum_x = of_x @ weights
        every = (sum_x if y is x else of_y @ weights).astype(np.float64) * sum_x
        result += ((every - (of_x * of_y) @ weights) * weights[at]).sum(axis=0)
    return result


def _signs(x: FloatArray, at: slice) -> npt.NDArray[np.float32]:
    """Return sign(xᵢ - xⱼ) of some i (rows) and all j, 0 where one is missing."""
    above, below = x[at, None] > x, x[at, None] < x
    return above.astype(np.float32) - below.astype(np.float32)
