"""Tests of rank-order stability."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from holdfast.stability.correlation import rank_order as module
from holdfast.stability.correlation.rank_order import rank_order, rank_order_draws
from holdfast.stability.correlation.spearman import context_pairs
from holdfast.stability.resampling.bootstrap import respondent_multiplicities


def test_equals_a_loop_over_scipy(simulate: Callable[..., Any]) -> None:
    """Every single correlation is scipy's."""
    scores = np.round(simulate(), 9)
    correlations = rank_order(scores)
    pairs = list(zip(*context_pairs(3), strict=True))
    assert correlations.shape == (2, 3, 10)
    for r, p, v in np.ndindex(correlations.shape):
        i, j = pairs[p]
        expected = spearmanr(scores[r, i, :, v], scores[r, j, :, v]).statistic
        assert correlations[r, p, v] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("missing", [False, True])
def test_draws_equal_explicitly_resampled_data(
    simulate: Callable[..., Any], missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draw equals the figures of the respondents it repeats."""
    monkeypatch.setattr(module, "DRAWS_AT_ONCE", 2)
    scores = simulate()
    if missing:
        scores[0, 1, 4] = np.nan
        scores[1, 2, 3:5, 6] = np.nan
    multiplicities = respondent_multiplicities(20, 5, seed=3)
    draws = rank_order_draws(scores, multiplicities)
    assert draws.shape == (5, 2, 3, 10)
    for draw, weights in zip(draws, multiplicities, strict=True):
        expected = rank_order(np.repeat(scores, weights, axis=2))
        np.testing.assert_allclose(draw, expected, rtol=0, atol=1e-12)


def test_order_of_respondents_does_not_matter(simulate: Callable[..., Any]) -> None:
    """Shuffled respondents give the same numbers."""
    scores = simulate()
    shuffled = scores[:, :, np.random.default_rng(1).permutation(20)]
    np.testing.assert_array_equal(rank_order(scores), rank_order(shuffled))


def test_missing_answers_touch_only_their_pairs(simulate: Callable[..., Any]) -> None:
    """One empty context leaves the pair of the others."""
    scores = simulate()
    before = rank_order(scores)
    scores[0, 2, :, 3] = np.nan
    changed = np.isnan(rank_order(scores)) != np.isnan(before)
    assert np.argwhere(changed).tolist() == [[0, 1, 3], [0, 2, 3]]
    np.testing.assert_allclose(rank_order(scores)[~changed], before[~changed], atol=1e-12)
