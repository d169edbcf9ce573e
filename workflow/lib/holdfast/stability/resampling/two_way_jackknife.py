"""Intervals about other respondents in other contexts: a jackknife over both (methods 6).

A figure is computed without each context, without each group of respondents, and without both. How much it
moves tells how much it depends on which contexts and respondents the study happens to have.
"""

from __future__ import annotations

from dataclasses import dataclass
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


def over_contexts(quantity: Quantity, figures: FloatArray, confidence: float) -> OverContexts:
    """Return the interval of figures (1 + C, 1 + G, ...): [c, g] is without context c and group g, 0: none.

    Args:
        quantity: decides about the scale and the bounds.
        figures: C is at least MINIMUM_CONTEXTS; a figure that is undefined without somebody has no interval.
        confidence: between 0 and 1.
    """
    bounds, scale = BOUNDS.get(quantity, (-1.0, 1.0)), scale_of(quantity)
    lower, upper = ends(figures[0, 0], two_way_spread(figures, scale), confidence, scale, bounds)
    return OverContexts(lower, upper, np.sqrt(_variance(figures)[0]))


def two_way_spread(figures: FloatArray, scale: Scale) -> Spread:
    """Return middle, error and degrees of freedom from figures (1 + C, 1 + G, ...).

    The error is √(V + bias²), so that the interval is around the figure itself and allows for the bias that
    leaving out respondents shows.
    """
    z = to_scale(figures, scale)
    variance, freedom = _variance(z)
    groups = z.shape[1] - 1
    bias = (groups - 1) * (z[0, 1:].mean(axis=0) - z[0, 0])
    return Spread(z[0, 0], np.sqrt(variance + bias**2), freedom)


def _variance(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return V = V_respondents + V_contexts - V_cells of figures (1 + C, 1 + G, ...), and its freedom.

    V_respondents and V_contexts are the jackknife's. Each also holds what single cells of respondent and
    context contribute, which V_cells takes away once: the mean square of the interaction in the pseudo-values,
    over the number of cells. For a mean over cells this is the analysis of variance of a crossed random
    design. V is at least the larger of the first two. The degrees of freedom are Satterthwaite's.
    """
    contexts, groups = z.shape[0] - 1, z.shape[1] - 1
    of_groups, of_contexts = _jackknife(z[0, 1:]), _jackknife(z[1:, 0])
    pseudo = (
        contexts * groups * z[0, 0]
        - contexts * (groups - 1) * z[:1, 1:]
        - groups * (contexts - 1) * z[1:, :1]
        + (contexts - 1) * (groups - 1) * z[1:, 1:]
    )
    centred = pseudo - pseudo.mean(axis=0) - pseudo.mean(axis=1)[:, None] + pseudo.mean(axis=(0, 1))
    several = (contexts - 1) * (groups - 1)
    of_cells = (centred**2).sum(axis=(0, 1)) / (several * contexts * groups)
    crossed, larger = of_groups + of_contexts - of_cells, np.maximum(of_groups, of_contexts)
    squares = of_groups**2 / (groups - 1) + of_contexts**2 / (contexts - 1) + of_cells**2 / several
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.where(
            crossed > larger,
            np.maximum(crossed**2 / squares, 1),
            np.where(of_groups > of_contexts, groups - 1, contexts - 1),
        )
    return np.maximum(crossed, larger), freedom


def _jackknife(z: FloatArray) -> FloatArray:
    """Return the jackknife's variance over the first axis (Efron & Tibshirani 1993, ch. 11)."""
    n = len(z)
    return np.asarray((n - 1) / n * ((z - z.mean(axis=0)) ** 2).sum(axis=0), dtype=np.float64)
