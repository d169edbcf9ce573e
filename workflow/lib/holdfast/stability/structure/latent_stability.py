"""Correlation of a latent value between two contexts, from its items (methods 7.5)."""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray

LEAST_RELIABLE = 0.1
"""Below this coefficient α in one of the contexts, nothing is divided."""


def latent_correlations(items: FloatArray) -> FloatArray:
    """Return the correlations (C, C) of one value's latent variable between contexts.

    Only covariances of *different* items enter. With loadings that are the same in all contexts, the mean
    covariance of item i in a and item j in b is φ(a, b) times the mean product of their loadings, which
    cancels in φ(a, b) / √(φ(a, a) φ(b, b)). What an item keeps of its own, such as its order of options, is
    in the covariances of an item with itself, which are left out.

    Args:
        items: (R, C, N, k), k > 1, none missing; covariances are means over R.

    Returns:
        NaN where α is below LEAST_RELIABLE in one of the contexts, and for a single item.
    """
    contexts, k = items.shape[1], items.shape[3]
    if k < 2:
        return np.full((contexts, contexts), np.nan)
    centred = items - items.mean(axis=2, keepdims=True)
    total = centred.sum(axis=3)
    whole = np.einsum("ran,rbn->ab", total, total)
    off = whole - np.einsum("rani,rbni->ab", centred, centred)
    variance, own = whole.diagonal(), off.diagonal()
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = k / (k - 1) * own / variance
        reliable = alpha >= LEAST_RELIABLE
        result = off / np.sqrt(np.outer(own, own))
    return np.where(np.outer(reliable, reliable), result, np.nan)
