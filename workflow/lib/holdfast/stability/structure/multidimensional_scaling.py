"""Non-metric multidimensional scaling from one start or the best of several (methods 7.2).

The steps are those of scikit-learn's `smacof` from version 1.7 on, and so are the figures (a test holds
both together); before 1.7 it stopped near the start. Ties are sorted once instead of in each iteration,
which makes it several times faster: a study needs hundreds of configurations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from holdfast.stability.correlation.spearman import FloatArray, IntArray

MOST_ITERATIONS = 300
NOTHING = 1e-12
"""Dissimilarity up to which two points count as the same, but for rounding."""

TOLERANCE = 1e-6
"""Relative fall of the stress below which it is done; both as in scikit-learn."""


RANDOM_STARTS = 3
SCREENED = 50
SEED = 1964
"""Of the random starts: the same dissimilarities always have the same configuration."""


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


def best_scale(dissimilarities: FloatArray) -> tuple[FloatArray, float]:
    """Return the configuration (n, 2) with the lowest stress-1 of several starts, and that stress.

    The starts are Torgerson's configuration and RANDOM_STARTS random ones. None knows of a theory. That with
    the lowest stress after SCREENED iterations is followed to the end.

    Args:
        dissimilarities: symmetric (n, n); 0 = missing.
    """
    random = np.random.default_rng(SEED)
    starts = [torgerson(dissimilarities)]
    starts += [random.normal(size=(len(dissimilarities), 2)) for _ in range(RANDOM_STARTS)]
    found = [scale(dissimilarities, start, SCREENED) for start in starts]
    return scale(dissimilarities, min(found, key=lambda f: f[1])[0])


def torgerson(dissimilarities: FloatArray) -> FloatArray:
    """Return the classical scaling (n, 2): the first two principal axes of the doubly centred squares."""
    squares = dissimilarities**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    roots, vectors = np.linalg.eigh(-centred / 2)
    return np.asarray(vectors[:, :-3:-1] * np.sqrt(np.maximum(roots[:-3:-1], 0)), dtype=np.float64)


def scale(
    dissimilarities: FloatArray, start: FloatArray, most: int = MOST_ITERATIONS
) -> tuple[FloatArray, float]:
    """Return a configuration (n, 2) and its stress-1; NaN where no two points differ.

    Args:
        dissimilarities: symmetric (n, n); 0 = missing.
        start: configuration to start from (n, 2).
        most: iterations.
    """
    order, points = _order(dissimilarities), start
    if not order.sizes.size:
        return points, float("nan")
    n, distances = len(start), _distances(start)
    fitted, before = _fitted(order, order.dissimilarity, n), np.inf
    for iteration in range(most):
        if iteration:
            fitted = _fitted(order, _monotone(order, distances), n)
        points = _moved(points, fitted, distances)
        distances = _distances(points)
        stress, size = _squares(distances - fitted), _squares(distances)
        if (before - stress) / size < TOLERANCE:
            break
        before = stress
    return points, float(np.sqrt(stress / size))


def _squares(x: FloatArray) -> float:
    """Return the sum of the squares."""
    flat = x.ravel()
    return float(flat @ flat)


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
    near = distances[order.first, order.second]
    if order.sizes.size == near.size:  # no ties
        return np.asarray(isotonic_regression(near).x, dtype=np.float64)
    sums = np.add.reduceat(near, order.starts)
    result = isotonic_regression(sums / order.sizes, weights=order.sizes)
    return np.asarray(result.x[order.group], dtype=np.float64)


def _fitted(order: _Order, disparities: FloatArray, n: int) -> FloatArray:
    """Return disparities as a matrix (n, n), scaled to a mean square of 1 over pairs."""
    matrix = np.zeros((n, n))
    scaled = disparities * np.sqrt(n * (n - 1) / 2 / (disparities @ disparities))
    matrix[order.first, order.second] = matrix[order.second, order.first] = scaled
    return matrix


def _moved(points: FloatArray, fitted: FloatArray, distances: FloatArray) -> FloatArray:
    """Return the Guttman transform of the points: the step that lowers the stress."""
    ratio = fitted / np.where(distances == 0, 1e-5, distances)
    moved = (ratio.sum(axis=1)[:, None] * points - ratio @ points) / len(points)
    return np.asarray(moved, dtype=np.float64)


def _distances(points: FloatArray) -> FloatArray:
    """Return the distances (n, n) between points (n, 2)."""
    across, along = (column[:, None] - column for column in points.T)
    return np.asarray(np.sqrt(across * across + along * along), dtype=np.float64)
