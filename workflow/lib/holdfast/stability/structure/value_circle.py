"""The theory's circle of ten values, and its four higher-order values (methods 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray

PLACES: Mapping[str, float] = {
    "Self-Direction": 0, "Stimulation": 1, "Hedonism": 2, "Achievement": 3, "Power": 4,
    "Security": 5, "Conformity": 6, "Tradition": 6, "Benevolence": 7, "Universalism": 8,
}  # fmt: skip
"""Steps of 40° along the circle; conformity and tradition share one, conformity nearer the centre."""

STEPS = 9
"""Steps around the circle."""

INNER = {"Conformity": 0.5}

HIGHER_ORDER: Mapping[str, tuple[str, ...]] = {
    "conservation": ("Security", "Conformity", "Tradition"),
    "openness": ("Self-Direction", "Stimulation", "Hedonism"),
    "self_transcendence": ("Benevolence", "Universalism"),
    "self_enhancement": ("Achievement", "Power"),
}

RANKS = np.array([1, 2, 3, 4, 5, 6, 7.5, 7.5, 9, 10])
"""Ranks of PLACES along the circle."""

LARGEST_DISTANCE = 3.4
"""The largest mean distance of ranks that ten values can have, by trying all orders."""


def is_circle(values: Sequence[str]) -> bool:
    """Tell whether these are the ten values of the theory."""
    return set(values) == set(PLACES)


def location(value: str) -> tuple[float, float]:
    """Return a value's place (x, y) on the circle, to two decimals as in the original study."""
    angle, radius = np.radians(110 + 40 * PLACES[value]), INNER.get(value, 1.0)
    return round(float(radius * np.cos(angle)), 2), round(float(radius * np.sin(angle)), 2)


def circular_distance(centres: Mapping[str, FloatArray]) -> float:
    """Return the mean circular distance of ranks from the theory's order, 0 to 1 (methods 7.3).

    Directions are ranked by their angle from that of self-direction, both ways round; the smaller
    counts. The theory's own tie leaves .1/3.4 = .029 for the best order.

    Args:
        centres: each value's place (x, y), around the origin.
    """
    points = np.array([centres[value] for value in PLACES])
    return min(_rank_distance(points * [side, 1]) for side in (1, -1)) / LARGEST_DISTANCE


def _rank_distance(points: FloatArray) -> float:
    angles = np.arctan2(points[:, 1], points[:, 0])
    turned = (angles - angles[0]) % (2 * np.pi)
    ranks = 1 + np.argsort(np.argsort(turned, kind="stable"), kind="stable")
    apart = np.abs(ranks - RANKS)
    return float(np.minimum(apart, len(points) - apart).mean())
