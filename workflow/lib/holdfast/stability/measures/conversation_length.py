"""Stability against the length of the conversation or of the reasoning (methods 5.9)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order_draws
from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.correlation.undefined_correlations import AVERAGED, UNIT, summarise
from holdfast.stability.estimation.context_layout import MESSAGES
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, Statistic, exact
from holdfast.stability.resampling.quantities import Quantity

OF_LENGTHS: Mapping[Quantity, Quantity] = {
    "rank_order_at_length": "rank_order_slope", "ipsative_at_length": "ipsative_slope",
}  # fmt: skip


def by_length(lengths: Mapping[int, IntArray], unit: str = MESSAGES) -> Statistic:
    """Return the statistic of stability at each length, and its slope on the length.

    The same respondents are drawn at all lengths, so the interval of the slope is of respondents
    compared with themselves.

    Args:
        lengths: places of the contexts by their length.
        unit: what a length is a number of, in the plural.
    """

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        parts = [_stabilities(sample, places, weights) for places in lengths.values()]
        figures = []
        for at, (quantity, slope_of) in enumerate(OF_LENGTHS.items()):
            means = np.stack([part[at] for part in parts], axis=1)  # (D, lengths)
            figures.append(exact(quantity, "length", means))
            figures.append(exact(slope_of, "pooled", slope(np.array(list(lengths), float), means)))
        return figures

    return Statistic(
        compute, f"spearman between topics within a length; slope per {unit.removesuffix('s')}"
    )


def slope(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the least-squares slopes (D,) of y (D, n) on x (n,); NaN if any y is."""
    centred = x - x.mean()
    return np.asarray(y @ centred / (centred @ centred), dtype=np.float64)


def _stabilities(sample: Sample, places: IntArray, weights: FloatArray) -> list[FloatArray]:
    """Return the pooled rank-order and ipsative stability (D,) between some contexts."""
    scores = sample.scores[:, places]
    across = rank_order_draws(scores, weights.astype(np.int64))
    within = np.broadcast_to(ipsative(scores)[None], (weights.shape[0], *ipsative(scores).shape))
    axes, by_respondent = AVERAGED["pooled"], {UNIT: weights[:, None, None, :]}
    return [
        summarise(across, sample.undefined, axes).mean.reshape(-1),
        summarise(within, sample.undefined, axes, by_respondent).mean.reshape(-1),
    ]
