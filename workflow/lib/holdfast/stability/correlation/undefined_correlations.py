"""Means over correlations, with an explicit rule for those that are undefined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from holdfast.stability.correlation.spearman import FloatArray, IntArray

UndefinedRule = Literal["zero", "drop", "nan"]
"""``zero``: no evidence of stability; ``drop``: left out of means; ``nan``: the mean is NaN."""

REPLICATE, PAIR, UNIT = -3, -2, -1
"""Axes of an array of correlations; the units are values (rank-order) or respondents."""

Level = Literal[
    "pooled",
    "replicate",
    "pair",
    "context",
    "value",
    "pair_value",
    "context_value",
    "length",
    "domain",
    "domains",
    "level",
    "levels",
    "facet",
    "source",
    "component",
    "planned",
]
"""What a figure is not averaged over; "length": one figure a length of conversation; "domain" and "domains":
one a domain, and one for every two; "level", "levels" and "facet": one a level of a facet, one for every two
levels of it, and one a facet; "source": one for the topics and one a facet; "component": one an effect;
"planned": one a factor and number of its levels."""

AVERAGED: Mapping[Level, tuple[int, ...]] = {
    "pooled": (PAIR, UNIT, REPLICATE),
    "replicate": (PAIR, UNIT),
    "pair": (UNIT, REPLICATE),
    "value": (PAIR, REPLICATE),
    "pair_value": (REPLICATE,),
    "context": (UNIT, REPLICATE),
    "context_value": (REPLICATE,),
}
"""Axes that each level averages over, in the order of the original study (methods.md 5.1).

Figures of single contexts have their contexts on the axis of the pairs.
"""


@dataclass(frozen=True)
class Summary:
    """Means of correlations and how many of them were undefined.

    Attributes:
        mean: the means, without the averaged axes; NaN = not estimable.
        undefined: count of undefined correlations under each mean.
        total: count of all correlations under each mean.
    """

    mean: FloatArray
    undefined: IntArray
    total: int


def summarise(
    correlations: FloatArray,
    rule: UndefinedRule,
    axes: Sequence[int],
    weights: Mapping[int, FloatArray] | None = None,
) -> Summary:
    """Average correlations over one axis after the other. methods.md 5.3.

    Args:
        correlations: (..., R, P, units), NaN = undefined.
        rule: what an undefined correlation counts as. With ``drop`` each level skips what is
            undefined at that level.
        axes: negative axes, averaged in this order (see AVERAGED).
        weights: weights of the elements of an axis, broadcast against the correlations.

    Returns:
        The means; NaN where all correlations (of positive weight) are undefined, whatever the
        rule. The counts ignore the weights.

    Raises:
        ValueError: the rule is unknown.
    """
    if rule not in get_args(UndefinedRule):
        raise ValueError(f"undefined must be one of {get_args(UndefinedRule)}, not {rule!r}")
    missing = np.isnan(correlations)
    known: npt.NDArray[np.bool_] = ~missing
    mean = np.where(missing, 0.0, correlations) if rule == "zero" else correlations
    for axis in axes:
        weight = (weights or {}).get(axis, np.ones(1))
        mean = _mean(mean, weight, axis, drop=rule == "drop")
        known = np.any(known & (weight > 0), axis=axis, keepdims=True)
    reduced = tuple(axes)
    return Summary(
        mean=np.where(known, mean, np.nan).squeeze(reduced),
        undefined=missing.sum(axis=reduced, dtype=np.int64),
        total=int(np.prod([correlations.shape[axis] for axis in reduced])),
    )


def _mean(values: FloatArray, weight: FloatArray, axis: int, *, drop: bool) -> FloatArray:
    """Return the weighted mean along an axis, kept with length 1; NaN without any weight.

    NaN are skipped (``drop``) or make the mean NaN, unless their weight is 0.
    """
    defined = ~np.isnan(values)
    product = np.where(defined, values, 0.0) * weight
    total = np.broadcast_to(weight * defined if drop else weight, product.shape)
    total = total.sum(axis, keepdims=True)
    mean = np.full(total.shape, np.nan)
    np.divide(product.sum(axis, keepdims=True), total, out=mean, where=total > 0)
    if not drop:
        mean[(~defined & (weight > 0)).any(axis, keepdims=True)] = np.nan
    return mean
