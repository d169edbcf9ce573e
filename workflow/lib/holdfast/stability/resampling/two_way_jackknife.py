"""Intervals about other respondents in other contexts: a jackknife over both (methods 6).

A figure is computed without each context, without each group of respondents, and without both. How much it
moves tells how much it depends on which contexts and respondents the study happens to have. Figures over the
levels of a facet, such as wordings, are also computed without each level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.resampling.intervals import Scale, Spread, ends, scale_of, to_scale
from holdfast.stability.resampling.quantities import BOUNDS, Quantity

MINIMUM_CONTEXTS = 4
"""Contexts below which they do not show how much contexts differ."""

MOST_GROUPS = 30
"""Groups of respondents that are left out in turn; with no more respondents, each is a group."""

ContextsStatus = Literal["ok", "few_contexts", "these_contexts", "no_interval", "not_estimable"]
"""few_contexts: fewer than MINIMUM_CONTEXTS; these_contexts: the figure is of particular contexts, or has the
interval for these alone; no_interval: it has none; not_estimable: without some of them there is no figure."""


@dataclass(frozen=True)
class OverContexts:
    """The interval of a figure about contexts like those of the study.

    Attributes:
        lower: its lower end (...), NaN where there is none.
        upper: its upper end (...).
        error: the standard error over respondents and contexts (...), on the scale of the figure itself.
    """

    lower: FloatArray
    upper: FloatArray
    error: FloatArray

    def at(self, place: tuple[int, ...]) -> dict[str, Any]:
        """Return the columns that the table of estimates has of a figure."""
        known = not np.isnan(self.lower[place])
        return {
            "contexts_lower": float(self.lower[place]),
            "contexts_upper": float(self.upper[place]),
            "contexts_se": float(self.error[place]) if known else np.nan,
            "contexts_status": "ok" if known else "not_estimable",
        }


def without_groups(respondents: int) -> IntArray:
    """Return weights (1 + G, N): first nobody is left out, then each group of respondents in turn.

    They depend on nothing but N, so that the figures of models with the same respondents are paired.
    """
    groups = min(respondents, MOST_GROUPS)
    weights = np.ones((1 + groups, respondents), dtype=np.int64)
    who = np.arange(respondents)
    weights[1 + who % groups, who] = 0
    return weights


def over_contexts(
    quantity: Quantity, figures: FloatArray, confidence: float, ways: int = 2
) -> OverContexts:
    """Return the interval of figures (1 + C, 1 + G, ...): [c, g] is without context c and group g, 0: none.

    Args:
        quantity: decides about the scale and the bounds.
        figures: C is at least MINIMUM_CONTEXTS; a figure that is undefined without somebody has no interval.
        confidence: between 0 and 1.
        ways: how many axes something is left out along, as for `crossed_spread`.
    """
    bounds, scale = BOUNDS.get(quantity, (-1.0, 1.0)), scale_of(quantity)
    spread = crossed_spread(figures, scale, ways)
    lower, upper = ends(spread_middle(figures, ways), spread, confidence, scale, bounds)
    return OverContexts(lower, upper, np.sqrt(_variance(figures, ways)[0]))


def spread_middle(figures: FloatArray, ways: int) -> FloatArray:
    """Return the figures (...) that nothing is left out of."""
    return np.asarray(figures[(0,) * ways], dtype=np.float64)


def two_way_spread(figures: FloatArray, scale: Scale) -> Spread:
    """Return `crossed_spread` of figures (1 + C, 1 + G, ...) of contexts and respondents."""
    return crossed_spread(figures, scale, 2)


def crossed_spread(figures: FloatArray, scale: Scale, ways: int) -> Spread:
    """Return middle, error and degrees of freedom of figures without some of what they are averaged over.

    The error is √(V + bias²), so that the interval is around the figure itself and allows for the bias that
    leaving out respondents shows.

    Args:
        figures: (1 + A, 1 + B, ..., 1 + G, ...): along each of the first axes one after the other is left out,
            0: none; the last of these axes is that of groups of respondents. An axis of length 1 is one along
            which nothing is left out: what it stands for is given, and no sample.
        scale: on which the error is made.
        ways: how many such axes there are.
    """
    z = to_scale(figures, scale)
    variance, freedom = _variance(z, ways)
    middle, groups = spread_middle(z, ways), z.shape[ways - 1] - 1
    bias = (groups - 1) * (z[(0,) * (ways - 1)][1:].mean(axis=0) - middle)
    return Spread(middle, np.sqrt(variance + bias**2), freedom)


def _variance(z: FloatArray, ways: int) -> tuple[FloatArray, FloatArray]:
    """Return the variance of figures over all that is left out, and its degrees of freedom.

    With two ways it is V = V_respondents + V_contexts - V_cells. The first two are the jackknife's. Each also
    holds what single cells of respondent and context contribute, which V_cells takes away once: the mean square
    of the interaction in the pseudo-values, over the number of cells. With more ways the sum goes on with
    alternating signs. For a mean over cells this is the analysis of variance of a crossed random design. V is
    at least as large as with any of the ways held fixed. The degrees of freedom are Satterthwaite's.
    """
    moved = [axis for axis in range(ways) if z.shape[axis] > 1]
    shape = z.shape[ways:]
    found: dict[tuple[int, ...], tuple[FloatArray, FloatArray]] = {}
    squares: dict[tuple[int, ...], tuple[FloatArray, float]] = {}
    for size in range(1, len(moved) + 1):
        for chosen in combinations(moved, size):
            squares[chosen] = _interaction(z, ways, chosen)
            fewer = [found[part] for part in combinations(chosen, size - 1) if part]
            found[chosen] = _sum_of_parts(squares, chosen, fewer)
    return found.get(tuple(moved), (np.zeros(shape), np.full(shape, np.nan)))


def _sum_of_parts(
    squares: Mapping[tuple[int, ...], tuple[FloatArray, float]], chosen: tuple[int, ...],
    fewer: Sequence[tuple[FloatArray, FloatArray]],
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return the variance over some ways, and its freedom, at least that over all of them but one."""
    parts = [part for part in squares if set(part) <= set(chosen)]
    terms = [(-1) ** (len(part) + 1) * squares[part][0] for part in parts]
    variance = np.sum(terms, axis=0)
    weights = np.sum([squares[part][0] ** 2 / squares[part][1] for part in parts], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.maximum(variance**2 / weights, 1.0)
    if not fewer:
        return variance, np.full(variance.shape, squares[chosen][1])
    sizes = np.stack([v for v, _ in fewer])
    largest = np.argmax(np.nan_to_num(sizes, nan=-1.0), axis=0)[None]
    least = np.take_along_axis(sizes, largest, axis=0)[0]
    its = np.take_along_axis(np.stack([f for _, f in fewer]), largest, axis=0)[0]
    return np.maximum(variance, least), np.where(variance > least, freedom, its)


def _interaction(z: FloatArray, ways: int, chosen: tuple[int, ...]) -> tuple[FloatArray, float]:
    """Return the mean square of an interaction in the pseudo-values, over the number of cells, and its freedom.

    Of one way it is the jackknife's variance (Efron & Tibshirani 1993, ch. 11).
    """
    kept = z[tuple(slice(None) if axis in chosen else 0 for axis in range(ways))]
    cells, freedom = 1, 1
    for axis in range(len(chosen)):
        n = kept.shape[axis] - 1
        whole, without = np.split(kept, [1], axis=axis)
        pseudo = n * whole - (n - 1) * without
        kept = pseudo - pseudo.mean(axis=axis, keepdims=True)
        cells, freedom = cells * n, freedom * (n - 1)
    over = tuple(range(len(chosen)))
    return np.asarray((kept**2).sum(axis=over) / (freedom * cells)), float(freedom)
