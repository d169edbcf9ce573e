"""Likeness to people: groups of one kind are alike, and values named at random are what the null says."""

import numpy as np
import pytest

from holdfast.stability.profiles.people_likeness import Compared, likeness

VALUES = 10


def group(people: int, seed: int) -> np.ndarray:
    """Return profiles whose means rise over the values and whose neighbours on a circle go together."""
    random = np.random.default_rng(seed)
    angles = 2 * np.pi * np.arange(VALUES) / VALUES
    factors = np.stack([np.cos(angles), np.sin(angles)])
    scores = random.normal(size=(people, 2)) @ factors + random.normal(size=(people, VALUES)) * 0.5
    return scores + np.arange(VALUES) / 3


def rows(own: np.ndarray, people: np.ndarray) -> dict[str, object]:
    compared = Compared(own, people, 200, 0.95, np.random.default_rng(1))
    return {row.quantity: row for row in likeness(compared, "panel")}


def test_two_samples_of_one_population_are_alike() -> None:
    for row in rows(group(200, 1), group(2000, 2)).values():
        assert row.estimate > 0.9 and row.lower > row.null_mean + 2 * row.null_sd
        assert (
            row.lower < row.estimate <= row.upper <= 1 and row.n == 200 and row.context_a == "panel"
        )


def test_the_other_order_is_the_opposite_and_goes_together_alike() -> None:
    other = -group(200, 1)
    found = rows(other, group(2000, 2))
    assert found["people_hierarchy"].estimate < -0.9 and found["people_correlations"].estimate > 0.9


def test_the_null_of_the_order_is_that_of_ranks() -> None:
    row = rows(group(50, 1), group(50, 2))["people_hierarchy"]
    assert row.null_mean == pytest.approx(0, abs=0.05)
    assert row.null_sd == pytest.approx(1 / np.sqrt(VALUES - 1), abs=0.03)


def test_one_and_the_same_profile_has_no_correlations() -> None:
    found = rows(np.tile(np.arange(VALUES) / 3, (20, 1)), group(100, 2))
    assert found["people_correlations"].status == "not_estimable"
    assert found["people_hierarchy"].estimate > 0.9
