"""The likelihood of a factor model of two groups: its slope by differences, its information by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal

from holdfast.stability.structure.factor_model import FactorModel, Sample

FACTOR = np.array([0, 0, 0, 1, 1])
SIZE = 5 + 5 + 3 + 5 + 2
"""Parameters of a group: loadings, residual variances, latent covariances, intercepts, latent means."""


def two_groups() -> tuple[FactorModel, np.ndarray]:
    """Return a model with the same loadings in both groups and all else free, and parameters."""
    random = np.random.default_rng(0)
    own = np.arange(SIZE)
    free = np.stack([own, np.where(own < 5, own, own + SIZE - 5)])
    model = FactorModel(FACTOR, free, np.zeros(free.shape))
    at = np.concatenate(
        [
            np.full(5, 0.8),
            *(
                np.concatenate([np.full(5, 0.5), [1.0, 0.4, 1.2], random.normal(size=7)])
                for _ in range(2)
            ),
        ]
    )
    return model, at


def observed(respondents: int, seed: int) -> tuple[list[np.ndarray], list[Sample]]:
    """Return ratings (N, 5) of two groups, and what is observed of them."""
    random = np.random.default_rng(seed)
    groups = [
        random.normal(size=(n, 5)) @ random.normal(size=(5, 5))
        for n in (respondents, 2 * respondents)
    ]
    shares = (1 / 3, 2 / 3)
    return groups, [
        Sample(np.cov(x.T, bias=True), x.mean(axis=0), s)
        for x, s in zip(groups, shares, strict=True)
    ]


def test_the_discrepancy_is_that_of_the_normal_likelihood() -> None:
    model, at = two_groups()
    groups, samples = observed(30, 1)
    likelihood = saturated = 0.0
    for x, own, sample in zip(groups, model.matrices(at), samples, strict=True):
        likelihood += multivariate_normal(own.means(), own.covariance()).logpdf(x).sum()
        saturated += multivariate_normal(sample.means, sample.covariance).logpdf(x).sum()
    assert model.size(at, samples) == pytest.approx(2 * (saturated - likelihood) / 90)


def test_the_slope_is_that_of_differences() -> None:
    model, at = two_groups()
    _, samples = observed(30, 2)
    differences = approx_fprime(at, lambda x: model.size(x, samples), 1e-7)
    assert model.slope(at, samples)[0] == pytest.approx(differences, rel=1e-4, abs=1e-4)


def test_the_information_is_the_second_derivative_where_the_model_holds() -> None:
    model, at = two_groups()
    shares = (1 / 3, 2 / 3)
    samples = [
        Sample(own.covariance(), own.means(), s)
        for own, s in zip(model.matrices(at), shares, strict=True)
    ]
    gradient, second = model.slope(at, samples)
    assert gradient == pytest.approx(np.zeros(len(at)), abs=1e-12)
    steps = 1e-5 * np.eye(len(at))
    differences = [
        (model.slope(at + s, samples)[0] - model.slope(at - s, samples)[0]) / 2e-5 for s in steps
    ]
    assert second == pytest.approx(np.array(differences), abs=1e-6)


def test_what_is_no_covariance_has_no_likelihood() -> None:
    model, at = two_groups()
    at[5:10] = -3
    assert model.size(at, observed(30, 3)[1]) == np.inf
