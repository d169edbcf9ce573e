"""Student's intervals around an estimate, on the scale of its quantity (methods 6.1).

An interval is around the estimate as it is reported, so that it always holds it. Where the estimate is
biased the error is the root mean squared one, √(variance + bias²). Variance and bias come from leaving out
one respondent at a time (jackknife). Where that does not serve they come from bootstrap draws: for figures
that jump when somebody is left out, families, differences between models, and many
respondents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.resampling.quantities import BOUNDS, Quantity

Scale = Literal["correlation", "share", "size", "plain"]
"""Where an estimate's error is about even: atanh x · -log(1 - x) · log x · x."""

SCALES: Mapping[Quantity, Scale] = {
    "rmse": "size",
    "variance_residual": "size",
    "g_coefficient": "share",
    "phi_coefficient": "share",
    "facet_g": "share",
    "facet_phi": "share",
    "planned_g": "share",
    "planned_phi": "share",
    "cronbach_alpha_centred": "share",
    "cronbach_alpha_raw": "share",
    "campbell_fiske_heteromethod": "plain",
    "campbell_fiske_monomethod": "plain",
}
"""Scales other than "correlation", which is that of what lies between -1 and 1, and "plain"."""

SAME = 1e-12
"""Spread up to which figures are equal but for rounding."""

MOST_RESPONDENTS = 500
"""Beyond which nobody is left out: it would take more time than the bootstrap."""

NEAREST = 1e-6
"""How near a figure comes to the end of its scale, where the scale goes to infinity."""


@dataclass(frozen=True)
class Spread:
    """What an interval is made of, on its scale.

    Attributes:
        middle: the figure itself (...); NaN = no interval.
        error: its root mean squared error (...).
        freedom: degrees of freedom (...).
    """

    middle: FloatArray
    error: FloatArray
    freedom: FloatArray


def scale_of(quantity: Quantity) -> Scale:
    """Return the scale on which a quantity gets its interval."""
    whole = not np.isinf(BOUNDS.get(quantity, (-1.0, 1.0))).any()
    return SCALES.get(quantity, "correlation" if whole else "plain")


def leave_one_out(answered: npt.NDArray[np.bool_]) -> IntArray:
    """Return weights (n, N) that leave out each of the n respondents who answered, one at a time.

    None (0, N) for more than MOST_RESPONDENTS.
    """
    who = np.flatnonzero(answered) if answered.sum() <= MOST_RESPONDENTS else np.empty(0, int)
    weights = np.ones((who.size, answered.size), dtype=np.int64)
    weights[np.arange(who.size), who] = 0
    return weights


def kind_of(left_out: FloatArray) -> str:
    """Return what `interval_of` makes the interval from."""
    return "jackknife" if len(left_out) else "Student's"


def interval_of(
    quantity: Quantity, estimate: FloatArray, draws: FloatArray, left_out: FloatArray,
    confidence: float, respondents: int,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return the bounds that a row of the table of estimates has; NaN without any draws.

    Args:
        quantity: decides about the scale and the bounds.
        estimate: (...).
        draws: of the bootstrap (D, ...); they decide where left_out is empty.
        left_out: the figure without each respondent (n, ...).
        confidence: between 0 and 1.
        respondents: N, drawn from.
    """
    bounds, scale = BOUNDS.get(quantity, (-1.0, 1.0)), scale_of(quantity)
    if len(left_out) and len(draws):
        return jackknife_interval(estimate, left_out, confidence, scale, bounds)
    return bootstrap_interval(estimate, draws, confidence, scale, bounds, respondents)


def jackknife_interval(
    estimate: FloatArray, left_out: FloatArray, confidence: float, scale: Scale = "correlation",
    bounds: tuple[float, float] = (-1.0, 1.0),
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return the interval from figures without each respondent.

    With g the scale and θ₋ᵢ the figure without the respondent i, the bias is (n - 1)(mean g(θ₋ᵢ) - g(θ)),
    the variance (n - 1)/n Σ (g(θ₋ᵢ) - mean)² (Efron & Tibshirani 1993, ch. 11), with n - 1 degrees
    of freedom.

    Args:
        estimate: (...).
        left_out: (n, ...); undefined ones (NaN) are left out, and with fewer than two there is no interval.
        confidence: between 0 and 1.
        scale: on which the interval is made.
        bounds: where it is cut.
    """
    z = to_scale(estimate, scale)
    n, mean, variance = _moments(to_scale(left_out, scale))
    bias = (n - 1) * (mean - z)
    spread = Spread(z, np.sqrt((n - 1) ** 2 * variance / n + bias**2), n - 1)
    return ends(estimate, spread, confidence, scale, bounds)


def bootstrap_interval(
    estimate: FloatArray, draws: FloatArray, confidence: float, scale: Scale = "correlation",
    bounds: tuple[float, float] = (-1.0, 1.0), respondents: int = 2,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return the interval from bootstrap draws.

    The bias is mean g(draws) - g(θ). Draws of N respondents vary too little by √((N - 1)/N), and know
    their own spread no better than N - 1 degrees of freedom do (Hesterberg 2015).

    Args:
        estimate: (...).
        draws: (D, ...); undefined ones (NaN) are left out, and with fewer than two there is no interval.
        confidence: between 0 and 1.
        scale: on which the interval is made.
        bounds: where it is cut.
        respondents: N, drawn from.
    """
    return ends(
        estimate, bootstrap_spread(estimate, draws, scale, respondents), confidence, scale, bounds
    )


def bootstrap_spread(
    estimate: FloatArray, draws: FloatArray, scale: Scale, respondents: int
) -> Spread:
    """Return what `bootstrap_interval` is made of."""
    z = to_scale(estimate, scale)
    _, mean, variance = _moments(to_scale(draws, scale))
    freedom = respondents - 1 if respondents > 1 else np.nan
    error = np.sqrt(variance * respondents / freedom + (mean - z) ** 2)
    return Spread(z, error, np.full(error.shape, freedom))


def _moments(x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return count, mean and unbiased variance over the first axis, NaN left out; NaN with fewer than two."""
    known = ~np.isnan(x)
    n = np.asarray(known.sum(axis=0), dtype=np.float64)
    n[n < 2] = np.nan
    mean = np.where(known, x, 0).sum(axis=0) / n
    return n, mean, (np.where(known, x - mean, 0) ** 2).sum(axis=0) / (n - 1)


def ends(
    estimate: FloatArray, spread: Spread, confidence: float, scale: Scale,
    bounds: tuple[float, float],
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return the ends of Student's interval; figures that do not move have one of no length.

    The estimate is always between them, also where the scale ends before the figures do.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    away = stdtrit(spread.freedom, (1 + confidence) / 2) * spread.error
    still = spread.error < SAME
    found = [
        np.where(still, estimate, np.clip(_back(spread.middle + side * away, scale), *bounds))
        for side in (-1, 1)
    ]
    shown = np.clip(estimate, *bounds)
    return np.minimum(found[0], shown), np.maximum(found[1], shown)


def to_scale(x: FloatArray, scale: Scale) -> FloatArray:
    """Return figures on their scale."""
    match scale:
        case "correlation":
            return np.asarray(np.arctanh(np.clip(x, NEAREST - 1, 1 - NEAREST)), dtype=np.float64)
        case "share":
            return np.asarray(-np.log(np.maximum(1 - x, NEAREST)), dtype=np.float64)
        case "size":
            return np.asarray(np.log(np.maximum(x, NEAREST)), dtype=np.float64)
        case _:
            return np.asarray(x, dtype=np.float64)


def _back(z: FloatArray, scale: Scale) -> FloatArray:
    """Return figures from their scale."""
    with np.errstate(over="ignore"):
        match scale:
            case "correlation":
                return np.asarray(np.tanh(z), dtype=np.float64)
            case "share":
                return np.asarray(1 - np.exp(-z), dtype=np.float64)
            case "size":
                return np.asarray(np.exp(z), dtype=np.float64)
            case _:
                return z
