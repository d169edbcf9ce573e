"""Factor models of one or several groups: the likelihood of their parameters, its gradient and information.

In group g the items have covariances Σ = ΛΦΛ' + Θ and means μ = ν + Λα. An item loads on one latent
variable. A parameter is free, fixed, or the same in several groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from holdfast.stability.correlation.spearman import FloatArray, IntArray


@dataclass(frozen=True)
class Sample:
    """What was observed in one group.

    Attributes:
        covariance: of the items (p, p), divided by N.
        means: of the items (p,).
        share: of all respondents.
    """

    covariance: FloatArray
    means: FloatArray
    share: float = 1.0

    @cached_property
    def log_det(self) -> float:
        """Return the log determinant of the covariance matrix."""
        return float(np.linalg.slogdet(self.covariance)[1])


@dataclass(frozen=True)
class Matrices:
    """Parameters of one group: Λ (p, k), Θ (p,), Φ (k, k), ν (p,) and α (k,)."""

    loadings: FloatArray
    residual: FloatArray
    latent: FloatArray
    intercepts: FloatArray
    latent_means: FloatArray

    def covariance(self) -> FloatArray:
        """Return Σ (p, p)."""
        found: FloatArray = self.loadings @ self.latent @ self.loadings.T
        found.flat[:: len(found) + 1] += self.residual
        return found

    def means(self) -> FloatArray:
        """Return μ (p,)."""
        return self.intercepts + self.loadings @ self.latent_means


@dataclass(frozen=True)
class FactorModel:
    """Which parameters are free, and which are the same.

    The parameters of a group stand in the order of `Matrices`: p loadings, p residual variances,
    k (k + 1)/2 latent covariances (the upper triangle by rows), p intercepts, k latent means.

    Attributes:
        factor: the latent variable of each item (p,).
        free: for each group and parameter its place among the free ones; -1: fixed (groups, parameters).
        fixed: values of the fixed ones, same shape.
    """

    factor: IntArray
    free: IntArray
    fixed: FloatArray

    def matrices(self, parameters: FloatArray) -> list[Matrices]:
        """Return the matrices of each group for the free parameters."""
        p, (square, items), found = len(self.factor), self._places, []
        k = len(square)
        end = 2 * p + k * (k + 1) // 2
        for whole in np.where(self.free >= 0, parameters[self.free], self.fixed):
            loadings = np.zeros((p, k))
            loadings.flat[items] = whole[:p]
            latent, intercepts = whole[2 * p : end][square], whole[end : end + p]
            found.append(Matrices(loadings, whole[p : 2 * p], latent, intercepts, whole[end + p :]))
        return found

    @cached_property
    def _places(self) -> tuple[IntArray, IntArray]:
        """Return which latent covariance stands where (k, k), and each item's place among p × k loadings."""
        k = int(self.factor.max()) + 1
        square = np.zeros((k, k), dtype=np.int64)
        upper = np.triu_indices(k)
        square[upper] = square[upper[::-1]] = np.arange(len(upper[0]))
        return square, np.arange(len(self.factor)) * k + self.factor

    def size(self, parameters: FloatArray, samples: Sequence[Sample]) -> float:
        """Return the discrepancy, the mean of groups by share; infinite where a Σ is no covariance.

        A group's is log det Σ - log det S + tr SΣ⁻¹ - p + (m - μ)'Σ⁻¹(m - μ).
        """
        found = 0.0
        for own, sample in zip(self.matrices(parameters), samples, strict=True):
            root, problem = dpotrf(own.covariance())
            if problem:
                return float("inf")
            apart = sample.means - own.means()
            around = sample.covariance + apart[:, None] * apart
            trace = dpotrs(root, around)[0].trace()
            log_det = 2 * np.log(root.diagonal()).sum() - sample.log_det
            found += sample.share * float(log_det + trace - len(apart))
        return found

    def slope(
        self, parameters: FloatArray, samples: Sequence[Sample]
    ) -> tuple[FloatArray, FloatArray]:
        """Return the gradient of the discrepancy and its expected second derivatives."""
        gradient, second = np.zeros(len(parameters)), np.zeros((len(parameters),) * 2)
        for own, sample, free in zip(self.matrices(parameters), samples, self.free, strict=True):
            places = free[free >= 0]
            of_covariance, of_means = (d[free >= 0] for d in self._derivatives(own))
            inverse, apart = np.linalg.inv(own.covariance()), sample.means - own.means()
            inner = inverse - inverse @ (sample.covariance + np.outer(apart, apart)) @ inverse
            flat = of_covariance.reshape(len(places), -1)
            gradient[places] += sample.share * (
                flat @ inner.ravel() - 2 * of_means @ inverse @ apart
            )
            turned = (inverse @ of_covariance @ inverse).reshape(flat.shape)
            expected = flat @ turned.T + 2 * of_means @ inverse @ of_means.T
            second[np.ix_(places, places)] += sample.share * expected
        return gradient, second

    def _derivatives(self, own: Matrices) -> tuple[FloatArray, FloatArray]:
        """Return the derivatives of Σ (parameters, p, p) and μ (parameters, p) of one group."""
        p, k = own.loadings.shape
        items, first, second = np.arange(p), *np.triu_indices(k)
        crossed = own.loadings.T[first][:, :, None] * own.loadings.T[second][:, None]
        latent = 2 * p + np.arange(len(first))
        of_covariance = np.zeros((self.free.shape[1], p, p))
        of_covariance[items, items] = (own.loadings @ own.latent)[:, self.factor].T
        of_covariance[items] += of_covariance[items].transpose(0, 2, 1)
        of_covariance[p + items, items, items] = 1
        of_covariance[latent] = np.where(
            (first == second)[:, None, None], crossed, crossed + crossed.transpose(0, 2, 1)
        )
        of_means = np.zeros((self.free.shape[1], p))
        of_means[items, items] = own.latent_means[self.factor]
        of_means[latent[-1] + 1 + items, items] = 1
        of_means[-k:] = own.loadings.T
        return of_covariance, of_means
