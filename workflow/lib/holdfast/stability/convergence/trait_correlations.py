"""Correlations over respondents between values measured by several methods.

A method is whatever gives every respondent a score on the same values in the same contexts: a questionnaire,
or somebody who judges the conversation. In a sample the last axis has all values of the first method, then
those of the next.
"""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.spearman import (
    FloatArray,
    IntArray,
    context_pairs,
    pairwise_spearman,
    pairwise_spearman_draws,
)


def same_context(scores: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the correlations within each administration (D, R, C, M, M, V, V).

    Args:
        scores: of M methods (R, C, N, M, V), NaN = missing.
        weights: of the respondents (D, N).
    """
    found = _among(scores.transpose(0, 1, 3, 4, 2), weights)
    return found.transpose(0, 1, 2, 3, 5, 4, 6)


def other_context(scores: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the correlations of each value between contexts (D, R, C, C, M, M, V); arguments as above."""
    found = _among(scores.transpose(0, 4, 1, 3, 2), weights)
    return found.transpose(0, 1, 3, 5, 4, 6, 2)


def other_replicate(scores: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the correlations of each value between replicates (D, C, R, R, M, M, V); arguments as above."""
    found = _among(scores.transpose(1, 4, 0, 3, 2), weights)
    return found.transpose(0, 1, 3, 5, 4, 6, 2)


def other_values(values: int) -> IntArray:
    """Return for each value the places of all others (V, V - 1)."""
    every = np.arange(values)
    return np.stack([every[every != v] for v in every])


def _among(columns: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the correlations (D, X, Y, K, L, K, L) among the columns (X, Y, K, L, N); itself: NaN."""
    *outer, k, m, respondents = columns.shape
    flat = columns.reshape(-1, k * m, respondents)
    first, second = context_pairs(k * m)
    found = np.full((len(weights), len(flat), k * m, k * m), np.nan)
    found[:, :, first, second] = found[:, :, second, first] = _pairs(flat, weights)
    return found.reshape(len(weights), *outer, k, m, k, m)


def _pairs(columns: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the correlations (D, X, P) between each two of the columns (X, K, N)."""
    if not (weights == 1).all():
        drawn = np.ascontiguousarray(weights.T)
        return np.stack([pairwise_spearman_draws(own, drawn).T for own in columns], axis=1)
    if np.isnan(columns).any():  # one after the other: the ranks of every pair are its own
        every = np.stack([pairwise_spearman(own) for own in columns])
    else:
        every = pairwise_spearman(columns)
    return np.broadcast_to(every, (len(weights), *every.shape))
