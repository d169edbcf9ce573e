"""Where a questionnaire's items lie, by how respondents' answers to them go together (methods 7.2)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.structure.multidimensional_scaling import best_scale


def correlations(ratings: FloatArray) -> FloatArray:
    """Return Spearman's correlations (items, items) over respondents; NaN for a constant item."""
    centred = pd.DataFrame(ratings).rank().to_numpy() - (len(ratings) + 1) / 2
    size = np.sqrt((centred**2).sum(axis=0))
    unit = np.full(centred.shape, np.nan)
    np.divide(centred, size, out=unit, where=size > 0)
    result = np.clip(unit.T @ unit, -1, 1)
    result[np.diag_indices_from(result)] = np.where(size > 0, 1.0, np.nan)
    return np.asarray(result, dtype=np.float64)


def configuration(r: FloatArray) -> tuple[FloatArray, float]:
    """Return places (items, 2) for correlations (items, items), and the stress-1."""
    apart = 1 - r
    apart[np.diag_indices_from(apart)] = 0
    return best_scale(apart)


def shuffled(ratings: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Return ratings (N, items) with each item's answers shuffled among respondents."""
    order: IntArray = np.argsort(generator.random(ratings.shape), axis=0)
    return np.take_along_axis(ratings, order, axis=0)
