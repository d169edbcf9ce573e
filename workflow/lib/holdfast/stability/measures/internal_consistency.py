"""Internal consistency of the values' items: Cronbach's α and McDonald's ω (methods 7.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.correlation.undefined_correlations import Level
from holdfast.stability.estimation.weighted_statistics import (
    Figure,
    Sample,
    Statistic,
    averaged,
    weighted_sums,
)
from holdfast.stability.profiles.raw_scores import mean_known
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.variance.anova import MINIMUM_RESPONDENTS

LEVELS: tuple[Level, ...] = ("pooled", "context", "value", "context_value")

CONSTANT = 1e-12


def consistency(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return α of centred and of raw items, by replicate, context and value.

    Centred: less the respondent's mean rating over all items of the administration, as the
    original does. Undefined cells are left out of means and counted.
    """
    raw = sample.ratings
    forms: dict[Quantity, FloatArray] = {
        "cronbach_alpha_centred": raw - mean_known(raw)[..., None], "cronbach_alpha_raw": raw,
    }  # fmt: skip
    return [
        figure
        for quantity, ratings in forms.items()
        for figure in _of_values(quantity, alpha, sample, ratings, weights)
    ]


def one_factor(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return ω of raw items, as `consistency` returns α.

    It gets no interval: loadings are cut at 0 and cells without a factor are left out, which lifts the
    mean by an amount that neither leaving out respondents nor drawing them shows.
    """
    return _of_values("omega", omega, sample, sample.ratings, weights)


def _of_values(
    quantity: Quantity, coefficient: Callable[[FloatArray], FloatArray], sample: Sample,
    ratings: FloatArray, weights: FloatArray,
) -> list[Figure]:  # fmt: skip
    """Return the figures of a coefficient of the covariances of each value's items."""
    cells = [coefficient(covariances(ratings, items, weights)) for items in sample.key]
    return averaged(quantity, np.stack(cells, axis=-1), LEVELS, "drop")


def covariances(ratings: FloatArray, items: Sequence[int], weights: FloatArray) -> FloatArray:
    """Return the covariances (k, k, D, R, C) of k items among respondents who have them all.

    Args:
        ratings: (R, C, N, items), NaN = missing.
        items: indices of the k items.
        weights: of the respondents (D, N).
    """
    own = np.ascontiguousarray(ratings[..., list(items)].transpose(3, 2, 0, 1))  # (k, N, R, C)
    whole = ~np.isnan(own).any(axis=0)
    filled = np.where(whole, own, 0.0)
    middle = filled.sum(axis=(1, 2, 3)) / max(1, int(whole.sum()))
    own = np.where(whole, filled - middle[:, None, None, None], 0.0)
    n = weighted_sums(weights, np.asarray(whole, dtype=np.float64))
    n[n < MINIMUM_RESPONDENTS] = np.nan
    means = [weighted_sums(weights, item) / n for item in own]
    result = np.empty((len(items), len(items), *n.shape))
    for i, j in combinations_with_replacement(range(len(items)), 2):
        product = weighted_sums(weights, own[i] * own[j]) / n - means[i] * means[j]
        result[i, j] = result[j, i] = product * (n / (n - 1))
    return result


def alpha(covariance: FloatArray) -> FloatArray:
    """Return Cronbach's α = k/(k - 1) (1 - trace / sum) of covariances (k, k, ...)."""
    k = covariance.shape[0]
    total = covariance.sum(axis=(0, 1))
    result = np.full(total.shape, np.nan)
    if k > 1:
        np.divide(np.trace(covariance), total, out=result, where=total > CONSTANT)
    return np.asarray(k / max(1, k - 1) * (1 - result), dtype=np.float64)


def omega(covariance: FloatArray) -> FloatArray:
    """Return McDonald's ω = (Σ λ)² / Σ of all covariances, of a one-factor model in closed form.

    An item's squared loading is Σ s_ij s_il / Σ s_jl over all pairs j < l of the other items
    (Spearman 1927; Hancock & An 2020), 0 where that is negative. It is consistent for one factor,
    needs no iteration, and at least three items. NaN where a sum of covariances is not
    positive: then no one-factor model is near.

    Args:
        covariance: (k, k, ...).
    """
    k = covariance.shape[0]
    total = covariance.sum(axis=(0, 1))
    variances = np.stack([covariance[i, i] for i in range(k)])
    row = covariance.sum(axis=1) - variances
    above = (row**2 - (covariance**2).sum(axis=1) + variances**2) / 2
    below = row.sum(axis=0) / 2 - row
    squared = np.full(row.shape, np.nan)
    if k > 2:
        np.divide(above, below, out=squared, where=below > CONSTANT)
    loadings = np.sign(row) * np.sqrt(np.maximum(squared, 0))
    result = np.full(total.shape, np.nan)
    np.divide(loadings.sum(axis=0) ** 2, total, out=result, where=total > CONSTANT)
    return np.clip(result, 0, 1)


CONSISTENCY = Statistic(consistency, "items of a value, complete respondents")
OMEGA = Statistic(one_factor, "one factor of a value's items, complete respondents", draws=False)
