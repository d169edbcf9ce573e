"""Rank-order stability under corrections: each leaves out the response set that it is for."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.stability.correlation.rank_order import rank_order
from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.profiles.response_sets import without_sets

N, KEY = 300, [[0, 1], [2, 3, 4], [5], [6, 7]]


def pooled(ratings: np.ndarray) -> dict[str, float]:
    sample = Sample(np.empty((*ratings.shape[:3], 4)), "zero", ratings, KEY)
    figures = without_sets(sample, np.ones((1, ratings.shape[2])))
    return {f.quantity: f.mean[0] for f in figures if f.level == "pooled"}


def test_equals_rank_order_of_scores_made_by_hand() -> None:
    ratings = np.random.default_rng(0).normal(size=(2, 3, 20, 8)) + np.arange(20)[:, None] / 5
    raw = np.stack([ratings[..., k].mean(axis=-1) for k in KEY], axis=-1)
    level = ratings.mean(axis=-1, keepdims=True)
    spread = ratings.std(axis=-1, keepdims=True)
    found = pooled(ratings)
    assert found["rank_order_raw"] == pytest.approx(rank_order(raw).mean())
    assert found["rank_order_ipsatised"] == pytest.approx(rank_order(raw - level).mean())
    standardised = rank_order((raw - level) / spread).mean()
    assert found["rank_order_standardised"] == pytest.approx(standardised)


def test_stable_acquiescence_without_stable_values_is_in_the_raw_figure_alone() -> None:
    rng = np.random.default_rng(1)
    found = pooled(4 + rng.normal(size=(N, 1)) + 0.5 * rng.normal(size=(1, 3, N, 8)))
    assert found["rank_order_raw"] > 0.7
    assert abs(found["rank_order_ipsatised"]) < 0.1
    assert abs(found["rank_order_standardised"]) < 0.1


def test_stable_extremity_of_one_shared_profile_vanishes_when_standardised() -> None:
    """All share a profile and differ in how far they go from the middle, always by the same factor."""
    rng = np.random.default_rng(2)
    shared = np.repeat([1.0, -1.0, 0.5, -0.5], [2, 3, 1, 2])
    stretch = rng.uniform(0.5, 2, size=(N, 1))
    found = pooled(4 + stretch * (shared + 0.2 * rng.normal(size=(1, 3, N, 8))))
    assert found["rank_order_ipsatised"] > 0.5
    assert abs(found["rank_order_standardised"]) < 0.1


def test_equal_ratings_have_no_standardised_scores() -> None:
    ratings = np.random.default_rng(3).normal(size=(1, 2, 12, 8))
    level = ratings.copy()
    level[:, :, :2] = 3.0
    found, alone = pooled(level), pooled(ratings[:, :, 2:])
    assert found["rank_order_standardised"] == pytest.approx(alone["rank_order_standardised"])
