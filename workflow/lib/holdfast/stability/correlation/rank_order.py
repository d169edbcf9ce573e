"""Rank-order stability: do respondents keep their order on a value between two contexts?"""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.spearman import (
    TIE_DECIMALS,
    FloatArray,
    IntArray,
    context_pairs,
    pairwise_spearman,
    pairwise_spearman_draws,
)

DRAWS_AT_ONCE = 256
"""Draws whose ranks are held together: at 60 respondents and 5 contexts they fit in a CPU cache."""


def rank_order(scores: FloatArray, decimals: int | None = TIE_DECIMALS) -> FloatArray:
    """Correlate each value across respondents, for each replicate and pair of contexts.

    Args:
        scores: centred value scores (R, C, N, V), NaN = missing.
        decimals: decimals that decide about ties, None for floats as they are.

    Returns:
        Spearman correlations (R, P, V), pairs i < j; NaN = undefined. methods.md 5.1.
    """
    by_value = pairwise_spearman(scores.transpose(0, 3, 1, 2), decimals)
    return by_value.transpose(0, 2, 1)


def rank_order_draws(
    scores: FloatArray, multiplicities: IntArray, decimals: int | None = TIE_DECIMALS
) -> FloatArray:
    """Correlate as :func:`rank_order` in D resamples of the respondents.

    Working memory is that of DRAWS_AT_ONCE draws of one value, beside the result: callers with
    many draws pass them in chunks (see bootstrap.draw_chunks).

    Args:
        scores: centred value scores (R, C, N, V), NaN = missing.
        multiplicities: how often each respondent was drawn, (D, N).
        decimals: decimals that decide about ties, None for floats as they are.

    Returns:
        Spearman correlations (D, R, P, V); NaN = undefined. methods.md 5.1, 6.1.
    """
    replicates, contexts, _, values = scores.shape
    draws, pairs = multiplicities.shape[0], context_pairs(contexts)[0].size
    result = np.empty((replicates, values, pairs, draws))
    for start in range(0, draws, DRAWS_AT_ONCE):
        chunk = slice(start, start + DRAWS_AT_ONCE)
        weights = np.ascontiguousarray(multiplicities[chunk].T, dtype=np.float64)
        for replicate, value in np.ndindex(replicates, values):
            columns = scores[replicate, :, :, value]
            result[replicate, value, :, chunk] = pairwise_spearman_draws(columns, weights, decimals)
    return result.transpose(3, 0, 2, 1)
