"""Distinctive profile stability against a plain loop, and what it is for."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import spearmanr

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.spearman import pairwise_spearman
from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.profiles.distinctive import distinctive, pairwise_profiles


def test_equals_a_plain_loop() -> None:
    scores = np.round(np.random.default_rng(0).normal(size=(2, 3, 15, 10)), 1)
    left = scores - scores.mean(axis=2, keepdims=True)
    expected = [
        spearmanr(np.round(left[r, a, n], 9), np.round(left[r, b, n], 9))[0]
        for r in range(2) for a, b in combinations(range(3), 2) for n in range(15)
    ]  # fmt: skip
    figure = distinctive(Sample(scores), np.ones((1, 15)))[0]
    assert figure.mean[0] == pytest.approx(np.mean(expected), abs=1e-12)


def test_a_shared_profile_is_no_stability() -> None:
    """All respondents share a profile and have nothing of their own: plain ipsative is high."""
    rng = np.random.default_rng(1)
    scores = np.arange(10) + rng.normal(size=(1, 3, 200, 10))
    assert ipsative(scores).mean() > 0.8
    figure = distinctive(Sample(scores), np.ones((1, 200)))[0]
    assert abs(figure.mean[0]) < 0.03


def test_comparisons_rank_as_sorting_does() -> None:
    profiles = np.random.default_rng(2).integers(0, 4, size=(50, 4, 10)) / 3
    np.testing.assert_allclose(pairwise_profiles(profiles), pairwise_spearman(profiles), atol=1e-12)
