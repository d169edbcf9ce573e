"""Spearman without its small-sample bias: the published formula, plain sums, and a known truth."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from holdfast.stability.correlation.rank_order import rank_order
from holdfast.stability.correlation.unbiased_spearman import (
    rank_order_unbiased,
    unbiased_spearman_draws,
)

PAIR = np.ones((20, 1))


def test_is_hoeffdings_formula_without_ties() -> None:
    scores = np.random.default_rng(0).normal(size=(2, 3, 20, 4))
    found = rank_order_unbiased(scores, np.ones((1, 20)))[0]
    for r, v in np.ndindex(2, 4):
        for p, (a, b) in enumerate(combinations(range(3), 2)):
            x, y = scores[r, a, :, v], scores[r, b, :, v]
            rho, tau = spearmanr(x, y)[0], kendalltau(x, y)[0]
            assert found[r, p, v] == pytest.approx((21 * rho - 3 * tau) / 18, abs=1e-12)


def test_equals_plain_sums_over_different_respondents_with_ties() -> None:
    x, y = np.random.default_rng(1).integers(1, 4, size=(2, 9)).astype(float)

    def triples(a: np.ndarray, b: np.ndarray) -> float:
        some = permutations(range(9), 3)
        return float(sum(np.sign(a[i] - a[j]) * np.sign(b[i] - b[k]) for i, j, k in some))

    expected = triples(x, y) / np.sqrt(triples(x, x) * triples(y, y))
    found = unbiased_spearman_draws(np.stack([x, y]), np.ones((9, 1)))
    assert found[0, 0] == pytest.approx(expected, abs=1e-12)


def test_expects_the_truth_where_spearman_falls_short() -> None:
    """Normal scores of r = .75 have ρ = 6/π asin(.375) = .734; with 20 respondents r expects .706."""
    rng, r = np.random.default_rng(2), 0.75
    x = rng.normal(size=(20_000, 20))
    y = r * x + np.sqrt(1 - r**2) * rng.normal(size=x.shape)
    scores = np.stack([x, y], axis=0).transpose(0, 2, 1)[None]  # (1, 2, 20, 20,000)
    truth = 6 / np.pi * np.arcsin(r / 2)
    found = rank_order_unbiased(scores, np.ones((1, 20)))
    assert truth == pytest.approx(0.734, abs=5e-4)
    assert rank_order(scores).mean() == pytest.approx(0.706, abs=0.003)
    assert found.mean() == pytest.approx(truth, abs=4 * found.std() / np.sqrt(20_000))


def test_identical_columns_correlate_at_one_and_constant_ones_not_at_all() -> None:
    x = np.random.default_rng(3).integers(1, 4, size=20).astype(float)
    found = unbiased_spearman_draws(np.stack([x, x, -x, np.ones(20)]), PAIR)[:, 0]
    np.testing.assert_array_equal(found[[0, 1, 3]], [1, -1, -1])
    assert np.isnan(found[[2, 4, 5]]).all()


def test_missing_scores_are_left_out_pairwise() -> None:
    x, y, z = np.random.default_rng(4).normal(size=(3, 20))
    missing = y.copy()
    missing[[2, 11]] = np.nan
    kept = ~np.isnan(missing)
    found = unbiased_spearman_draws(np.stack([x, missing, z]), PAIR)[:, 0]
    alone = unbiased_spearman_draws(np.stack([x[kept], y[kept]]), np.ones((18, 1)))
    whole = unbiased_spearman_draws(np.stack([x, z]), PAIR)
    assert found[0] == pytest.approx(alone[0, 0]) and found[1] == pytest.approx(whole[0, 0])


def test_fewer_than_three_respondents_have_none() -> None:
    assert np.isnan(unbiased_spearman_draws(np.array([[1.0, 2], [2, 1]]), np.ones((2, 1)))).all()
