"""A profile in parts: elevation, scatter, shape and normativeness, and how stable each is (Furr 2008)."""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.rank_order import rank_order_draws
from holdfast.stability.correlation.spearman import FloatArray, context_pairs, quotient, spearman
from holdfast.stability.correlation.undefined_correlations import UNIT, Level
from holdfast.stability.estimation.weighted_statistics import (
    Figure,
    Sample,
    Statistic,
    averaged,
    weighted_sums,
)
from holdfast.stability.profiles.raw_scores import raw_scores
from holdfast.stability.resampling.quantities import Quantity

OF_CONTEXTS: tuple[Level, ...] = ("pooled", "replicate", "context")
OF_PAIRS: tuple[Level, ...] = ("pooled", "replicate", "pair")

CONSTANT = 1e-12
"""Variance of a profile at or below which its values are all equal but for rounding."""


def profile_parts(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return the mean of each part over respondents, and its stability between contexts.

    A profile is a respondent's raw value scores in one administration; it has to be whole.

    - elevation: their mean; scatter: their standard deviation, with divisor V.
    - normativeness: Pearson's correlation with the mean profile of the other respondents in the same
      context and replicate.
    - Stability of these three: Spearman across respondents between two contexts.
    - Stability of the shape: Pearson between a respondent's profiles in two contexts, which elevation
      and scatter leave alone.
    """
    raw = raw_scores(sample.ratings, sample.key)
    elevation, scatter = raw.mean(axis=-1), raw.std(axis=-1)  # (R, C, N)
    typical = normativeness(raw, weights)  # (D, R, C, N)
    across = weights.astype(np.int64)
    first, second = context_pairs(raw.shape[1])
    changes: dict[Quantity, FloatArray] = {
        "elevation_stability": rank_order_draws(elevation[..., None], across),
        "scatter_stability": rank_order_draws(scatter[..., None], across),
        "normativeness_stability": spearman(
            typical[:, :, first], typical[:, :, second], weights[:, None, None]
        )[..., None],
    }
    by_respondent = {UNIT: weights[:, None, None, :]}
    means: dict[Quantity, FloatArray] = {
        "elevation": _repeated(elevation, weights), "scatter": _repeated(scatter, weights),
        "normativeness": typical,
    }  # fmt: skip
    same = _repeated(shapes(raw), weights)
    return [
        *(f for q, cells in means.items()
          for f in averaged(q, cells, OF_CONTEXTS, "drop", by_respondent)),
        *averaged("shape_stability", same, OF_PAIRS, sample.undefined, by_respondent),
        *(f for q, cells in changes.items()
          for f in averaged(q, cells, OF_PAIRS, sample.undefined)),
    ]  # fmt: skip


def shapes(profiles: FloatArray) -> FloatArray:
    """Return Pearson's correlations (R, P, N) between the profiles (R, C, N, V) of each respondent."""
    first, second = context_pairs(profiles.shape[1])
    x, whole = _centred(profiles)
    squares = (x**2).sum(axis=-1)
    product = (x[:, first] * x[:, second]).sum(axis=-1)
    both = (whole[:, first] & whole[:, second]) * profiles.shape[-1]
    return quotient(product, squares[:, first], squares[:, second], both)


def normativeness(profiles: FloatArray, weights: FloatArray) -> FloatArray:
    """Return Pearson's correlations (D, R, C, N) of profiles (R, C, N, V) with the others' mean profile.

    The others are the respondents under weights (D, N) without the respondent itself, which would
    correlate with its own share in the mean.
    """
    x, whole = _centred(profiles)
    total = weighted_sums(weights, x.transpose(2, 0, 1, 3))  # (D, R, C, V)
    with_total = np.einsum("drcv,rcnv->drcn", total, x, optimize=True)
    own = (x**2).sum(axis=-1)
    others = (total**2).sum(axis=-1)[..., None] - 2 * with_total + own
    others[others <= CONSTANT * np.maximum(1.0, own)] = 0.0
    count = whole * profiles.shape[-1]
    return quotient(with_total - own, np.broadcast_to(own, others.shape), others, count)


def _centred(profiles: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """Return profiles less their means, and which are whole; others, and constant ones, are 0."""
    whole = np.asarray(~np.isnan(profiles).any(axis=-1))
    x = np.where(whole[..., None], profiles, 0.0)
    x = x - x.mean(axis=-1, keepdims=True)
    return np.where((x**2).sum(axis=-1, keepdims=True) > CONSTANT, x, 0.0), whole


def _repeated(cells: FloatArray, weights: FloatArray) -> FloatArray:
    """Return cells (R, C, N) that no weight changes, for every vector of weights (D, R, C, N)."""
    return np.broadcast_to(cells, (weights.shape[0], *cells.shape))


PARTS = Statistic(profile_parts, "raw profiles; stability of parts between contexts")
