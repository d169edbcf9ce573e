"""Places of models in contexts like these: certain and uncertain orders, and equal models."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.stability.estimation.model_places import places_of


def means(x: np.ndarray) -> np.ndarray:
    """Return the means of contexts × respondents without each of both (1 + C, 1 + N)."""
    c, n = x.shape
    kept, who = np.vstack([np.ones(c), 1 - np.eye(c)]), np.vstack([np.ones(n), 1 - np.eye(n)])
    return np.asarray(
        (kept / kept.sum(axis=1, keepdims=True)) @ x @ (who / who.sum(axis=1, keepdims=True)).T
    )


def models(levels: list[float], seed: int) -> dict[str, np.ndarray]:
    """Return models with these true means; topics and respondents move each of them on its own."""
    g = np.random.default_rng(seed)
    return {
        f"m{i}": means(level + g.normal(size=(6, 1)) + g.normal(size=12) + g.normal(size=(6, 12)))
        for i, level in enumerate(levels)
    }


def test_a_certain_order_and_one_of_which_nothing_is_known() -> None:
    assert places_of(models([40.0, 20.0, 0.0], 1), 0.05) == {
        "m0": (1, 1),
        "m1": (2, 2),
        "m2": (3, 3),
    }
    assert places_of(models([0.0, 40.0, 0.0], 1), 0.05) == {
        "m0": (2, 3),
        "m1": (1, 1),
        "m2": (2, 3),
    }
    same = models([0.0], 1)["m0"]
    assert places_of({"a": same, "b": same}, 0.05) == {"a": (1, 2), "b": (1, 2)}


def test_equal_models_may_have_any_place() -> None:
    """All places are true of equal models; at most 5 % of sets may leave one out (120 studies)."""
    sets = [places_of(models([0.0] * 4, seed), 0.05)["m0"] for seed in range(120)]
    assert np.mean([s != (1, 4) for s in sets]) <= 0.05


@pytest.mark.parametrize("alpha", [0.05, 0.5])
def test_less_is_known_the_surer_it_must_be(alpha: float) -> None:
    found = models([1.0, 0.5, 0.0, -0.5], 3)
    sure, bold = places_of(found, alpha / 100), places_of(found, alpha)
    assert all(
        s[0] <= b[0] <= b[1] <= s[1] for s, b in zip(sure.values(), bold.values(), strict=True)
    )
