"""Confirmatory factor analysis of the four higher-order values by maximum likelihood (methods 7.4)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

from holdfast.stability.correlation.spearman import FloatArray, IntArray

Problem = Literal[
    "",
    "constant_item",
    "too_few_respondents",
    "fit_failed",
    "no_finite_optimum",
    "latent_covariance",
]
"""Why a fit is improper; empty: it is proper."""

MOST_ITERATIONS = 300
LARGEST_LOADING = 5.0
"""In standard deviations of the item; beyond it the likelihood still rises towards infinity."""

FARTHEST = 30.0
"""Size of a parameter, items standardised, at which a fit is given up."""


@dataclass(frozen=True)
class Fit:
    """Indices of one fit; an improper one counts as no fit at all: CFI = TLI = 0, SRMR = RMSEA = 1.

    Attributes:
        cfi: comparative fit index, 0 to 1.
        tli: Tucker-Lewis index.
        rmsea: root mean square error of approximation.
        srmr: standardised root mean square residual.
        problem: why the fit is improper.
        largest: the largest latent covariance in absolute size, NaN without a fit.
    """

    cfi: float = 0.0
    tli: float = 0.0
    rmsea: float = 1.0
    srmr: float = 1.0
    problem: Problem = ""
    largest: float = float("nan")


def confirm(ratings: FloatArray, factors: Mapping[str, Sequence[int]]) -> Fit:
    """Fit a model with one latent variable a value, of variance 1, by maximum likelihood.

    Args:
        ratings: (N, items), none missing.
        factors: for each value the columns of its items; an item belongs to one value.
    """
    columns = [i for items in factors.values() for i in items]
    own = ratings[:, columns]
    if len(own) <= len(columns):
        return Fit(problem="too_few_respondents")
    if (np.ptp(own, axis=0) == 0).any():
        return Fit(problem="constant_item")
    standard = (own - own.mean(axis=0)) / own.std(axis=0)
    observed = standard.T @ standard / len(own)
    if np.linalg.matrix_rank(observed) < len(columns):
        return Fit(problem="too_few_respondents")
    model = _model(observed, [len(items) for items in factors.values()])
    result = _fitted(model)
    fit = _judged(model, result, len(own))
    return fit if result.success or fit.problem else Fit(problem="fit_failed")


@dataclass(frozen=True)
class _Model:
    """One latent variable a value, each item on its own value's, and what was observed.

    Attributes:
        observed: correlations of the items (p, p).
        log_det: log of their determinant.
        factor: the latent variable of each item (p,).
        pairs: the two latent variables of each covariance, as two arrays of indices.
        start: parameters: p loadings, p residual variances, latent covariances.
    """

    observed: FloatArray
    log_det: float
    factor: IntArray
    pairs: tuple[IntArray, IntArray]
    start: FloatArray

    def matrices(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return loadings (p, k), latent covariances (k, k) and residual variances (p,)."""
        p, k = len(self.factor), int(self.factor[-1]) + 1
        loadings, latent = np.zeros((p, k)), np.eye(k)
        loadings[np.arange(p), self.factor] = parameters[:p]
        latent[self.pairs] = latent[self.pairs[::-1]] = parameters[2 * p :]
        return loadings, latent, parameters[p : 2 * p]

    def implied(self, parameters: FloatArray) -> FloatArray:
        """Return the covariances of the items (p, p) under the model."""
        loadings, latent, residual = self.matrices(parameters)
        return loadings @ latent @ loadings.T + np.diag(residual)

    def discrepancy(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """Return log det Σ - log det S + tr SΣ⁻¹ - p, and its gradient; infinite where Σ is no covariance."""
        loadings, latent, _ = self.matrices(parameters)
        factor, problem = dpotrf(self.implied(parameters))
        if problem:
            return np.inf, np.full(parameters.shape, np.inf)
        log_det = 2 * np.log(factor.diagonal()).sum()
        half = dpotri(factor)[0]
        inverse = half + half.T - np.diag(half.diagonal())
        product = inverse @ self.observed
        size = log_det - self.log_det + product.trace() - len(product)
        slope = inverse - product @ inverse
        along = slope @ loadings
        gradient = np.concatenate([
            2 * (along @ latent)[np.arange(len(slope)), self.factor], slope.diagonal(),
            2 * (loadings.T @ along)[self.pairs],
        ])  # fmt: skip
        return (float(size) if size >= 0 else np.inf), gradient


def _model(observed: FloatArray, sizes: Sequence[int]) -> _Model:
    """Return the model of items that stand in the order of their values, so many a value.

    It starts from the items' first principal component: at loadings of 0 the gradient is 0 too.
    """
    ends = np.cumsum(sizes)
    loadings = [_start(observed[e - n : e, e - n : e]) for e, n in zip(ends, sizes, strict=True)]
    first, second = np.triu_indices(len(sizes), k=1)
    parts = [*loadings, np.full(len(observed), 0.5), np.zeros(len(first))]
    log_det = float(np.linalg.slogdet(observed)[1])
    factor = np.repeat(np.arange(len(sizes)), sizes)
    return _Model(observed, log_det, factor, (first, second), np.concatenate(parts))


def _start(observed: FloatArray) -> FloatArray:
    """Return starting loadings of one value's items from their correlations."""
    roots, vectors = np.linalg.eigh(observed)
    first = vectors[:, -1] * (1 if vectors[:, -1].sum() >= 0 else -1)
    return np.asarray(0.8 * np.sqrt(roots[-1]) * first, dtype=np.float64)


def _fitted(model: _Model) -> Any:
    """Return scipy's result; residual variances are not bounded, as in lavaan."""
    how: dict[str, Any] = {
        "method": "BFGS", "jac": True, "callback": _stop_far_out,
        "options": {"gtol": 1e-5, "maxiter": MOST_ITERATIONS},
    }  # fmt: skip
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return minimize(model.discrepancy, model.start, **how)


def _stop_far_out(parameters: FloatArray) -> None:
    """Stop a fit that runs to infinity: no loading below LARGEST_LOADING leaves so much variance."""
    if np.abs(parameters).max() > FARTHEST:
        raise StopIteration


def _judged(model: _Model, result: Any, respondents: int) -> Fit:
    """Return the indices of a fit, or why it is improper."""
    if not (np.isfinite(result.x).all() and np.isfinite(result.fun)):
        return Fit(problem="fit_failed")
    loadings, latent, _ = model.matrices(result.x)
    largest = float(np.abs(latent[model.pairs]).max(initial=0.0))
    if largest >= 1:
        return Fit(problem="latent_covariance", largest=largest)
    if np.abs(loadings).max() >= LARGEST_LOADING:
        return Fit(problem="no_finite_optimum", largest=largest)
    return _indices(model, result, respondents, largest)


def _indices(model: _Model, result: Any, respondents: int, largest: float) -> Fit:
    """Return the indices as lavaan defines them.

    CFI never leaves 0 to 1. The independence model has a closed form: minus the log determinant of the
    correlations. SRMR is Bentler's, the root mean square of residual correlations, diagonal included
    (Hu & Bentler 1999).
    """
    p = len(model.observed)
    free, apart = p * (p + 1) // 2 - len(result.x), p * (p - 1) // 2
    chi2, independent = respondents * result.fun, -respondents * model.log_det
    excess, most = max(chi2 - free, 0.0), max(chi2 - free, independent - apart, 0.0)
    residual = (model.observed - model.implied(result.x))[np.tril_indices(p)]
    return Fit(
        cfi=1 - excess / most if most > 0 else 1.0,
        tli=float((independent / apart - chi2 / free) / (independent / apart - 1)),
        rmsea=float(np.sqrt(excess / (free * respondents))),
        srmr=float(np.sqrt((residual**2).mean())),
        largest=largest,
    )
