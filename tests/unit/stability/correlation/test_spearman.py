"""Tests of the tie-aware, weighted Spearman correlation."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata, spearmanr

from holdfast.stability.correlation.spearman import (
    context_pairs,
    pairwise_spearman,
    pairwise_spearman_draws,
    spearman,
    tie_order,
    weighted_ranks,
    weighted_ranks_draws,
)

FEW_LEVELS = st.integers(0, 3).map(float)
MANY_LEVELS = st.integers(-10_000, 10_000).map(lambda k: k / 24)
MAYBE_MISSING = st.one_of(FEW_LEVELS, FEW_LEVELS, st.just(float("nan")))

quick = settings(max_examples=60, deadline=None, database=None)


@st.composite
def weighted_columns(draw: st.DrawFn, rows: int = 2) -> tuple[Any, Any]:
    """Draw columns (rows, N), heavily tied or not or with gaps, and multiplicities (N,)."""
    size = draw(st.integers(1, 14))
    elements = draw(st.sampled_from([FEW_LEVELS, MANY_LEVELS, MAYBE_MISSING]))
    columns = draw(arrays(np.float64, (rows, size), elements=elements))
    weights = draw(arrays(np.int64, size, elements=st.integers(0, 4)))
    return columns, weights


def explicit(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64], weights: Any
) -> float:
    """Return scipy's figure on the data with each element repeated as often as it was drawn."""
    x, y = np.repeat(first, weights), np.repeat(second, weights)
    kept = ~(np.isnan(x) | np.isnan(y))
    if kept.sum() < 3:
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(spearmanr(x[kept], y[kept]).statistic)


@quick
@given(weighted_columns())
def test_spearman_equals_scipy_on_resampled_data(data: tuple[Any, Any]) -> None:
    """Multiplicities equal explicit repetition."""
    columns, weights = data
    ours = spearman(columns[0], columns[1], weights)
    np.testing.assert_allclose(ours, explicit(columns[0], columns[1], weights), rtol=0, atol=1e-12)


@quick
@given(weighted_columns(rows=4))
def test_draws_equal_scipy_on_resampled_data(data: tuple[Any, Any]) -> None:
    """So do the draws of all pairs, with and without gaps."""
    columns, weights = data
    draws = np.stack([weights, np.ones_like(weights)], axis=1).astype(float)
    ours = pairwise_spearman_draws(columns, draws)
    expected = [
        [explicit(columns[i], columns[j], w.astype(int)) for w in draws.T]
        for i, j in zip(*context_pairs(4), strict=True)
    ]
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)


@quick
@given(weighted_columns(rows=3))
def test_pairwise_equals_single_pairs(data: tuple[Any, Any]) -> None:
    """Ranking once a row equals ranking once a pair."""
    columns, _ = data
    first, second = context_pairs(3)
    expected = spearman(columns[first], columns[second])
    np.testing.assert_allclose(pairwise_spearman(columns), expected, rtol=0, atol=1e-12)


@quick
@given(weighted_columns(rows=1))
def test_weighted_ranks_are_centred_midranks(data: tuple[Any, Any]) -> None:
    """Ranks are scipy's midranks, centred and doubled, exactly."""
    columns, weights = np.nan_to_num(data[0][0]), data[1]
    ranks = weighted_ranks(tie_order(columns), weights)
    expected = 2 * rankdata(np.repeat(columns, weights)) - (weights.sum() + 1)
    np.testing.assert_array_equal(np.repeat(ranks, weights), expected)
    by_draw = weighted_ranks_draws(tie_order(columns), weights[:, None].astype(float))
    np.testing.assert_array_equal(by_draw[:, 0], ranks)


def test_floating_noise_does_not_break_ties() -> None:
    """0.1 + 0.2 ties with 0.3, unless floats are taken as they are."""
    noisy, clean = np.array([0.1 + 0.2, 0.3, 1.0, 2.0]), np.array([0.3, 0.3, 1.0, 2.0])
    other = np.array([2.0, 1.0, 3.0, 4.0])
    assert spearman(noisy, other) == spearman(clean, other)
    assert spearman(noisy, other, decimals=None) != spearman(clean, other, decimals=None)


@pytest.mark.parametrize("missing", [False, True])
def test_undefined_is_nan(missing: bool) -> None:
    """A constant side or fewer than three complete pairs give NaN."""
    columns = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0]])
    if missing:
        columns[1, 1:3] = np.nan
    correlations = pairwise_spearman(columns)
    assert np.isnan(correlations[:2]).all()
    assert np.isnan(correlations[2]) == missing
    assert np.isnan(spearman(np.array([1.0, 2.0]), np.array([1.0, 2.0])))


@given(weighted_columns(rows=1), st.sampled_from([0.5, 3.0, 7.0]), st.integers(-5, 5))
@quick
def test_identical_up_to_positive_rescaling_is_exactly_one(
    data: tuple[Any, Any], factor: float, shift: int
) -> None:
    """No rounding error spoils a perfect correlation."""
    column = data[0][0]
    correlation = pairwise_spearman(np.stack([column, factor * column + shift]))[0]
    assert correlation == 1.0 or np.isnan(correlation)


def test_identical_is_exactly_one_for_many_respondents() -> None:
    """Not with products beyond 2**53 either."""
    column = np.random.default_rng(0).normal(size=5000)
    assert pairwise_spearman(np.stack([column, column, -column])).tolist() == [1.0, -1.0, -1.0]
