"""Tests of the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.stability.resampling import bootstrap
from holdfast.stability.resampling.bootstrap import (
    draw_chunks,
    respondent_multiplicities,
    standard_error,
)


def test_multiplicities_are_resamples() -> None:
    """Each draw sums to N, with the moments of a multinomial."""
    drawn = respondent_multiplicities(60, 2000, seed=1)
    assert drawn.shape == (2000, 60)
    assert (drawn.sum(axis=1) == 60).all()
    assert drawn.mean(axis=0) == pytest.approx(1, abs=0.12)
    assert drawn.var() == pytest.approx(59 / 60, abs=0.03)


def test_multiplicities_depend_on_the_seed_alone() -> None:
    """A seed fixes the draws; more draws only append."""
    drawn = respondent_multiplicities(30, 50, seed=1)
    np.testing.assert_array_equal(drawn, respondent_multiplicities(30, 50, seed=1))
    np.testing.assert_array_equal(drawn[:20], respondent_multiplicities(30, 20, seed=1))
    assert (drawn != respondent_multiplicities(30, 50, seed=2)).any()


def test_chunks_cover_all_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks follow one another and hold at least one draw."""
    monkeypatch.setattr(bootstrap, "CHUNK_BYTES", 100)
    chunks = [list(range(10)[at]) for at in draw_chunks(10, 30)]
    assert chunks == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert len(list(draw_chunks(4, 1000))) == 4


def test_standard_error() -> None:
    """The sample standard deviation over defined draws."""
    draws = np.array([[1.0, np.nan], [2.0, np.nan], [3.0, 1.0], [np.nan, np.nan]])
    np.testing.assert_allclose(standard_error(draws), [1.0, np.nan])
