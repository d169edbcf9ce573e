"""The jackknife over respondents and contexts: against the analysis of variance, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t

from holdfast.stability.facets.symmetric_sums import crossed_components, effects
from holdfast.stability.resampling.quantities import BOUNDS, Quantity
from holdfast.stability.resampling.two_way_jackknife import (
    MOST_GROUPS,
    crossed_spread,
    over_contexts,
    two_way_spread,
    without_groups,
)


def means(x: np.ndarray) -> np.ndarray:
    """Return the means of contexts × respondents (C, N) without each context and respondent (1 + C, 1 + N)."""
    contexts, respondents = x.shape
    kept = [np.ones(contexts), *(1 - np.eye(contexts))]
    who = [np.ones(respondents), *(1 - np.eye(respondents))]
    return np.array(
        [[np.average(np.average(x, axis=1, weights=w), weights=k) for w in who] for k in kept]
    )


def crossed(seed: int, contexts: int, respondents: int, cells: float) -> np.ndarray:
    g = np.random.default_rng(seed)
    both = cells * g.normal(size=(contexts, respondents))
    return np.asarray(g.normal(size=(contexts, 1)) + g.normal(size=respondents) + both)


@pytest.mark.parametrize("cells", [0.1, 1.0])
def test_of_a_mean_it_is_the_analysis_of_variance(cells: float) -> None:
    """The variance of a grand mean: (MS_rows + MS_columns - MS_residual) / number of cells."""
    x = crossed(1, 6, 9, cells)
    rows, columns = x.mean(axis=1), x.mean(axis=0)
    residual = x - rows[:, None] - columns + x.mean()
    squares = [9 * rows.var(ddof=1), 6 * columns.var(ddof=1), (residual**2).sum() / (5 * 8)]
    expected = (squares[0] + squares[1] - squares[2]) / x.size
    spread = two_way_spread(means(x), "plain")
    assert float(spread.error) ** 2 == pytest.approx(expected)
    parts = np.array(squares) / x.size
    assert float(spread.freedom) == pytest.approx(expected**2 / (parts**2 / [5, 8, 40]).sum())


def test_cells_alone() -> None:
    """Where neither rows nor columns differ, the difference of mean squares may be negative; it is not used."""
    g = np.random.default_rng(3)
    x = next(
        x
        for x in (g.normal(size=(5, 8)) for _ in range(500))
        if 8 * x.mean(axis=1).var(ddof=1) < 0.5 and 5 * x.mean(axis=0).var(ddof=1) < 0.5
    )
    spread = two_way_spread(means(x), "plain")
    larger = max((x.mean(axis=1).var(ddof=1) / 5, 4), (x.mean(axis=0).var(ddof=1) / 8, 7))
    assert (float(spread.error) ** 2, float(spread.freedom)) == pytest.approx(larger)


def test_the_interval_is_student_s_around_the_figure() -> None:
    x = 0.3 + 0.05 * crossed(5, 5, 12, 1.0)
    figures = means(x)
    spread = two_way_spread(figures, "correlation")
    found = over_contexts("rank_order", figures, 0.9)
    away = t.isf(0.05, float(spread.freedom)) * float(spread.error)
    middle = np.arctanh(x.mean())
    assert found.at(()) == {
        "contexts_lower": pytest.approx(np.tanh(middle - away)),
        "contexts_upper": pytest.approx(np.tanh(middle + away)),
        "contexts_se": pytest.approx(float(two_way_spread(figures, "plain").error)),
        "contexts_status": "ok",
    }


def test_figures_that_do_not_move_and_undefined_ones() -> None:
    still = np.full((6, 9, 2), 0.5)
    still[3, 4, 1] = np.nan
    found = over_contexts("rank_order", still, 0.95)
    assert (found.lower[0], found.upper[0]) == (0.5, 0.5)
    assert found.at((1,))["contexts_status"] == "not_estimable" and np.isnan(found.lower[1])


@pytest.mark.parametrize(
    ("respondents", "groups"), [(4, 4), (MOST_GROUPS, MOST_GROUPS), (200, MOST_GROUPS)]
)
def test_groups_leave_out_everybody_once(respondents: int, groups: int) -> None:
    weights = without_groups(respondents)
    assert weights.shape == (1 + groups, respondents) and weights[0].all()
    left_out = 1 - weights[1:]
    assert (left_out.sum(axis=0) == 1).all() and np.ptp(left_out.sum(axis=1)) <= 1


@given(
    figures=arrays(float, (6, 5), elements=st.floats(-1, 1)),
    quantity=st.sampled_from(["rank_order", "g_coefficient", "rmse", "rank_order_slope"]),
)
@settings(deadline=None, max_examples=100)
def test_no_interval_leaves_out_its_own_estimate_whoever_is_left_out(
    figures: np.ndarray, quantity: Quantity
) -> None:
    found = over_contexts(quantity, figures, 0.95)
    shown = np.clip(figures[0, 0], *BOUNDS.get(quantity, (-1.0, 1.0)))
    assert np.isnan(found.lower) or found.lower <= shown <= found.upper


def all_means(x: np.ndarray) -> np.ndarray:
    """Return the grand mean without each level of each factor in turn, in all combinations."""
    for axis, n in enumerate(x.shape):
        weights = np.vstack([np.ones(n), 1 - np.eye(n)])
        x = np.moveaxis(
            np.tensordot(weights / weights.sum(axis=1, keepdims=True), x, (1, axis)), 0, axis
        )
    return x


def test_of_a_mean_over_three_factors_it_is_the_sum_of_all_components() -> None:
    """The variance of a grand mean is Σ σ²/n over all effects, whose estimates count pairs of scores."""
    shape = (9, 5, 6)
    g = np.random.default_rng(1)
    x = sum(
        0.7 * g.normal(size=[n if axis in effect else 1 for axis, n in enumerate(shape)])
        for effect in effects(3)
    )
    parts = crossed_components(np.asarray(x)[..., None], np.ones((1, 9)))
    expected = sum(
        part[0, 0] / np.prod([shape[axis] for axis in effect]) for effect, part in parts.items()
    )
    figures = all_means(np.moveaxis(np.asarray(x), 0, -1))
    spread = crossed_spread(figures, "plain", 3)
    assert float(spread.error) ** 2 == pytest.approx(float(expected))
    assert 4 < float(spread.freedom) < 8 + 4 + 5


def test_what_nothing_is_left_out_of_is_given() -> None:
    x = np.random.default_rng(6).normal(size=(5, 6, 7))
    figures = all_means(x)
    given = crossed_spread(figures[:, :1], "plain", 3)
    two = two_way_spread(figures[:, 0], "plain")
    assert (given.error, given.freedom) == (two.error, two.freedom)
    alone = crossed_spread(figures[:1, :1], "plain", 3)
    assert float(alone.error) ** 2 == pytest.approx(x.mean(axis=(0, 1)).var(ddof=1) / 7)
    assert float(alone.freedom) == 6


@given(x=arrays(float, (5, 5, 6), elements=st.floats(-1, 1)))
@settings(deadline=None, max_examples=50)
def test_a_further_factor_never_makes_the_error_smaller(x: np.ndarray) -> None:
    figures = all_means(x)
    whole = float(crossed_spread(figures, "plain", 3).error)
    for less in (figures[:, :1], figures[:1], figures[:1, :1]):
        assert whole >= float(crossed_spread(less, "plain", 3).error) - 1e-12
