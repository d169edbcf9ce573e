"""Value scores as they were rated: nothing taken out of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray


def raw_scores(ratings: FloatArray, key: Sequence[Sequence[int]]) -> FloatArray:
    """Return the mean rating (R, C, N, V) of each value's items; NaN where none was answered.

    Args:
        ratings: (R, C, N, items), NaN = missing.
        key: for each value the indices of its items.
    """
    return np.stack([mean_known(ratings[..., list(items)]) for items in key], axis=-1)


def mean_known(ratings: FloatArray) -> FloatArray:
    """Return the mean (...) over the last axis, NaN left out, and NaN where nothing is known."""
    known = ~np.isnan(ratings)
    count = known.sum(axis=-1)
    result = np.full(count.shape, np.nan)
    np.divide(np.where(known, ratings, 0.0).sum(axis=-1), count, out=result, where=count > 0)
    return result
