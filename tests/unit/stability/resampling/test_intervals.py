"""Student's intervals: against the textbook, at the ends of scales, and in simulated studies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from holdfast.stability.resampling.intervals import (
    bootstrap_interval,
    jackknife_interval,
    leave_one_out,
    scale_of,
)

SCALED = {
    "correlation": (-1.0, 1.0),
    "share": (-np.inf, 1.0),
    "size": (0.0, np.inf),
    "plain": (-0.5, 0.5),
}


def without_each(x: np.ndarray) -> np.ndarray:
    """Return the means of x without each element."""
    return (x.sum() - x) / (x.size - 1)


@pytest.mark.parametrize("n", [3, 12, 60])
def test_of_a_mean_it_is_the_t_interval(n: int) -> None:
    x = np.random.default_rng(n).normal(size=n)
    found = jackknife_interval(np.array(x.mean()), without_each(x), 0.9, "plain", (-9, 9))
    expected = ttest_1samp(x, 0).confidence_interval(0.9)
    assert tuple(map(float, found)) == pytest.approx((expected.low, expected.high))


def test_of_a_correlation_it_is_near_fisher_s() -> None:
    """2,000 normal pairs: the error on Fisher's scale is 1 / sqrt(n - 3)."""
    n, r = 2000, 0.7
    x, y = np.random.default_rng(0).multivariate_normal([0, 0], [[1, r], [r, 1]], n).T
    left = np.array([np.corrcoef(np.delete(x, i), np.delete(y, i))[0, 1] for i in range(n)])
    whole = np.array(np.corrcoef(x, y)[0, 1])
    low, high = jackknife_interval(whole, left, 0.95, "correlation")
    away = t.isf(0.025, n - 1) / (n - 3) ** 0.5
    assert np.arctanh(high) - np.arctanh(low) == pytest.approx(2 * away, rel=0.1)


def test_draws_give_nearly_the_same() -> None:
    x = np.random.default_rng(3).normal(size=40)
    drawn = np.random.default_rng(4).multinomial(40, np.full(40, 1 / 40), size=20_000) @ x / 40
    one = jackknife_interval(np.array(x.mean()), without_each(x), 0.95, "plain", (-9, 9))
    other = bootstrap_interval(np.array(x.mean()), drawn, 0.95, "plain", (-9, 9), 40)
    np.testing.assert_allclose(one, other, atol=0.01)


def test_what_does_not_move_has_an_interval_of_no_length() -> None:
    """Perfect stability stays 1, not nearly 1."""
    for end in (1.0, -1.0, 0.25):
        found = jackknife_interval(np.array(end), np.full(9, end), 0.95, "correlation")
        assert tuple(map(float, found)) == (end, end)
        assert bootstrap_interval(
            np.array(end), np.full(9, end), 0.95, "correlation", (-1, 1), 9
        ) == (end, end)


def test_undefined_figures() -> None:
    """What is undefined without somebody is left out; a figure that is itself undefined has nothing."""
    left = np.column_stack([[0.1, 0.2, np.nan, 0.3], [0.1, *[np.nan] * 3], [0.1, 0.2, 0.3, 0.2]])
    low, high = jackknife_interval(np.array([0.2, 0.2, np.nan]), left, 0.95, "correlation")
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [False, True, True]
    three = jackknife_interval(np.array(0.2), left[[0, 1, 3], 0], 0.95, "correlation")
    assert (low[0], high[0]) == pytest.approx(tuple(map(float, three)))


def test_bounds_cut() -> None:
    wide = np.array([-0.9, 0.9, 0.1])
    assert jackknife_interval(np.array(0.1), wide, 0.95, "plain", (0.0, 0.5)) == (0.0, 0.5)


def test_scales_and_weights() -> None:
    assert scale_of("rank_order") == scale_of("icc_a1") == "correlation"
    assert scale_of("g_coefficient") == "share" and scale_of("rmse") == "size"
    assert scale_of("variance_respondent") == scale_of("rank_order_slope") == "plain"
    assert leave_one_out(np.array([True, False, True])).tolist() == [[0, 1, 1], [1, 1, 0]]


@pytest.mark.parametrize("n", [5, 12, 60, 5000])
def test_few_respondents_widen_the_interval_as_student_would(n: int) -> None:
    """Draws of a mean of normal scores: the ends are those of the t interval."""
    draws = np.random.default_rng(0).normal(size=400_000) * np.sqrt((n - 1) / n)
    low, high = bootstrap_interval(np.array(0.0), draws, 0.95, "plain", (-10, 10), n)
    assert high == pytest.approx(t.isf(0.025, n - 1), rel=0.02)
    assert low == pytest.approx(-high, rel=0.03)


def test_the_draws_bias_widens_the_interval() -> None:
    """Around the figure: √(variance + bias²), as a root mean squared error is."""
    draws = np.column_stack([np.linspace(0, 1, 101), np.full(101, np.nan)])
    low, high = bootstrap_interval(np.array([0.6, 0.6]), draws, 0.8, "plain", (-9, 9), 30)
    error = np.hypot(draws[:, 0].std(ddof=1) * np.sqrt(30 / 29), 0.1)
    assert (low[0], high[0]) == pytest.approx(
        (0.6 - t.isf(0.1, 29) * error, 0.6 + t.isf(0.1, 29) * error)
    )
    assert np.isnan([low[1], high[1]]).all()
    assert np.isnan(bootstrap_interval(np.zeros(3), np.empty((0, 3)), 0.95)).all()
    with pytest.raises(ValueError, match="confidence"):
        bootstrap_interval(np.array(0.6), draws[:, 0], 95)


CORRELATIONS = st.floats(-1, 1, allow_nan=False)


@given(
    CORRELATIONS, st.lists(CORRELATIONS, min_size=2, max_size=9), st.sampled_from(sorted(SCALED))
)
def test_no_interval_leaves_out_its_own_estimate(
    estimate: float, others: list[float], scale: str
) -> None:
    """However biased the figures without somebody say that it is, and at the ends of every scale."""
    figures, bounds = np.array(others), SCALED[scale]
    shown = float(np.clip(estimate, *bounds))
    for low, high in (
        jackknife_interval(np.array(estimate), figures, 0.95, scale, bounds),  # type: ignore[arg-type]
        bootstrap_interval(np.array(estimate), figures, 0.95, scale, bounds, 9),  # type: ignore[arg-type]
    ):
        assert low <= shown <= high
