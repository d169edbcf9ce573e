"""Known groups: do villains and heroes differ as they must (methods 9)?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.weighted_statistics import (
    Figure,
    Sample,
    Statistic,
    exact,
    weighted_sums,
)

GROUPS = ("villain", "hero")
EXPECTED: Mapping[str, int] = {
    "Power": 1, "Power Dominance": 1, "Benevolence": -1, "Benevolence Care": -1, "Agreeableness": -1,
    "Care": -1,
}  # fmt: skip
"""The sign of the first group's mean less the second's, by value."""


def known_groups(respondents: Sequence[str], groups: Mapping[str, str]) -> Statistic | None:
    """Return the statistic of the groups' difference on every value, None without both groups.

    Args:
        respondents: in the order of the scores.
        groups: each respondent's.
    """
    inside = [np.array([groups.get(r) == g for r in respondents]) for g in GROUPS]
    if not all(part.any() for part in inside):
        return None

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        first, second = (_means(sample.scores, weights * part) for part in inside)
        return [exact("known_groups", "value", first - second)]

    return Statistic(compute, f"mean score of {GROUPS[0]}s less that of {GROUPS[1]}s")


def _means(scores: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted means (D, V) over all of scores (R, C, N, V) that is there."""
    known = ~np.isnan(scores)
    sums = weighted_sums(weights, np.where(known, scores, 0).sum(axis=(0, 1)))
    counts = weighted_sums(weights, known.sum(axis=(0, 1)).astype(np.float64))
    result = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=result, where=counts > 0)
    return result
