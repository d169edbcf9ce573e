"""Stability of what observers see against stability of what is said, on the same sessions (methods 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.correlation.undefined_correlations import UNIT, Level
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, averaged, exact
from holdfast.stability.measures.conversation_length import slope
from holdfast.stability.measures.noise_ceiling import ceiling
from holdfast.stability.observers.self_observer import correlations, difference
from holdfast.stability.observers.views import Views, between_contexts
from holdfast.stability.resampling.quantities import Quantity

OF_VALUES: tuple[Level, ...] = ("pooled", "replicate", "value")
OF_PROFILES: tuple[Level, ...] = ("pooled", "replicate")


def stability(views: Views, weights: FloatArray) -> list[Figure]:
    """Return rank-order and ipsative stability of both sides, without unreliability too, and the differences.

    A difference is the observer's figure less the self-report's. Where one side is less reliable, its plain
    figures are lower for that alone; those without unreliability are not.
    """
    own, others = (_of_side(side, views, weights) for side in views.sides)
    named = zip(own, others, strict=True)
    found = []
    for said, seen in named:
        found += [
            _renamed(f"self_{said.quantity}", said), _renamed(f"observer_{seen.quantity}", seen),
        ]  # fmt: skip
        if said.level in ("pooled", "value"):
            found.append(difference(f"observer_less_self_{said.quantity}", seen, said))
    return found


def _of_side(scores: FloatArray, views: Views, weights: FloatArray) -> list[Figure]:
    rule, by_respondent = views.undefined, {UNIT: weights[:, None, None, :]}
    within = ipsative(scores)
    every = np.broadcast_to(within, (len(weights), *within.shape))
    freed = [
        f for f in ceiling(Sample(scores, rule), weights)
        if f.quantity == "disattenuated" and f.level in ("pooled", "value")
    ]  # fmt: skip
    return [
        *averaged("rank_order", between_contexts(scores, weights), OF_VALUES, rule),
        *averaged("ipsative", every, OF_PROFILES, rule, by_respondent),
        *freed,
    ]


def _renamed(name: str, figure: Figure) -> Figure:
    return Figure(cast(Quantity, name), figure.level, figure.mean, figure.undefined, figure.status)


def by_length(
    views: Views, weights: FloatArray, lengths: Mapping[int, IntArray]
) -> list[Figure]:  # fmt: skip
    """Return agreement of self-report and observer, and of the observer and the truth, at each length.

    And the least-squares slope of each on the length. The same respondents are drawn at all lengths.

    Args:
        views: in the contexts of all lengths.
        weights: of the respondents (D, N).
        lengths: places of the contexts by their length.
    """
    parts = [_at_length(views.at(places), weights) for places in lengths.values()]
    figures = []
    for same in zip(*parts, strict=True):
        name, means = same[0].quantity, np.stack([f.mean for f in same], axis=1)
        lost = np.array([f.undefined for f in same])
        slopes = slope(np.array(list(lengths), float), means)
        figures += [
            Figure(cast(Quantity, f"{name}_at_length"), "length", means, lost),
            exact(cast(Quantity, f"{name}_slope"), "pooled", slopes),
        ]  # fmt: skip
    return figures


def _at_length(views: Views, weights: FloatArray) -> list[Figure]:
    said, seen = views.sides
    found = correlations("self_observer", said, seen, views, weights, ("pooled",))
    if views.truth is not None:
        truth = np.broadcast_to(views.truth, seen.shape)
        found += correlations("observer_truth", seen, truth, views, weights, ("pooled",))
    return found
