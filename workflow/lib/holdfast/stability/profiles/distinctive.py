"""Distinctive profile stability: ipsative, without the profile that respondents share (methods 5.5)."""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.spearman import (
    FloatArray,
    context_pairs,
    pairwise_spearman,
    quotient,
)
from holdfast.stability.correlation.undefined_correlations import UNIT, Level
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, Statistic, averaged

EQUAL = 5e-10
"""Difference below which two deviations tie: half of the last decimal that counts elsewhere."""

DRAWS_AT_ONCE = 25
"""Draws whose deviations are held together."""

LEVELS: tuple[Level, ...] = ("pooled", "replicate", "pair")


def distinctive(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return the ipsative stability of deviations from the population's mean profile (Furr 2008).

    The mean profile is that of the same context and replicate, and of the respondents drawn.
    A respondent is part of that mean; that only scales its deviation from the others' mean.
    """
    parts = [
        _distinctive(sample, weights[at : at + DRAWS_AT_ONCE])
        for at in range(0, weights.shape[0], DRAWS_AT_ONCE)
    ]
    return [
        Figure(f[0].quantity, f[0].level, np.concatenate([g.mean for g in f]), f[0].undefined)
        for f in zip(*parts, strict=True)
    ]


def _distinctive(sample: Sample, weights: FloatArray) -> list[Figure]:
    normative = mean_profiles(sample.scores, weights)  # (D, R, C, V)
    deviations = sample.scores.transpose(0, 2, 1, 3)[None] - normative[:, :, None]
    cells = pairwise_profiles(deviations)  # (D, R, N, P)
    by_respondent = {UNIT: weights[:, None, None, :]}
    return averaged(
        "distinctive", np.moveaxis(cells, 2, 3), LEVELS, sample.undefined, by_respondent
    )


def mean_profiles(scores: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted mean over respondents (D, R, C, V) of scores (R, C, N, V)."""
    known = ~np.isnan(scores)
    sums = np.einsum("dn,rcnv->drcv", weights, np.where(known, scores, 0.0), optimize=True)
    counts = np.einsum("dn,rcnv->drcv", weights, known.astype(np.float64), optimize=True)
    result = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=result, where=counts > 0)
    return result


def pairwise_profiles(profiles: FloatArray) -> FloatArray:
    """Return Spearman correlations (..., P) between the rows of (..., C, V), for few columns.

    A centred rank is the number of scores below less the number above, so a few comparisons do
    what a sort would. Missing scores take the slower way.
    """
    if np.isnan(profiles).any():
        return pairwise_spearman(profiles)
    i, j = context_pairs(profiles.shape[-2])
    values = np.moveaxis(profiles, -1, 0)
    ranks = np.zeros(values.shape, dtype=np.int8 if values.shape[0] < 64 else np.int32)
    for a in range(values.shape[0]):
        for b in range(a):
            gap = values[a] - values[b]
            sign = (gap > EQUAL).view(np.int8) - (gap < -EQUAL).view(np.int8)
            ranks[a] += sign
            ranks[b] -= sign
    centred = np.moveaxis(ranks.astype(np.float64), 0, -1)
    products = centred @ np.swapaxes(centred, -1, -2)
    variance = np.diagonal(products, axis1=-2, axis2=-1)
    return quotient(products[..., i, j], variance[..., i], variance[..., j], profiles.shape[-1])


DISTINCTIVE = Statistic(distinctive, "spearman of deviations from the mean profile", smooth=False)
"""Without one respondent every deviation shifts, and ranks of few values jump: no jackknife."""
