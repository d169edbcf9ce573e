"""Figures without each respondent in closed form, against computing them without that respondent."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order
from holdfast.stability.variance.deleted_figures import (
    deleted_ipsative,
    deleted_ipsative_mean,
    deleted_rank_order,
    deleted_rank_order_mean,
    without_contexts,
)


@pytest.mark.parametrize("n", [5, 64, 70])
def test_equal_the_figures_computed_anew(n: int) -> None:
    rng = np.random.default_rng(n)
    scores = rng.normal(size=(2, 2, 4, n, 3)) + rng.normal(size=(n, 3))
    rank, own = deleted_rank_order(scores), deleted_ipsative(scores)
    mean = deleted_rank_order_mean(scores)
    np.testing.assert_allclose(mean[:, 0], rank.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(deleted_ipsative_mean(scores)[:, 0], own.mean(axis=1), atol=1e-12)
    for study in range(2):
        for who in (None, 0, n - 1):
            left = scores[study] if who is None else np.delete(scores[study], who, axis=2)
            at = 0 if who is None else 1 + who
            expected = rank_order(left, None).mean(axis=(0, 2))
            np.testing.assert_allclose(rank[study, :, at], expected, atol=1e-12)
            expected = ipsative(left, None).mean(axis=(0, 2))
            np.testing.assert_allclose(own[study, :, at], expected, atol=1e-12)


def test_a_context_takes_its_pairs_along() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 1, 4, 8, 2))
    found = without_contexts(deleted_rank_order(scores), 4)
    left = deleted_rank_order(np.delete(scores, 1, axis=2))
    np.testing.assert_allclose(found[2], left.mean(axis=1).T)
    assert found.shape == (5, 9, 3)
    assert np.isnan(without_contexts(deleted_rank_order(scores[:, :, :2]), 2)[1:]).all()
