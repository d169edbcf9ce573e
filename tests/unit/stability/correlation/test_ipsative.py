"""Tests of ipsative stability."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.spearman import context_pairs


def test_equals_a_loop_over_scipy(simulate: Callable[..., Any]) -> None:
    """Every single correlation is scipy's."""
    scores = np.round(simulate(), 9)
    correlations = ipsative(scores)
    pairs = list(zip(*context_pairs(3), strict=True))
    assert correlations.shape == (2, 3, 20)
    for r, p, n in np.ndindex(correlations.shape):
        i, j = pairs[p]
        expected = spearmanr(scores[r, i, n], scores[r, j, n]).statistic
        assert correlations[r, p, n] == pytest.approx(expected, abs=1e-12)


def test_centring_changes_nothing(simulate: Callable[..., Any]) -> None:
    """A respondent's own mean does not matter."""
    scores = simulate()
    shift = np.random.default_rng(2).integers(-3, 4, size=(*scores.shape[:3], 1))
    np.testing.assert_array_equal(ipsative(scores), ipsative(scores + shift))


def test_order_of_values_does_not_matter(simulate: Callable[..., Any]) -> None:
    """Profiles have no order."""
    scores = simulate()
    np.testing.assert_array_equal(ipsative(scores), ipsative(scores[..., ::-1]))


def test_unanswered_administration_is_undefined(simulate: Callable[..., Any]) -> None:
    """It leaves the other pairs of that respondent alone."""
    scores = simulate()
    scores[1, 0, 7] = np.nan
    undefined = np.argwhere(np.isnan(ipsative(scores))).tolist()
    assert undefined == [[1, 0, 7], [1, 1, 7]]
