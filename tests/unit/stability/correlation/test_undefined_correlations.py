"""Tests of the rules for undefined correlations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holdfast.stability.correlation.undefined_correlations import (
    AVERAGED,
    PAIR,
    UNIT,
    UndefinedRule,
    summarise,
)

NAN = np.nan
CORRELATIONS = np.array([[[0.2, NAN], [0.4, NAN]], [[0.6, NAN], [NAN, 0.5]]])
POOLED = AVERAGED["pooled"]


@pytest.mark.parametrize(
    ("rule", "mean"),
    [("zero", (0.3 + 0 + 0.3 + 0.25) / 4), ("drop", (0.3 + 0.55) / 2), ("nan", NAN)],
)
def test_rules(rule: UndefinedRule, mean: float) -> None:
    """Means level by level, undefined counted."""
    summary = summarise(CORRELATIONS, rule, POOLED)
    np.testing.assert_allclose(summary.mean, mean)
    assert summary.undefined == 4
    assert summary.total == 8


def test_levels_keep_the_other_axes() -> None:
    """Each level averages its own axes."""
    by_value = summarise(CORRELATIONS, "drop", AVERAGED["value"])
    np.testing.assert_allclose(by_value.mean, [0.45, 0.5])
    assert by_value.undefined.tolist() == [1, 3]
    by_pair = summarise(CORRELATIONS, "zero", AVERAGED["pair"])
    np.testing.assert_allclose(by_pair.mean, [0.2, 0.225])
    assert summarise(CORRELATIONS, "zero", AVERAGED["pair_value"]).mean.shape == (2, 2)


def test_rules_agree_without_undefined() -> None:
    """Then all are the plain mean."""
    correlations = np.random.default_rng(0).uniform(-1, 1, (3, 4, 5))
    means = [summarise(correlations, rule, POOLED).mean for rule in ("zero", "drop", "nan")]
    np.testing.assert_allclose(means, correlations.mean(), atol=1e-15)


@pytest.mark.parametrize("rule", ["zero", "drop", "nan"])
@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 0, 4)])
def test_nothing_defined_is_nan(rule: UndefinedRule, shape: tuple[int, ...]) -> None:
    """Whatever the rule, also without any pair."""
    summary = summarise(np.full(shape, NAN), rule, POOLED)
    assert np.isnan(summary.mean)
    assert summary.undefined == summary.total == np.prod(shape)


@pytest.mark.parametrize("rule", ["zero", "drop", "nan"])
def test_weights_equal_repetition(rule: UndefinedRule) -> None:
    """A weight of two is an element twice."""
    units, pairs = np.array([2, 1]), np.array([1, 3])
    weights = {UNIT: units[None, None, :] * 1.0, PAIR: pairs[None, :, None] * 1.0}
    repeated = np.repeat(np.repeat(CORRELATIONS, units, axis=UNIT), pairs, axis=PAIR)
    expected = summarise(repeated, rule, POOLED).mean
    np.testing.assert_allclose(summarise(CORRELATIONS, rule, POOLED, weights).mean, expected)


def test_undefined_of_weight_zero_does_not_count() -> None:
    """What was not drawn has no say."""
    first_only: dict[int, Any] = {UNIT: np.array([1.0, 0.0]), PAIR: np.array([[1.0], [0.0]])}
    assert summarise(CORRELATIONS, "nan", POOLED, first_only).mean == pytest.approx(0.4)
    second_only: dict[int, Any] = {UNIT: np.array([0.0, 1.0]), PAIR: np.array([[1.0], [0.0]])}
    assert np.isnan(summarise(CORRELATIONS, "zero", POOLED, second_only).mean)


def test_unknown_rule_is_refused() -> None:
    """A typo is an error."""
    with pytest.raises(ValueError, match="undefined must be one of"):
        summarise(CORRELATIONS, "ignore", POOLED)  # type: ignore[arg-type]
