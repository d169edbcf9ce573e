"""How much variance belongs to respondents, topics and facets, and to what they do together (methods 5.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, Statistic, exact
from holdfast.stability.facets.symmetric_sums import Effect, crossed_components, effects
from holdfast.stability.variance.variance_components import mean_of_values

RESPONDENT, TOPIC, REPLICATE = "respondent", "topic", "replicate"

PLANNED = (1, 2, 3, 5, 10)
"""Numbers of levels that the coefficients are predicted for."""


def factors_of(topics: int, facets: Sequence[str], replicates: int) -> list[str]:
    """Return the factors of a design: those with two levels or more, and the respondents."""
    several = [TOPIC] if topics > 1 else []
    return [RESPONDENT, *several, *facets, *([REPLICATE] if replicates > 1 else [])]


def effect_names(factors: Sequence[str]) -> list[str]:
    """Return the names of all effects in their order; the last one has the error in it."""
    return [" × ".join(factors[axis] for axis in effect) for effect in effects(len(factors))]


def sources_of(factors: Sequence[str]) -> list[str]:
    """Return what may move a respondent's answers: the topic and the facets."""
    return [name for name in factors if name not in (RESPONDENT, REPLICATE)]


def planned_names(factors: Sequence[str]) -> list[tuple[str, str]]:
    """Return the factor and the number of its levels of each planned design, in their order."""
    return [(name, str(number)) for name, number in _plans(factors)]


def _plans(factors: Sequence[str]) -> list[tuple[str, int]]:
    return [(name, number) for name in factors[1:] for number in PLANNED]


def facet_components(
    grid: IntArray, facets: Sequence[str], numbers: Sequence[int] | None = None
) -> Statistic:
    """Return the statistic of a study's components with its facets.

    Args:
        grid: places of the contexts by topic and the level of each facet, -1 = not in the design.
        facets: their names, one for each axis of the grid but the first.
        numbers: of topics and of each facet's levels that coefficients are of; by default those of the grid.
    """
    size = grid.shape if numbers is None else tuple(numbers)

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        scores = on_grid(sample.scores, grid)
        factors = factors_of(grid.shape[0], facets, sample.scores.shape[0])
        levels = [1, *(n for n in (*size, sample.scores.shape[0]) if n > 1)]
        single = tuple(axis for axis in range(1, scores.ndim - 1) if scores.shape[axis] == 1)
        by_value = crossed_components(scores.squeeze(single), weights)
        parts = {effect: mean_of_values(part) for effect, part in by_value.items()}
        planned = [
            [n if name == factor else own for name, own in zip(factors, levels, strict=True)]
            for factor, n in _plans(factors)
        ]
        return [
            exact("facet_variance", "component", np.stack(list(parts.values()), axis=1)),
            exact("facet_share", "component", _shares(parts)),
            exact("source_share", "source", _moved(parts, factors)),
            exact("facet_g", "pooled", _coefficient(parts, levels, absolute=False)),
            exact("facet_phi", "pooled", _coefficient(parts, levels, absolute=True)),
            exact("planned_g", "planned", _coefficients(parts, planned, absolute=False)),
            exact("planned_phi", "planned", _coefficients(parts, planned, absolute=True)),
        ]

    return Statistic(
        compute, "symmetric sums of respondent × topic × facets × replicate", unbiased=True
    )


def on_grid(scores: FloatArray, grid: IntArray) -> FloatArray:
    """Return scores (R, C, N, V) as (N, topics, levels of each facet, R, V); NaN outside the design."""
    placed = np.where((grid >= 0)[None, ..., None, None], scores[:, grid], np.nan)
    last = placed.ndim - 2
    return np.moveaxis(placed, (last, 0), (0, last))


def _shares(parts: Mapping[Effect, FloatArray]) -> FloatArray:
    """Return each component's share (D, effects) of the variance of single scores; negative ones are 0."""
    kept = np.maximum(np.stack(list(parts.values()), axis=1), 0)
    total = kept.sum(axis=1, keepdims=True)
    result = np.full(kept.shape, np.nan)
    np.divide(kept, total, out=result, where=total > 1e-12)
    return result


def _moved(parts: Mapping[Effect, FloatArray], factors: Sequence[str]) -> FloatArray:
    """Return the share (D, sources) that each source moves, alone and together with others.

    The effect of all factors is left out, for the error is in it, and so is what a replicate has part in.
    """
    shares, every = _shares(parts), list(parts)
    chance = factors.index(REPLICATE) if REPLICATE in factors else -1
    found = [
        sum(
            (shares[:, at] for at, effect in enumerate(every)
             if factors.index(name) in effect and chance not in effect and effect != every[-1]),
            np.zeros(len(shares)),
        )
        for name in sources_of(factors)
    ]  # fmt: skip
    return np.where(np.isnan(shares[:, :1]), np.nan, np.stack(found, axis=1))


def _coefficient(
    parts: Mapping[Effect, FloatArray], levels: Sequence[int], *, absolute: bool
) -> FloatArray:
    """Return how well means over so many levels of each factor keep respondents in order, or give their level.

    The first is Brennan's (2001, ch. 4) G coefficient, about other topics, levels and replicates of the
    same kinds; the second is his Φ. All factors are crossed, so that a design has every combination.
    """
    whole = parts[(0,)]
    error = sum(
        np.nan_to_num(np.maximum(part, 0)) / np.prod([levels[axis] for axis in effect])
        for effect, part in parts.items()
        if effect != (0,) and (absolute or 0 in effect)
    )
    result = np.full(whole.shape, np.nan)
    np.divide(whole, whole + error, out=result, where=(whole + error > 1e-12) & ~np.isnan(whole))
    return result


def _coefficients(
    parts: Mapping[Effect, FloatArray], plans: Sequence[Sequence[int]], *, absolute: bool
) -> FloatArray:
    """Return the coefficients (D, plans) of several designs (a D study: Brennan 2001, ch. 4)."""
    found = [_coefficient(parts, levels, absolute=absolute) for levels in plans]
    return np.stack(found, axis=1)
