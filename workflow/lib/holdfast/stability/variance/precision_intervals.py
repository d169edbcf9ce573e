"""How sure the half-width of a planned design is: it rests on a finished study's components (methods 6.3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.resampling.intervals import ends, jackknife_interval
from holdfast.stability.resampling.two_way_jackknife import MINIMUM_CONTEXTS, two_way_spread
from holdfast.stability.variance.study_simulation import (
    Plan,
    Source,
    Topics,
    simulated_figures,
    source,
)

Interval = Callable[..., tuple[FloatArray, FloatArray]]

GROUPS, STUDIES = 8, 40
"""Groups of respondents that are left out in turn, and studies simulated without each."""


def half_width_interval(
    scores: FloatArray, plan: Plan, half_width: float, topics: Topics, interval: Interval,
    confidence: float, seed: int,
) -> tuple[float, float]:  # fmt: skip
    """Return the interval of a half-width that simulations from a finished study gave.

    The simulation is repeated, with the same random numbers, from the study without each group of its
    respondents and, where studies draw their contexts, without each of its contexts and without both. The
    jackknife of the logarithm of the geometric mean half-width gives the error.

    Args:
        scores: centred value scores (R, C, N, V) of one model in the finished study.
        plan: the design.
        half_width: what was found for it.
        topics: which contexts the simulated studies have.
        interval: of figures about such contexts.
        confidence: of the intervals, both of the figures and of the half-width.
        seed: of the simulation.
    """
    contexts, n = scores.shape[1:3]
    groups = min(GROUPS, n)
    crossed = topics == "drawn" and contexts >= MINIMUM_CONTEXTS
    found = np.empty((1 + contexts * crossed, 1 + groups))
    for c, g in np.ndindex(found.shape):
        kept = scores[:, np.arange(contexts) != c - 1][:, :, np.arange(n) % groups != g - 1]
        found[c, g] = _half_width(source(kept), plan, topics, interval, confidence, seed)
    found *= half_width / found[0, 0]
    whole = np.array(half_width)
    if crossed:
        spread = two_way_spread(found, "size")
        lower, upper = ends(whole, spread, confidence, "size", (0.0, np.inf))
    else:
        lower, upper = jackknife_interval(whole, found[0, 1:], confidence, "size", (0.0, np.inf))
    return float(lower), float(upper)


def _half_width(
    model: Source, plan: Plan, topics: Topics, interval: Interval, confidence: float, seed: int
) -> float:
    """Return the geometric mean half-width of rank-order stability's interval in simulated studies."""
    figures = simulated_figures([model], plan, 0.0, STUDIES, seed, topics)["rank_order"][0]
    lower, upper = interval(figures, confidence, "correlation", (-1.0, 1.0))
    return float(np.exp(np.nanmean(np.log(np.maximum(upper - lower, 1e-9) / 2))))
