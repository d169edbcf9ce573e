"""Scores of a leaderboard: the cardinal and the ordinal one (methods 7.5)."""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray


def columns(
    rank_order: FloatArray, stress: FloatArray, cfi: FloatArray, srmr: FloatArray, rmsea: FloatArray
) -> FloatArray:
    """Return a model's columns: each is better the larger it is.

    Args:
        rank_order: stability of each of the C (C - 1)/2 pairs of contexts.
        stress: of each of the C contexts.
        cfi: of each context, as the next two.
        srmr: as cfi.
        rmsea: as cfi.
    """
    return np.concatenate([rank_order, 1 - stress, cfi, 1 - srmr, 1 - rmsea])


def cardinal(table: FloatArray) -> FloatArray:
    """Return the mean (models,) of the columns (models, columns); NaN with a column that is missing."""
    return np.asarray(table.mean(axis=-1), dtype=np.float64)


def cardinal_of_means(
    rank_order: float, stress: float, cfi: float, srmr: float, rmsea: float, contexts: int
) -> float:
    """Return the cardinal score from the means of the five kinds of columns, as they are published.

    Args:
        rank_order: mean over pairs of contexts.
        stress: mean over contexts, as the next three.
        cfi: mean.
        srmr: mean.
        rmsea: mean.
        contexts: how many there are.
    """
    pairs = contexts * (contexts - 1) // 2
    each = (1 - stress) + cfi + (1 - srmr) + (1 - rmsea)
    return (pairs * rank_order + contexts * each) / (pairs + 4 * contexts)


def ordinal(table: FloatArray) -> FloatArray:
    """Return the mean (models,) over columns of the share of the other models that are strictly lower.

    Args:
        table: (models, columns) of at least two models; models with a missing column get NaN and
            are no one's rival.
    """
    whole = ~np.isnan(table).any(axis=1)
    result = np.full(len(table), np.nan)
    rivals = table[whole]
    if len(rivals) > 1:
        lower = (rivals[None] < rivals[:, None]).sum(axis=1)
        result[whole] = (lower / (len(rivals) - 1)).mean(axis=1)
    return result
