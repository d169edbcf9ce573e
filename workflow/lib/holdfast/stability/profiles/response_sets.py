"""Rank-order stability with and without acquiescence and extremity, as a check of its sensitivity."""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.rank_order import rank_order_draws
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.correlation.undefined_correlations import Level
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, Statistic, averaged
from holdfast.stability.profiles.raw_scores import mean_known, raw_scores
from holdfast.stability.resampling.quantities import Quantity

LEVELS: tuple[Level, ...] = ("pooled", "replicate", "value")

CONSTANT = 1e-9
"""Standard deviation of ratings up to which they are all equal but for rounding."""


def without_sets(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return rank-order stability of raw, of ipsatised and of standardised scores.

    The last two are less the respondent's mean rating in the administration, which takes out
    acquiescence, and the last is also divided by the standard deviation of the ratings there, which
    takes out extremity. The standardised scores of equal ratings are missing.
    """
    raw = raw_scores(sample.ratings, sample.key)
    level = mean_known(sample.ratings)[..., None]
    spread = np.sqrt(mean_known((sample.ratings - level) ** 2))[..., None]
    ipsatised = raw - level
    forms: dict[Quantity, FloatArray] = {
        "rank_order_raw": raw,
        "rank_order_ipsatised": ipsatised,
        "rank_order_standardised": ipsatised / np.where(spread > CONSTANT, spread, np.nan),
    }
    drawn = weights.astype(np.int64)
    return [
        figure
        for quantity, scores in forms.items()
        for figure in averaged(
            quantity, rank_order_draws(scores, drawn), LEVELS, sample.undefined
        )
    ]  # fmt: skip


SETS = Statistic(without_sets, "spearman of raw, ipsatised or standardised scores")
