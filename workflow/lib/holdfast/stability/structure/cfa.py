"""Confirmatory factor analysis of the four higher-order values by maximum likelihood (methods 7.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.structure.factor_model import FactorModel, Matrices, Sample
from holdfast.stability.structure.fisher_scoring import Optimum, fit

Problem = Literal[
    "",
    "constant_item",
    "collinear_items",
    "too_few_respondents",
    "fit_failed",
    "no_finite_optimum",
    "latent_covariance",
    "negative_variance",
]
"""Why a fit is improper; empty: it is proper."""

Index = Literal["cfi", "tli", "rmsea", "srmr"]

NO_FIT: Mapping[Index, float] = {"cfi": 0.0, "tli": 0.0, "rmsea": 1.0, "srmr": 1.0}
"""What the original counts for an improper fit."""

RESPONDENTS_AN_ITEM = 3
"""Fewer than this a fit is refused (methods 7.4 has the simulation)."""

LARGEST_LOADING = 5.0
"""In standard deviations of the item; beyond it the likelihood still rises towards infinity."""

STARTS = ((1.0, 0.5), (0.3, -0.5))
"""Part of the principal loadings and latent covariances to start from; the second where the first fails.

In small noisy samples the likelihood has several maxima, some of them at infinity.
"""

NOTHING = 1e-5
"""Part of an item's variance up to which a residual variance below 0 counts as 0."""

SINGULAR = 1e-9
"""Smallest root of the items' correlations below which some item is a sum of others."""


@dataclass(frozen=True)
class Fit:
    """Indices of one fit, and whether it is proper.

    Attributes:
        cfi: comparative fit index, 0 to 1; NaN without a solution, as the next three.
        tli: Tucker-Lewis index.
        rmsea: root mean square error of approximation.
        srmr: standardised root mean square residual.
        problem: why the fit is improper.
        problem_compat: the same by the original's rule, which accepts negative variances and few respondents.
        largest: the largest latent covariance in absolute size, NaN without a solution.
        smallest: the smallest residual variance, items standardised, likewise.
    """

    cfi: float = float("nan")
    tli: float = float("nan")
    rmsea: float = float("nan")
    srmr: float = float("nan")
    problem: Problem = ""
    problem_compat: Problem = ""
    largest: float = float("nan")
    smallest: float = float("nan")

    def proper(self, index: Index) -> float:
        """Return an index of a proper fit, NaN of an improper one."""
        return float("nan") if self.problem else float(getattr(self, index))

    def compat(self, index: Index) -> float:
        """Return an index as the original counts it: an improper fit is no fit at all."""
        return NO_FIT[index] if self.problem_compat else float(getattr(self, index))


def confirm(ratings: FloatArray, factors: Mapping[str, Sequence[int]]) -> Fit:
    """Fit a model with one latent variable a value, of variance 1, by maximum likelihood.

    Args:
        ratings: (N, items), none missing.
        factors: for each value the columns of its items; an item belongs to one value.
    """
    columns = [i for items in factors.values() for i in items]
    own = ratings[:, columns]
    if len(own) <= len(columns):
        return _without("too_few_respondents")
    if (np.ptp(own, axis=0) == 0).any():
        return _without("constant_item")
    standard = (own - own.mean(axis=0)) / own.std(axis=0)
    observed = standard.T @ standard / len(own)
    if np.linalg.eigvalsh(observed)[0] < SINGULAR:
        return _without("collinear_items")
    found = _fitted(observed, [len(items) for items in factors.values()], len(own))
    few = len(own) < RESPONDENTS_AN_ITEM * len(columns)
    return replace(found, problem="too_few_respondents") if few else found


def _without(problem: Problem) -> Fit:
    """Return that there is no solution, whatever the rule."""
    return Fit(problem=problem, problem_compat=problem)


def _fitted(observed: FloatArray, sizes: Sequence[int], respondents: int) -> Fit:
    """Return the first fit that the original would accept, or that from the first start."""
    model, loadings = one_group(sizes, observed)
    sample, fits = Sample(observed, np.zeros(len(observed))), []
    for part, covariance in STARTS:
        start = np.full(model.free.max() + 1, covariance)
        start[: len(loadings)] = part * loadings
        start[len(loadings) : 2 * len(loadings)] = 1 - (part * loadings) ** 2
        fits.append(_judged(model, sample, fit(model, [sample], start), respondents))
        if not fits[-1].problem_compat:
            return fits[-1]
    return fits[0]


def one_group(sizes: Sequence[int], observed: FloatArray) -> tuple[FactorModel, FloatArray]:
    """Return the model of items in the order of their values, so many a value, and loadings to start from.

    They are those of the items' first principal components: at loadings of 0 the gradient is 0 too. Means
    are no part of the model.
    """
    factor, ends = np.repeat(np.arange(len(sizes)), sizes), np.cumsum(sizes)
    p, (first, second) = len(factor), np.triu_indices(len(sizes))
    fixed = np.zeros(3 * p + len(first) + len(sizes))
    fixed[2 * p : 2 * p + len(first)] = first == second
    free = np.full(len(fixed), -1)
    places = np.concatenate([np.arange(2 * p), 2 * p + np.flatnonzero(first != second)])
    free[places] = np.arange(len(places))
    loadings = [principal(observed[e - n : e, e - n : e]) for e, n in zip(ends, sizes, strict=True)]
    return FactorModel(factor, free[None], fixed[None]), np.concatenate(loadings)


def principal(observed: FloatArray) -> FloatArray:
    """Return starting loadings of one value's items from their correlations."""
    roots, vectors = np.linalg.eigh(observed)
    first = vectors[:, -1] * (1 if vectors[:, -1].sum() >= 0 else -1)
    return np.asarray(0.8 * np.sqrt(roots[-1]) * first, dtype=np.float64)


def _judged(model: FactorModel, sample: Sample, found: Optimum, respondents: int) -> Fit:
    """Return the indices of a solution, and why it is improper if it is."""
    own = model.matrices(found.parameters)[0]
    compat = _improper(own, found)
    problem: Problem = compat
    if not compat and np.linalg.eigvalsh(own.latent)[0] <= 0:
        problem = "latent_covariance"
    elif not compat and own.residual.min() < -NOTHING:
        problem = "negative_variance"
    if compat == "fit_failed":
        return _without(compat)
    return replace(
        _indices(sample, own, found, respondents), problem=problem, problem_compat=compat,
        largest=_largest(own), smallest=float(own.residual.min()),
    )  # fmt: skip


def _largest(own: Matrices) -> float:
    """Return the largest latent covariance in absolute size."""
    return float(np.abs(own.latent[np.triu_indices(len(own.latent), k=1)]).max(initial=0.0))


def _improper(own: Matrices, found: Optimum) -> Problem:
    """Return why a solution is improper by the original's rule."""
    if _largest(own) >= 1:
        return "latent_covariance"
    if np.abs(own.loadings).max() >= LARGEST_LOADING:
        return "no_finite_optimum"
    return "" if found.converged else "fit_failed"


def _indices(sample: Sample, own: Matrices, found: Optimum, respondents: int) -> Fit:
    """Return the indices as lavaan defines them.

    CFI never leaves 0 to 1. The independence model has a closed form: minus the log determinant of the
    correlations. SRMR is Bentler's, the root mean square of residual correlations, diagonal included
    (Hu & Bentler 1999).
    """
    observed = sample.covariance
    p = len(observed)
    free, apart = p * (p + 1) // 2 - len(found.parameters), p * (p - 1) // 2
    chi2 = respondents * found.size
    independent = -respondents * float(np.linalg.slogdet(observed)[1])
    excess, most = max(chi2 - free, 0.0), max(chi2 - free, independent - apart, 0.0)
    residual = (observed - own.covariance())[np.tril_indices(p)]
    return Fit(
        cfi=1 - excess / most if most > 0 else 1.0,
        tli=float((independent / apart - chi2 / free) / (independent / apart - 1)),
        rmsea=float(np.sqrt(excess / (free * respondents))),
        srmr=float(np.sqrt((residual**2).mean())),
    )
