"""The neutral order: stability between a conversation and none (methods 5.9)."""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order_draws
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.correlation.undefined_correlations import UNIT, Level
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, Statistic, averaged

LEVELS: tuple[Level, ...] = ("pooled", "replicate", "pair")


def neutral_order(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return rank-order and ipsative stability between the first context and each other one.

    Args:
        sample: with the context without a conversation as its first.
        weights: (D, N).
    """
    first = slice(0, sample.scores.shape[1] - 1)  # the pairs of the first context come first
    across = rank_order_draws(sample.scores, weights.astype(np.int64))[:, :, first]
    within = ipsative(sample.scores)[None, :, first]
    by_respondent = {UNIT: weights[:, None, None, :]}
    cells = np.broadcast_to(within, (weights.shape[0], *within.shape[1:]))
    rule = sample.undefined
    return [
        *averaged("neutral_rank_order", across, (*LEVELS, "value"), rule),
        *averaged("neutral_ipsative", cells, LEVELS, rule, by_respondent),
    ]


NEUTRAL_ORDER = Statistic(neutral_order, "spearman with the context without a conversation")
