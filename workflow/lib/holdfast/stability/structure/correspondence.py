"""The correspondence index of a circular order, with its randomisation test (methods 7.3).

Hubert & Arabie (1987); the test is that of Tracey's RANDALL (1997).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations as orders
from math import factorial, nan

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.structure.item_map import correlations
from holdfast.stability.structure.value_circle import PLACES, STEPS

PERMUTATIONS = 1999
SLACK = 1e-9
"""Differences up to this are rounding."""


@dataclass(frozen=True)
class Correspondence:
    """An index and what it is when the names of the points are exchanged.

    Attributes:
        index: predictions that hold less those that are violated, as a share of all, -1 to 1.
        null_mean: mean over permutations.
        null_sd: their standard deviation.
        p: share of permutations whose index is as large.
    """

    index: float
    null_mean: float = nan
    null_sd: float = nan
    p: float = nan


def circular_steps(places: FloatArray, around: int) -> FloatArray:
    """Return the distances (k, k) of places along a circle with so many steps."""
    apart = np.abs(places[:, None] - places[None])
    return np.asarray(np.minimum(apart, around - apart), dtype=np.float64)


def correspondence(similarities: FloatArray, steps: FloatArray, seed: int = 0) -> Correspondence:
    """Return how the order of similarities corresponds to that of distances on the circle.

    Each two pairs of points at different distances are a prediction: the nearer pair is more similar.

    Args:
        similarities: symmetric (k, k), or several such matrices (m, k, k) whose mean index counts.
        steps: hypothesised distances of the points (k, k).
        seed: of the permutations; where there are no more than PERMUTATIONS orders, all are tried.
    """
    first, second = np.triu_indices(len(steps), k=1)
    apart = steps[first, second]
    near, far = (apart[:, None] < apart[None]).nonzero()
    renamed = _renamed(len(steps), seed)
    found = np.zeros(len(renamed))
    for own in similarities.reshape(-1, *steps.shape):
        pairs = own[renamed[:, first], renamed[:, second]]
        more = pairs[:, near] - pairs[:, far]
        found += ((more > SLACK).mean(axis=1) - (more < -SLACK).mean(axis=1)) / (
            similarities.size / steps.size
        )
    larger = float((found >= found[0] - SLACK).mean())
    return Correspondence(float(found[0]), float(found.mean()), float(found.std(ddof=1)), larger)


def _renamed(points: int, seed: int) -> IntArray:
    """Return orders of the points, that in which they stand first: all, or a sample that has it."""
    if factorial(points) <= PERMUTATIONS + 1:
        return np.array(list(orders(range(points))))
    random = np.random.default_rng(seed)
    drawn = np.argsort(random.random((PERMUTATIONS, points)), axis=1)
    return np.concatenate([np.arange(points)[None], drawn])


def of_values(ratings: FloatArray, values: list[str]) -> FloatArray:
    """Return Spearman's correlations (10, 10) of the centred scores, the values in the order of the circle.

    Args:
        ratings: (N, items), none missing.
        values: the items' values.
    """
    labels = np.array(values)
    scores = np.stack([ratings[:, labels == v].mean(axis=1) for v in PLACES], axis=1)
    return correlations(np.round(scores - ratings.mean(axis=1, keepdims=True), 9))


def circle_of(similarities: FloatArray, seed: int = 0) -> Correspondence:
    """Return the correspondence with the theory's circle of ten values; NaN if a correlation is unknown."""
    if not similarities.size or np.isnan(similarities).any():
        return Correspondence(nan)
    return correspondence(similarities, circular_steps(np.array([*PLACES.values()]), STEPS), seed)
