"""Magnitude measures against plain loops, textbooks and known truths."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.measures.magnitude import absolute_change, agreement, magnitude

# Shrout & Fleiss (1979), table 2: six targets, four judges; ICC(2,1), which is ICC(A,1), is .29.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def pooled(figures: list, quantity: str, level: str = "pooled") -> np.ndarray:
    return next(f.mean[0] for f in figures if (f.quantity, f.level) == (quantity, level))


def test_equals_a_plain_loop() -> None:
    scores = np.random.default_rng(0).normal(size=(2, 3, 30, 4)) + 1
    found = magnitude(Sample(scores), np.ones((1, 30)))
    found += absolute_change(Sample(scores), np.ones((1, 30)))
    cells = [
        (r[a, :, v], r[b, :, v]) for r in scores for a, b in combinations(range(3), 2)
        for v in range(4)
    ]  # fmt: skip
    expected = {
        "pearson": np.mean([np.corrcoef(x, y)[0, 1] for x, y in cells]),
        "rmse": np.mean([np.sqrt(np.mean((x - y) ** 2)) for x, y in cells]),
        "mean_level_change_abs": np.mean([abs(np.mean(y - x)) for x, y in cells]),
    }
    for quantity, mean in expected.items():
        assert pooled(found, quantity) == pytest.approx(mean, abs=1e-12)
    change = pooled(found, "mean_level_change", "pair_value")
    expected_change = (scores[:, 2, :, 1] - scores[:, 0, :, 1]).mean()
    assert change[1, 1] == pytest.approx(expected_change, abs=1e-12)


def test_icc_of_the_textbook() -> None:
    """By hand: MSR = 11.242, MSC = 32.486, MSE = 1.019 with k = 4, n = 6."""
    scores = SHROUT_FLEISS.T[None, :, :, None]
    icc = pooled(agreement(Sample(scores), np.ones((1, 6))), "icc_a1")
    by_hand = (11.24167 - 1.01944) / (11.24167 + 3 * 1.01944 + 4 / 6 * (32.48611 - 1.01944))
    assert icc == pytest.approx(by_hand, abs=1e-5)
    assert round(float(icc), 2) == 0.29


def test_a_shift_keeps_order_and_breaks_agreement() -> None:
    """What magnitude is for: all respondents move, none changes places."""
    one = np.random.default_rng(1).normal(size=(1, 1, 200, 3))
    scores = np.concatenate([one, one + 2], axis=1)
    data, ones = Sample(scores), np.ones((1, 200))
    assert pooled(magnitude(data, ones), "pearson") == pytest.approx(1)
    assert pooled(magnitude(data, ones), "rmse") == pytest.approx(2)
    assert pooled(absolute_change(data, ones), "mean_level_change_abs") == pytest.approx(2)
    assert pooled(agreement(data, ones), "icc_a1") < 0.4


def test_recovers_the_truth() -> None:
    """ICC(A,1) = σ²p / (σ²p + σ²c + σ²pc,e), within .01; contexts shift by a known variance."""
    rng = np.random.default_rng(2)
    shift = np.tile([-1, 1, -1, 1, 0, 0.0], 5)[None, :, None, None]
    shift = shift / shift.std(ddof=1) * 0.5
    trait = rng.normal(size=(1, 1, 20_000, 2))
    scores = trait + shift + 0.8 * rng.normal(size=(1, 30, 20_000, 2))
    icc = pooled(agreement(Sample(scores), np.ones((1, 20_000))), "icc_a1")
    assert icc == pytest.approx(1 / (1 + 0.25 + 0.64), abs=0.01)


def test_a_constant_side_is_counted() -> None:
    scores = np.random.default_rng(3).normal(size=(1, 3, 20, 2))
    scores[0, 1, :, 0] = 1 / 3
    figure = magnitude(Sample(scores, "drop"), np.ones((1, 20)))[0]
    assert figure.undefined == 2
