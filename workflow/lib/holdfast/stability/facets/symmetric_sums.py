"""Variance components of any crossed design, also where combinations are missing (methods 5.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.weighted_statistics import weighted_sums
from holdfast.stability.variance.anova import MINIMUM_RESPONDENTS

Effect = tuple[int, ...]
"""Axes of the factors that an effect belongs to, in order; 0 is the respondents."""


def effects(factors: int) -> list[Effect]:
    """Return all effects of so many factors: main effects first, then interactions by their order."""
    return [a for size in range(1, factors + 1) for a in combinations(range(factors), size)]


def crossed_components(scores: FloatArray, weights: FloatArray) -> dict[Effect, FloatArray]:
    """Return the components (D, V) of all effects, by symmetric sums (Koch, 1967, Technometrics 9, 93-118).

    All effects are random. The mean product of two scores that share the levels of the factors S, and of
    no others, is μ² + Σ σ²_A over the effects A within S. So each component is a sum of such means with
    alternating signs. In a balanced design these are the estimates of the analysis of variance. No
    assumption is made about the form of the scores, and negative estimates are possible.

    Args:
        scores: (N, levels of each other factor, V), NaN = missing. A combination that nobody answered is
            not in the design; a respondent who lacks another one is left out of that value's components.
            Each factor has two levels or more.
        weights: (D, N).

    Returns:
        The last effect, of all factors, has the error in it. NaN = not estimable.
    """
    held = np.asarray(~np.isnan(scores).all(axis=(0, -1)))  # (levels)
    whole = np.asarray(~np.isnan(scores[:, held]).any(axis=1))  # (N, V)
    n = weighted_sums(weights, np.asarray(whole, dtype=np.float64))
    n[n < MINIMUM_RESPONDENTS] = np.nan
    inside = held[None, ..., None] & np.expand_dims(whole, tuple(range(1, held.ndim + 1)))
    kept = np.where(inside, scores, 0.0)
    every = tuple(range(kept.ndim - 1))
    middle = kept.sum(axis=every) / np.maximum(inside.sum(axis=every), 1)
    kept = np.where(inside, kept - middle, 0.0)  # smaller numbers, the same components
    products, counts = _shared(kept, held, weights, n)
    factors = held.ndim + 1
    means = {a: _ratio(products[a], counts[a]) for a in [(), *effects(factors)]}
    return {a: _alternating(a, means) for a in effects(factors)}


def _shared(
    scores: FloatArray, held: npt.NDArray[np.bool_], weights: FloatArray, n: FloatArray
) -> tuple[dict[Effect, FloatArray], dict[Effect, FloatArray]]:
    """Return sums of products, and counts, of pairs that share the levels of an effect's factors alone."""
    factors = held.ndim + 1
    products: dict[Effect, FloatArray] = {}
    counts: dict[Effect, FloatArray] = {}
    for effect in [(), *effects(factors)]:
        over = tuple(axis for axis in range(1, factors) if axis not in effect)
        sums = scores.sum(axis=over)
        number = (held.sum(axis=tuple(a - 1 for a in over)).astype(np.float64) ** 2).sum()
        if 0 in effect:
            of_each = (sums**2).reshape(len(sums), -1, sums.shape[-1]).sum(axis=1)
            products[effect], counts[effect] = weighted_sums(weights, of_each), n * number
        else:
            of_all = weighted_sums(weights, sums) ** 2
            products[effect] = of_all.reshape(len(of_all), -1, sums.shape[-1]).sum(axis=1)
            counts[effect] = n**2 * number
    return _alone(products, factors), _alone(counts, factors)


def _alone(shared: Mapping[Effect, FloatArray], factors: int) -> dict[Effect, FloatArray]:
    """Return sums over pairs that share an effect's factors and no others, from those that share them."""
    every = range(factors)
    result = {}
    for effect in shared:
        others = [axis for axis in every if axis not in effect]
        result[effect] = np.asarray(
            sum(
                (-1) ** len(more) * shared[tuple(sorted(effect + more))] for more in _within(others)
            )
        )
    return result


def _alternating(effect: Effect, means: Mapping[Effect, FloatArray]) -> FloatArray:
    return np.asarray(
        sum((-1) ** (len(effect) - len(part)) * means[part] for part in _within(effect))
    )


def _within(axes: Effect | list[int]) -> Iterator[Effect]:
    """Yield all parts of some axes, the empty one first."""
    for size in range(len(axes) + 1):
        yield from combinations(axes, size)


def _ratio(products: FloatArray, counts: FloatArray) -> FloatArray:
    """Return mean products; NaN where there is no such pair."""
    result = np.full(products.shape, np.nan)
    np.divide(products, counts, out=result, where=counts > 0.5)
    return result
