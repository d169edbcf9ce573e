"""Agreement of observers who read the same conversations: ICC(A,1) and Krippendorff's alpha (methods 10)."""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.spearman import MINIMUM_PAIRS, FloatArray
from holdfast.stability.correlation.undefined_correlations import Level
from holdfast.stability.estimation.weighted_statistics import Figure, averaged, exact, weighted_sums
from holdfast.stability.measures.magnitude import CONSTANT, icc
from holdfast.stability.observers.views import Views

LEVELS: tuple[Level, ...] = ("pooled", "replicate", "context", "value")


def observer_agreement(views: Views, weights: FloatArray) -> list[Figure]:
    """Return ICC(A,1) and α of the observers' scores, the sides; both need two of them.

    Each is computed over respondents for each value, context and replicate, then averaged.
    """
    if len(views.sides) < 2:
        none = np.full(len(weights), np.nan)
        return [
            exact("observer_icc_a1", "pooled", none, "needs_observers"),
            exact("observer_alpha", "pooled", none, "needs_observers"),
        ]
    return [
        *averaged("observer_icc_a1", icc_cells(views.sides, weights), LEVELS, views.undefined),
        *averaged("observer_alpha", alpha_cells(views.sides, weights), LEVELS, views.undefined),
    ]


def icc_cells(sides: FloatArray, weights: FloatArray) -> FloatArray:
    """Return ICC(A,1) (D, R, C, V) of scores (S, R, C, N, V), the sides as raters (McGraw & Wong 1996).

    Respondents whom some observer did not describe on a value are left out of it.
    """
    _, replicates, contexts, _, values = sides.shape
    found = np.empty((len(weights), replicates, contexts, values))
    for r, c in np.ndindex(replicates, contexts):
        found[:, r, c] = icc(sides[None, :, r, c], weights)
    return found


def alpha_cells(sides: FloatArray, weights: FloatArray) -> FloatArray:
    """Return Krippendorff's α (D, R, C, V) of scores (S, R, C, N, V) for an interval scale.

    α = 1 - (n - 1) Σᵤ wᵤ Σ δ² / (mᵤ - 1) / Σ δ²: respondents are the units u, with m observers each and
    weights w, and those with fewer than two are left out. The first inner sum is over ordered pairs of
    observers of a unit, the second over those of all n scores (Krippendorff 2019, ch. 12). Both are had from
    sums of scores and of their squares: Σ δ² of m numbers is 2 (m Σ x² - (Σ x)²).

    NaN where all scores are the same, or with fewer than three units.
    """
    known = ~np.isnan(sides)
    count = known.sum(axis=0).astype(np.float64)  # (R, C, N, V)
    paired = count > 1
    middle = np.where(known, sides, 0).sum() / max(1, known.sum())  # keeps the squares small
    x = np.where(known & paired, sides - middle, 0.0)
    first, second = x.sum(axis=0), (x**2).sum(axis=0)

    def total(column: FloatArray) -> FloatArray:
        return weighted_sums(weights, np.moveaxis(column * paired, 2, 0))

    n, sums, squares, units = (total(c) for c in (count, first, second, np.ones_like(count)))
    within = total(2 * (count * second - first**2) / np.maximum(count - 1, 1))
    among = 2 * (n * squares - sums**2)
    found = np.full(n.shape, np.nan)
    some = (units >= MINIMUM_PAIRS) & (among > CONSTANT * np.maximum(n, 1) ** 2)
    np.divide((n - 1) * within, among, out=found, where=some)
    return np.asarray(1 - found, dtype=np.float64)
