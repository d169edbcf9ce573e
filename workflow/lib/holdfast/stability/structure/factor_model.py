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
            u, v, of_means = (d[free >= 0] for d in self._derivatives(own))
            inverse, apart = np.linalg.inv(own.covariance()), sample.means - own.means()
            inner = inverse - inverse @ (sample.covariance + np.outer(apart, apart)) @ inverse
            gradient[places] += (
                sample.share * 2 * ((u @ inner * v).sum(axis=1) - of_means @ inverse @ apart)
            )
            uu, uv, vv = u @ inverse @ u.T, u @ inverse @ v.T, v @ inverse @ v.T
            expected = 2 * (uv * uv.T + uu * vv + of_means @ inverse @ of_means.T)
            second[np.ix_(places, places)] += sample.share * expected
        return gradient, second

    def _derivatives(self, own: Matrices) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return u and v, where uv' + vu' is a parameter's derivative of Σ, and the derivative of μ.

        Each is (parameters, p), of one group. So tr(Σ⁻¹DΣ⁻¹E), which the information is made of, takes products
        of vectors alone: for D = uv' + vu' and E = xy' + yx' it is 2 (v'Σ⁻¹x u'Σ⁻¹y + u'Σ⁻¹x v'Σ⁻¹y).
        """
        p, k = own.loadings.shape
        first, second = np.triu_indices(k)
        of_one, latent, none = np.eye(p), own.loadings.T, np.zeros((p + k, p))
        half = np.where(first == second, 0.5, 1.0)[:, None]
        u = np.concatenate([of_one, of_one, latent[first], none])
        v = np.concatenate([
            (own.loadings @ own.latent)[:, self.factor].T, of_one / 2, half * latent[second], none
        ])  # fmt: skip
        of_means = np.concatenate([
            of_one * own.latent_means[self.factor], np.zeros((p + len(first), p)), of_one, latent
        ])  # fmt: skip
        return u, v, of_means
