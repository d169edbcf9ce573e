"""Spearman correlations between contexts, tie-aware and weighted by bootstrap multiplicities.

All ranks here are *centred ranks*: for an element, the weight below it minus the weight above
it. They equal ``2 * midrank - (n + 1)``, have mean zero and are exact integers, so a constant
side has a sum of squares of exactly 0 and identical columns correlate at exactly 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

TIE_DECIMALS = 9
"""Decimals that scores are rounded to before ranking, so that 0.1 + 0.2 ties with 0.3."""

MINIMUM_PAIRS = 3
"""Complete pairs below which a correlation is undefined."""


@dataclass(frozen=True)
class TieOrder:
    """Sort order and tie groups of columns of length N, all of shape (..., N).

    Attributes:
        order: indices that sort the column; missing scores come last.
        lower: for each element, the count of elements sorted before its tie group.
        upper: for each element, the count of elements up to the end of its tie group.
    """

    order: IntArray
    lower: IntArray
    upper: IntArray


def context_pairs(contexts: int) -> tuple[IntArray, IntArray]:
    """Return the indices i < j of the C (C - 1) / 2 pairs of contexts, i in the outer loop."""
    first, second = np.triu_indices(contexts, k=1)
    return first.astype(np.int64), second.astype(np.int64)


def tie_order(columns: FloatArray, decimals: int | None = TIE_DECIMALS) -> TieOrder:
    """Sort columns once and find their tie groups.

    Args:
        columns: scores (..., N), NaN = missing.
        decimals: round to these decimals first; None compares floats as they are.

    Returns:
        The order and the bounds of the tie groups, each (..., N).
    """
    keys = columns if decimals is None else np.round(columns, decimals)
    order = np.argsort(keys, axis=-1, kind="stable")
    ordered = np.take_along_axis(keys, order, axis=-1)
    size = columns.shape[-1]
    starts = np.ones(columns.shape, dtype=np.bool_)
    starts[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    ends = np.ones(columns.shape, dtype=np.bool_)
    ends[..., :-1] = starts[..., 1:]
    position = np.arange(size)
    first = np.maximum.accumulate(np.where(starts, position, 0), axis=-1)
    stop = np.where(ends, position + 1, size)[..., ::-1]
    last = np.minimum.accumulate(stop, axis=-1)[..., ::-1]
    lower, upper = np.empty_like(order), np.empty_like(order)
    np.put_along_axis(lower, order, first, axis=-1)
    np.put_along_axis(upper, order, last, axis=-1)
    return TieOrder(order, lower, upper)


def weighted_ranks(ties: TieOrder, weights: FloatArray) -> FloatArray:
    """Return the centred ranks (..., N) of columns whose elements occur ``weights`` times.

    Args:
        ties: order of the columns (..., N).
        weights: multiplicities (..., N), 0 for missing elements.
    """
    ordered = np.take_along_axis(weights, ties.order, axis=-1)
    total = np.zeros((*ordered.shape[:-1], ordered.shape[-1] + 1))
    np.cumsum(ordered, axis=-1, out=total[..., 1:])
    below = np.take_along_axis(total, ties.lower, axis=-1)
    through = np.take_along_axis(total, ties.upper, axis=-1)
    return np.asarray(below + through - total[..., -1:], dtype=np.float64)


def weighted_ranks_draws(ties: TieOrder, weights: FloatArray) -> FloatArray:
    """Return the centred ranks (N, D) of one column under D vectors of multiplicities.

    Args:
        ties: order of one column (N,).
        weights: multiplicities (N, D), one column a draw, 0 for missing elements.
    """
    total = np.zeros((weights.shape[0] + 1, weights.shape[1]))
    np.cumsum(weights[ties.order], axis=0, out=total[1:])
    return np.asarray(total[ties.lower] + total[ties.upper] - total[-1], dtype=np.float64)


def quotient(
    covariance: FloatArray, variance_a: FloatArray, variance_b: FloatArray, count: Any
) -> FloatArray:
    """Return covariance / √(variance_a · variance_b), NaN where it is undefined.

    Undefined: a constant side (a variance of 0), or fewer than MINIMUM_PAIRS complete pairs
    (``count``, broadcast to the shape of the covariance). methods.md 5.3.
    """
    scale = np.sqrt(variance_a * variance_b)
    defined = (scale > 0) & (np.asarray(count) >= MINIMUM_PAIRS)
    result = np.full(np.broadcast_shapes(scale.shape, defined.shape), np.nan)
    np.divide(covariance, scale, out=result, where=defined)
    return result


def spearman(
    first: FloatArray,
    second: FloatArray,
    weights: npt.ArrayLike = 1.0,
    decimals: int | None = TIE_DECIMALS,
) -> FloatArray:
    """Return Spearman's correlation (...,) along the last axis, pairwise complete.

    Args:
        first: scores (..., N), NaN = missing.
        second: scores (..., N), NaN = missing.
        weights: integer multiplicities, broadcast to (..., N).
        decimals: see :func:`tie_order`.

    Returns:
        What scipy.stats.spearmanr gives on the data with each element repeated ``weights``
        times; NaN for a constant side or fewer than three complete pairs. methods.md 5.1, 5.2.
    """
    missing = np.isnan(first) | np.isnan(second)
    multiplicity = np.where(missing, 0.0, np.asarray(weights, dtype=np.float64))
    a = weighted_ranks(tie_order(first, decimals), multiplicity)
    b = weighted_ranks(tie_order(second, decimals), multiplicity)
    return quotient(
        (multiplicity * a * b).sum(-1),
        (multiplicity * a * a).sum(-1),
        (multiplicity * b * b).sum(-1),
        multiplicity.sum(-1),
    )


def pairwise_spearman(columns: FloatArray, decimals: int | None = TIE_DECIMALS) -> FloatArray:
    """Return the correlations (..., P) between the C rows of (..., C, N), for pairs i < j.

    Missing scores are left out pairwise. Complete data are ranked once a row, not once a pair.
    """
    i, j = context_pairs(columns.shape[-2])
    if np.isnan(columns).any():
        return spearman(columns[..., i, :], columns[..., j, :], decimals=decimals)
    size = columns.shape[-1]
    ties = tie_order(columns, decimals)
    ranks = (ties.lower + ties.upper - size).astype(np.float64)
    products = ranks @ np.swapaxes(ranks, -1, -2)
    return quotient(products[..., i, j], products[..., i, i], products[..., j, j], size)


def pairwise_spearman_draws(
    columns: FloatArray, weights: FloatArray, decimals: int | None = TIE_DECIMALS
) -> FloatArray:
    """Return the correlations (P, D) between the rows of (C, N) under D bootstrap draws.

    Args:
        columns: scores (C, N), NaN = missing, left out pairwise.
        weights: multiplicities (N, D).
        decimals: see :func:`tie_order`.
    """
    ties = [tie_order(row, decimals) for row in columns]
    i, j = context_pairs(columns.shape[0])
    present = ~np.isnan(columns)
    correlations = np.empty((i.size, weights.shape[1]))
    if present.all():
        ranks = [weighted_ranks_draws(row, weights) for row in ties]
        moments = [_moment(row, row, weights) for row in ranks]
        for pair, (a, b) in enumerate(zip(i, j, strict=True)):
            covariance = _moment(ranks[a], ranks[b], weights)
            correlations[pair] = quotient(covariance, moments[a], moments[b], weights.sum(0))
        return correlations
    for pair, (a, b) in enumerate(zip(i, j, strict=True)):
        kept = weights * (present[a] & present[b])[:, None]
        x, y = weighted_ranks_draws(ties[a], kept), weighted_ranks_draws(ties[b], kept)
        correlations[pair] = quotient(
            _moment(x, y, kept), _moment(x, x, kept), _moment(y, y, kept), kept.sum(0)
        )
    return correlations


def _moment(first: FloatArray, second: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted sums of products (D,) of two (N, D) arrays of centred ranks."""
    return np.asarray(np.einsum("nd,nd,nd->d", first, second, weights), dtype=np.float64)
