"""Measurement invariance over contexts: factor models of several groups with equal parameters (methods 7.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import nan, sqrt

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.structure.cfa import (
    NOTHING,
    RESPONDENTS_AN_ITEM,
    SINGULAR,
    Problem,
    principal,
)
from holdfast.stability.structure.factor_model import FactorModel, Matrices, Sample
from holdfast.stability.structure.fisher_scoring import Optimum, fit

LEVELS = ("configural", "metric", "scalar")
"""The same items on the same latent variables; and the same loadings; and the same intercepts."""

LOWEST_CFI = 0.9
"""Below it not even the configural model describes the answers."""

LARGEST_FALL = 0.01
"""Of the CFI from one level to the next (Cheung & Rensvold 2002)."""

LARGEST_RISE = 0.015
"""Of the RMSEA (Chen 2007)."""


@dataclass(frozen=True)
class Invariance:
    """Indices of the models of LEVELS.

    Attributes:
        cfi: of each level, NaN without a solution.
        rmsea: likewise.
        proper: how many levels have a proper solution, from the first one on.
        problem: why the next one has none; empty: all have one.
    """

    cfi: Sequence[float] = (nan, nan, nan)
    rmsea: Sequence[float] = (nan, nan, nan)
    proper: int = 0
    problem: Problem = ""

    def level(self) -> int:
        """Return how many of LEVELS hold; a level holds only with those before it."""
        held = int(self.proper > 0 and self.cfi[0] >= LOWEST_CFI)
        for i in range(1, self.proper):
            fall, rise = self.cfi[i - 1] - self.cfi[i], self.rmsea[i] - self.rmsea[i - 1]
            held += int(held == i and fall <= LARGEST_FALL and rise <= LARGEST_RISE)
        return held


def invariance(ratings: FloatArray, sizes: Sequence[int]) -> Invariance:
    """Fit the models of LEVELS by maximum likelihood, contexts as groups.

    The groups are the same respondents. The discrepancy takes them as independent, so its χ² is no test;
    the indices compare how well the levels describe the covariances and means.

    Args:
        ratings: (C, N, items), none missing, items in the order of their values.
        sizes: how many items each value has.
    """
    groups, respondents, p = ratings.shape
    if respondents < RESPONDENTS_AN_ITEM * p:
        return Invariance(problem="too_few_respondents")
    spread = np.sqrt(ratings.var(axis=1).mean(axis=0))
    if (np.ptp(ratings, axis=1) == 0).any():
        return Invariance(problem="constant_item")
    samples = [_sample((x - ratings.mean(axis=(0, 1))) / spread, 1 / groups) for x in ratings]
    if min(np.linalg.eigvalsh(s.covariance)[0] for s in samples) < SINGULAR:
        return Invariance(problem="collinear_items")
    factor, ends = np.repeat(np.arange(len(sizes)), sizes), np.cumsum(sizes)
    mean = np.mean([s.covariance for s in samples], axis=0)
    loadings = [principal(mean[e - n : e, e - n : e]) for e, n in zip(ends, sizes, strict=True)]
    start = _start(np.concatenate(loadings), samples, len(sizes))
    cfi, rmsea, problems = [nan] * 3, [nan] * 3, list[Problem]()
    for level in range(3):
        model, keys = _model(level, factor, groups)
        found = fit(model, samples, np.array([start[g, i] for g, i in keys]))
        problems.append(_improper(model, found))
        if problems[-1] == "fit_failed":
            break
        cfi[level], rmsea[level] = _indices(found, samples, groups * respondents)
        start = np.where(model.free >= 0, found.parameters[model.free], model.fixed)
    proper = next((i for i, p in enumerate(problems) if p), 3)
    return Invariance(cfi, rmsea, proper, problems[proper] if proper < 3 else "")


def _sample(x: FloatArray, share: float) -> Sample:
    return Sample(np.cov(x.T, bias=True), x.mean(axis=0), share)


def _start(loadings: FloatArray, samples: Sequence[Sample], k: int) -> FloatArray:
    """Return parameters (groups, parameters) to start from, in the order of `FactorModel`."""
    first, second = np.triu_indices(k)
    latent = np.where(first == second, 1.0, 0.5)
    own = [
        np.concatenate([
            loadings, np.maximum(s.covariance.diagonal() - loadings**2, 0.2), latent, s.means, np.zeros(k)
        ])
        for s in samples
    ]  # fmt: skip
    return np.array(own)


def _model(level: int, factor: IntArray, groups: int) -> tuple[FactorModel, list[tuple[int, int]]]:
    """Return the model of a level, and for each free parameter a group and place where it stands.

    Latent variances are 1 and latent means 0 in the first group; in the others they are free as soon as the
    loadings, and the intercepts, are the same.
    """
    p, k = len(factor), int(factor.max()) + 1
    first, second = np.triu_indices(k)
    kinds = ["loading"] * p + ["residual"] * p
    kinds += ["variance" if a == b else "covariance" for a, b in zip(first, second, strict=True)]
    kinds += ["intercept"] * p + ["mean"] * k
    free, fixed = np.full((groups, len(kinds)), -1), np.zeros((groups, len(kinds)))
    shared = {"loading": level >= 1, "intercept": level >= 2}
    known = {"variance": level < 1, "mean": level < 2}
    numbers, keys = count(), []
    for g, i in np.ndindex(free.shape):
        kind = kinds[i]
        if kind in known and (g == 0 or known[kind]):
            fixed[g, i] = kind == "variance"
        elif g and shared.get(kind):
            free[g, i] = free[0, i]
        else:
            free[g, i] = next(numbers)
            keys.append((g, i))
    return FactorModel(factor, free, fixed), keys


def _improper(model: FactorModel, found: Optimum) -> Problem:
    """Return why a solution is improper; empty if it is not."""
    if not found.converged:
        return "fit_failed"
    groups: list[Matrices] = model.matrices(found.parameters)
    if min(np.linalg.eigvalsh(own.latent)[0] for own in groups) <= 0:
        return "latent_covariance"
    return "negative_variance" if min(own.residual.min() for own in groups) < -NOTHING else ""


def _indices(found: Optimum, samples: Sequence[Sample], answers: int) -> tuple[float, float]:
    """Return CFI and RMSEA as lavaan defines them for several groups.

    The model to compare with has independent items, whose means and variances are free in each group.
    """
    p, groups = len(samples[0].means), len(samples)
    free = groups * (p * (p + 1) // 2 + p) - len(found.parameters)
    apart, chi2, independent = groups * p * (p - 1) // 2, answers * found.size, 0.0
    for s in samples:
        log_det = float(np.linalg.slogdet(s.covariance)[1])
        independent += s.share * answers * (float(np.log(s.covariance.diagonal()).sum()) - log_det)
    excess, most = max(chi2 - free, 0.0), max(chi2 - free, independent - apart, 0.0)
    cfi = 1 - excess / most if most > 0 else 1.0
    return cfi, sqrt(groups * excess / (free * answers))
