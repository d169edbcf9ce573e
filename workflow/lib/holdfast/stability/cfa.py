"""Confirmatory factor analysis of the four higher-order values, by semopy, behind a guard (methods 7.4)."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from holdfast.stability.correlate import FloatArray

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
    model = _model(pd.DataFrame(standard, columns=[_item(i) for i in columns]), factors)
    converged = _fit(model)
    fit = _judged(model, len(own))
    return fit if converged or fit.problem else Fit(problem="fit_failed")


def _item(column: int) -> str:
    return f"x{column}"


def description(factors: Mapping[str, Sequence[int]]) -> str:
    """Return the model in semopy's language; every loading has a name, so that none is fixed.

    Covariances of the latent variables, which semopy would add by itself, are named too: it adds them in
    the order of a set of names, which is another one in every process.
    """
    lines = []
    for number, items in enumerate(factors.values()):
        loadings = " + ".join(f"l{i}*{_item(i)}" for i in items)
        lines += [f"f{number} =~ {loadings}", f"f{number} ~~ 1*f{number}"]
        lines += [f"{_item(i)} ~~ t{i}*{_item(i)}" for i in items]
    lines += [f"f{a} ~~ f{b}" for a, b in combinations(range(len(factors)), 2)]
    return "\n".join(lines)


def _model(data: pd.DataFrame, factors: Mapping[str, Sequence[int]]) -> Any:
    """Return the semopy model with its data and start.

    Residual variances are not bounded, as in lavaan. semopy's own start has all loadings at 0, where
    the gradient is 0 too; here they start from the items' first principal component.
    """
    from semopy import Model

    level = logging.root.manager.disable
    logging.disable(logging.WARNING)  # that no loading is fixed, which is meant
    model = Model(description(factors))
    logging.disable(level)
    for items in factors.values():
        for item, loading in zip(items, _start(data[[_item(i) for i in items]]), strict=True):
            model.parameters[f"l{item}"].start = loading
            model.parameters[f"t{item}"].start = 0.5
    for parameter in model.parameters.values():
        parameter.bound = (None, None)
    model.load(data)
    return model


def _fit(model: Any) -> bool:
    """Fit a model in place, and tell whether a maximum was found."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)  # what semopy would log of a failure is told by the result
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            options = {"gtol": 1e-5, "maxiter": MOST_ITERATIONS}
            result = model.fit(obj="MLW", solver="BFGS", options=options, callback=_stop_far_out)
    except (np.linalg.LinAlgError, ValueError, FloatingPointError):
        return False
    finally:
        logging.disable(level)
    return bool(result.success and np.isfinite(result.fun))


def _stop_far_out(parameters: FloatArray) -> None:
    """Stop a fit that runs to infinity: no loading below LARGEST_LOADING leaves so much variance."""
    if np.abs(parameters).max() > FARTHEST:
        raise StopIteration


def _start(data: pd.DataFrame) -> list[float]:
    """Return starting loadings of one value's standardised items."""
    roots, vectors = np.linalg.eigh(data.to_numpy().T @ data.to_numpy() / len(data))
    first = vectors[:, -1] * (1 if vectors[:, -1].sum() >= 0 else -1)
    return [float(x) for x in 0.8 * np.sqrt(roots[-1]) * first]


def _judged(model: Any, respondents: int) -> Fit:
    """Return the indices of a fit, or why it is improper."""
    latent = model.mx_psi
    if not (np.isfinite(latent).all() and np.isfinite(model.mx_lambda).all()):
        return Fit(problem="fit_failed")
    largest = float(np.abs(latent[np.tril_indices_from(latent, -1)]).max(initial=0.0))
    if largest >= 1:
        return Fit(problem="latent_covariance", largest=largest)
    if np.abs(model.mx_lambda).max() >= LARGEST_LOADING:
        return Fit(problem="no_finite_optimum", largest=largest)
    return _indices(model, respondents, largest)


def _indices(model: Any, respondents: int, largest: float) -> Fit:
    """Return the indices, χ² and degrees of freedom from semopy, as lavaan defines them.

    CFI never leaves 0 to 1. The independence model has a closed form: minus the log determinant of the
    correlations. RMSEA divides by N, where semopy divides by N - 1. SRMR is Bentler's, the root mean
    square of residual correlations, diagonal included (Hu & Bentler 1999).
    """
    from semopy import stats

    observed, p = model.mx_cov, len(model.mx_cov)
    free, apart = int(stats.calc_dof(model)), p * (p - 1) // 2
    chi2 = float(stats.calc_chi2(model, free)[0])
    independent = -respondents * float(np.linalg.slogdet(observed)[1])
    excess, most = max(chi2 - free, 0.0), max(chi2 - free, independent - apart, 0.0)
    rmsea = float(stats.calc_rmsea(model, chi2, free)) * np.sqrt((respondents - 1) / respondents)
    residual = (observed - model.calc_sigma()[0])[np.tril_indices(p)]
    return Fit(
        cfi=1 - excess / most if most > 0 else 1.0,
        tli=float(stats.calc_tli(model, free, chi2, apart, independent)),
        rmsea=float(rmsea),
        srmr=float(np.sqrt((residual**2).mean())),
        largest=largest,
    )
