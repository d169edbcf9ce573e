"""Non-metric multidimensional scaling from a given start (methods 7.2).

The steps are those of scikit-learn's `smacof` from version 1.7 on, and so are the figures (a test holds
both together); before 1.7 it stopped near the start. Ties are sorted once instead of in each iteration,
which makes it several times faster: a study needs hundreds of configurations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from holdfast.stability.correlate import FloatArray, IntArray

MOST_ITERATIONS = 300
NOTHING = 1e-12
"""Dissimilarity up to which two points count as the same, but for rounding."""

TOLERANCE = 1e-6
"""Relative fall of the stress below which it is done; both as in scikit-learn."""


@dataclass(frozen=True)
class _Order:
    """Pairs of points with a dissimilarity, in its order; equal ones share a group.

    Attributes:
        first: index of a pair's one point (pairs,).
        second: index of the other.
        dissimilarity: ascending (pairs,).
        group: number of the pair's group of ties (pairs,).
        starts: where each group begins.
        sizes: pairs in each group.
    """

    first: IntArray
    second: IntArray
    dissimilarity: FloatArray
    group: IntArray
    starts: IntArray
    sizes: FloatArray


def scale(dissimilarities: FloatArray, start: FloatArray) -> tuple[FloatArray, float]:
    """Return a configuration (n, 2) and its stress-1; NaN where no two points differ.

    Args:
        dissimilarities: symmetric (n, n); 0 = missing.
        start: configuration to start from (n, 2).
    """
    order, points = _order(dissimilarities), start
    if not order.sizes.size:
        return points, float("nan")
    n, distances = len(start), _distances(start)
    fitted, before = _fitted(order, order.dissimilarity, n), np.inf
    for iteration in range(MOST_ITERATIONS):
        if iteration:
            fitted = _fitted(order, _monotone(order, distances), n)
        points = _moved(points, fitted, distances)
        distances = _distances(points)
        stress, size = float(((distances - fitted) ** 2).sum()), float((distances**2).sum())
        if (before - stress) / size < TOLERANCE:
            break
        before = stress
    return points, float(np.sqrt(stress / size))


def _order(dissimilarities: FloatArray) -> _Order:
    first, second = np.triu_indices(len(dissimilarities), k=1)
    flat = dissimilarities[first, second]
    known = (flat > NOTHING).nonzero()[0]
    sorting = known[np.argsort(flat[known], kind="stable")]
    sorted_ = flat[sorting]
    new = np.append(
        np.ones(min(1, sorted_.size), bool), np.diff(sorted_) > np.finfo(float).resolution
    )
    starts = new.nonzero()[0]
    sizes = np.diff(starts, append=sorted_.size).astype(np.float64)
    return _Order(
        first[sorting], second[sorting], sorted_, new.cumsum() - 1, starts, sizes
    )  # fmt: skip


def _monotone(order: _Order, distances: FloatArray) -> FloatArray:
    """Return the monotone regression (pairs,) of the distances on the dissimilarities; ties stay tied."""
    sums = np.add.reduceat(distances[order.first, order.second], order.starts)
    result = isotonic_regression(sums / order.sizes, weights=order.sizes)
    return np.asarray(result.x[order.group], dtype=np.float64)


def _fitted(order: _Order, disparities: FloatArray, n: int) -> FloatArray:
    """Return disparities as a matrix (n, n), scaled to a mean square of 1 over pairs."""
    matrix = np.zeros((n, n))
    matrix[order.first, order.second] = disparities
    matrix *= np.sqrt(n * (n - 1) / 2 / (matrix**2).sum())
    return matrix + matrix.T


def _moved(points: FloatArray, fitted: FloatArray, distances: FloatArray) -> FloatArray:
    """Return the Guttman transform of the points: the step that lowers the stress."""
    ratio = fitted / np.where(distances == 0, 1e-5, distances)
    moved = (ratio.sum(axis=1)[:, None] * points - ratio @ points) / len(points)
    return np.asarray(moved, dtype=np.float64)


def _distances(points: FloatArray) -> FloatArray:
    """Return the distances (n, n) between points (n, 2)."""
    difference = points[:, None] - points[None]
    squares = np.einsum("ijk,ijk->ij", difference, difference)
    return np.asarray(np.sqrt(squares), dtype=np.float64)
