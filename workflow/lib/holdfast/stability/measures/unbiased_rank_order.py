"""Rank-order stability that does not depend on the number of respondents (methods 5)."""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.rank_order import rank_order_draws
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.correlation.unbiased_spearman import rank_order_unbiased
from holdfast.stability.correlation.undefined_correlations import Level
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, Statistic, averaged
from holdfast.stability.resampling.intervals import MOST_RESPONDENTS

LEVELS: tuple[Level, ...] = ("pooled", "replicate", "pair", "value")


def unbiased(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return rank-order stability freed of Spearman's bias in small samples.

    With more than MOST_RESPONDENTS the draws are those of the raw figure, which take far less time: they
    are moved onto the estimate anyway, and their spread is the same but for 3/N of it.
    """
    if sample.scores.shape[2] > MOST_RESPONDENTS and (weights != 1).any():
        cells = rank_order_draws(sample.scores, weights.astype(np.int64))
    else:
        cells = rank_order_unbiased(sample.scores, weights)
    return averaged("rank_order_unbiased", cells, LEVELS, sample.undefined)


UNBIASED = Statistic(
    unbiased, "spearman, Hoeffding's correction for the number of respondents", unbiased=True
)
"""In a resample, the terms that the correction leaves out come back as repeated respondents: the draws
have the mean of the raw figure, and are moved onto the estimate."""
