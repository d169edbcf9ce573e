"""Internal consistency against the original's figures, worked numbers and known truths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.measures.internal_consistency import alpha, consistency, covariances, omega


def test_golden_alpha(golden: dict[str, Any], pvq_key: dict[str, list[int]]) -> None:
    """Each context and value, to 1e-9."""
    answers = [[list(map(float, row)) for row in golden["ratings"][c]] for c in golden["contexts"]]
    key = [[i - 1 for i in items] for items in pvq_key.values()]
    data = Sample(golden["scores"], "zero", np.array(answers)[None], key)
    figures = consistency(data, np.ones((1, data.scores.shape[2])))
    found = next(f.mean[0] for f in figures
                 if (f.quantity, f.level) == ("cronbach_alpha_centred", "context_value"))  # fmt: skip
    expected = [golden["cronbach_alpha_centred"][c] for c in golden["contexts"]]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_known_covariances() -> None:
    """Equal loadings: α = ω = k² λ² / (k² λ² + k ψ). Unequal: ω alone is right, α is lower."""
    equal = 0.5 * np.ones((4, 4)) + 0.5 * np.eye(4)
    assert alpha(equal) == pytest.approx(16 * 0.5 / (16 * 0.5 + 4 * 0.5))
    assert omega(equal) == pytest.approx(alpha(equal))
    loadings = np.array([0.9, 0.5, 0.3, 0.7])
    unequal = np.outer(loadings, loadings)
    np.fill_diagonal(unequal, 1.0)
    assert omega(unequal) == pytest.approx(loadings.sum() ** 2 / unequal.sum())
    assert alpha(unequal) < omega(unequal)


def test_covariances_are_numpys() -> None:
    ratings = np.random.default_rng(0).normal(size=(2, 3, 20, 6)) + 3
    found = covariances(ratings, [5, 0, 2], np.ones((1, 20)))
    np.testing.assert_allclose(found[:, :, 0, 1, 2], np.cov(ratings[1, 2][:, [5, 0, 2]].T))


def test_recovers_the_truth() -> None:
    rng = np.random.default_rng(1)
    loadings = np.array([0.9, 0.5, 0.6, 0.7])
    factor = rng.normal(size=(1, 1, 50_000, 1))
    noise = rng.normal(size=(1, 1, 50_000, 4)) * np.sqrt(1 - loadings**2)
    cov = covariances(factor * loadings + noise, range(4), np.ones((1, 50_000)))
    true = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    assert omega(cov).item() == pytest.approx(true, abs=0.01)


def test_one_or_two_items() -> None:
    assert np.isnan(alpha(np.ones((1, 1))))
    assert np.isnan(omega(np.ones((2, 2))))
