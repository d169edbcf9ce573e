"""Self-observer agreement, both sides against the truth, and the noise ceilings of all (methods 10)."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations
from typing import cast

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.correlation.undefined_correlations import UNIT, Level
from holdfast.stability.estimation.weighted_statistics import Figure, averaged, exact
from holdfast.stability.measures.noise_ceiling import disattenuate, joint_ceiling, to_spearman
from holdfast.stability.observers.views import Views, over_respondents, over_values
from holdfast.stability.resampling.quantities import Quantity

OF_VALUES: tuple[Level, ...] = ("pooled", "replicate", "context", "value")
OF_PROFILES: tuple[Level, ...] = ("pooled", "replicate", "context")


def correlations(
    name: str, first: FloatArray, second: FloatArray, views: Views, weights: FloatArray,
    levels: tuple[Level, ...] = OF_VALUES,
) -> list[Figure]:  # fmt: skip
    """Return correlations of two sides by value (`name`) and by profile (`name`_profile).

    By value: Spearman over respondents on each value. By profile: Spearman over the values of each
    respondent. Both within a context and replicate, then averaged.

    Args:
        name: of the quantity.
        first: scores (R, C, N, V).
        second: the same; its replicates may be others.
        views: for the rule.
        weights: of the respondents (D, N).
        levels: those of the figures by value; a profile has no single value.
    """
    by_respondent = {UNIT: weights[:, None, None, :]}
    by_value, by_profile = cast(Quantity, name), cast(Quantity, f"{name}_profile")
    across = over_respondents(first, second, weights)
    within = over_values(first, second, len(weights))
    whole = tuple(level for level in levels if level != "value")
    return [
        *averaged(by_value, across, levels, views.undefined),
        *averaged(by_profile, within, whole, views.undefined, by_respondent),
    ]


def agreement(views: Views, weights: FloatArray) -> list[Figure]:
    """Return how self-report and observer agree, and each with the truth where it is known."""
    said, seen = views.sides
    figures = correlations("self_observer", said, seen, views, weights)
    if views.truth is None:
        return figures
    truth = np.broadcast_to(views.truth, said.shape)
    own = correlations("self_truth", said, truth, views, weights)
    others = correlations("observer_truth", seen, truth, views, weights)
    less = [
        difference(f"observer_less_{b.quantity}", a, b)
        for a, b in zip(others, own, strict=True)
        if a.level in ("pooled", "value")
    ]
    return [*figures, *others, *own, *less]


def difference(name: str, first: Figure, second: Figure) -> Figure:
    """Return the first figure less the second, under the same draws of respondents."""
    return replace(
        first, quantity=cast(Quantity, name), mean=first.mean - second.mean,
        undefined=first.undefined + second.undefined,
        status=second.status if np.isnan(second.mean[0]).all() else first.status,
    )  # fmt: skip


def ceilings(views: Views, weights: FloatArray) -> list[Figure]:
    """Return both sides' reliability, what agreement can reach with it, and agreement freed of its lack.

    Reliability is the correlation between two replicates of a context. The ceiling is the geometric mean of
    both sides' (Spearman 1904). The disattenuated agreement is the correlation of the self-report in one
    replicate with the observer in another one, over the ceiling: within a replicate both stand on the same
    conversation, whose chance words are error in both reliabilities and would be counted as agreement.
    """
    said, seen = views.sides
    if len(said) < 2:
        return _without_replicates(len(weights), said.shape[-1])
    i, j = (list(side) for side in zip(*combinations(range(len(said)), 2), strict=True))
    a, b = (list(side) for side in zip(*permutations(range(len(said)), 2), strict=True))
    levels: tuple[Level, ...] = ("pooled", "value")
    own = correlations("self_reliability", said[i], said[j], views, weights, levels)
    others = correlations("observer_reliability", seen[i], seen[j], views, weights, levels)
    crossed = correlations("self_observer", said[a], seen[b], views, weights, levels)
    figures = [*own, *others]
    for x, y, numerator in zip(own, others, crossed, strict=True):
        ceiling = joint_ceiling(x.mean, y.mean)
        names = (f"self_observer_{k}{_ending(numerator)}" for k in ("ceiling", "disattenuated"))
        for name, mean in zip(
            names, (to_spearman(ceiling), disattenuate(numerator.mean, ceiling)), strict=True
        ):
            figures.append(exact(cast(Quantity, name), numerator.level, mean, "unreliable"))
    return figures


def _ending(figure: Figure) -> str:
    return "_profile" if figure.quantity.endswith("_profile") else ""


def _without_replicates(draws: int, values: int) -> list[Figure]:
    names = (
        "self_reliability", "observer_reliability", "self_observer_ceiling",
        "self_observer_disattenuated",
    )  # fmt: skip
    shapes: dict[str, dict[Level, tuple[int, ...]]] = {
        "": {"pooled": (), "value": (values,)}, "_profile": {"pooled": ()},
    }  # fmt: skip
    return [
        exact(
            cast(Quantity, f"{name}{ending}"), level, np.full((draws, *shape), np.nan),
            "needs_replicates",
        )
        for name in names
        for ending, levels in shapes.items()
        for level, shape in levels.items()
    ]  # fmt: skip
