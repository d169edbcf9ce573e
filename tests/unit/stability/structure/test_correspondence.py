"""The correspondence index: cases whose result is known, and its test under no structure."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.stability.structure.correspondence import (
    circle_of,
    circular_steps,
    correspondence,
    of_values,
)
from holdfast.stability.structure.value_circle import PLACES

SIX = circular_steps(np.arange(6.0), 6)


def test_six_types_in_a_perfect_circle() -> None:
    """72 predictions; 12 of 720 orders keep the circle, so the smallest p is 1/60 (Tracey 1997)."""
    found = correspondence(-SIX, SIX)
    apart = SIX[np.triu_indices(6, k=1)]
    assert (apart[:, None] < apart[None]).sum() == 72
    assert found.index == 1
    assert found.p == pytest.approx(12 / 720)
    assert found.null_mean == pytest.approx(0, abs=1e-12)


def test_the_index_counts_predictions_that_hold_less_those_that_do_not() -> None:
    """One correlation of neighbours below all others violates its 9 predictions; tied with three, 6."""
    similar = -SIX
    similar[0, 1] = similar[1, 0] = -9
    assert correspondence(similar, SIX).index == pytest.approx((72 - 2 * 9) / 72)
    similar[0, 1] = similar[1, 0] = -3
    assert correspondence(similar, SIX).index == pytest.approx((72 - 2 * 6 - 3) / 72)
    assert correspondence(SIX, SIX).index == -1


def test_several_matrices_have_the_mean_index() -> None:
    random = np.random.default_rng(0)
    noise = [m + m.T for m in random.normal(size=(2, 6, 6))]
    each = [correspondence(m, SIX).index for m in noise]
    assert correspondence(np.stack(noise), SIX).index == pytest.approx(np.mean(each))


def test_p_is_uniform_without_a_circle() -> None:
    random = np.random.default_rng(1)
    found = [correspondence(m + m.T, SIX).p for m in random.normal(size=(200, 6, 6))]
    assert np.mean(found) == pytest.approx(0.5, abs=0.07)
    assert np.mean(np.array(found) <= 0.1) == pytest.approx(0.1, abs=0.065)


def test_the_circle_is_found_in_answers_and_not_in_noise() -> None:
    random = np.random.default_rng(2)
    values = [v for v in PLACES for _ in range(3)]
    angles = np.radians(40 * np.array([PLACES[v] for v in values]))
    noise = random.normal(size=(60, 30))
    circle = np.cos(angles - random.uniform(0, 2 * np.pi, (60, 1))) + 0.5 * noise
    elevation = 2 * random.normal(
        size=(60, 1)
    )  # who agrees to everything has no other values for it
    found, same = (circle_of(of_values(x, values)) for x in (circle, circle + elevation))
    assert found.index > 0.9
    assert found.p == 1 / 2000
    assert same.index == pytest.approx(found.index, abs=1e-9)
    assert circle_of(of_values(noise, values)).p > 0.02


def test_a_constant_value_has_no_index() -> None:
    ratings = np.random.default_rng(3).normal(size=(30, 10))
    similar = of_values(ratings, list(PLACES))
    similar[3] = np.nan
    assert np.isnan(circle_of(similar).index)
