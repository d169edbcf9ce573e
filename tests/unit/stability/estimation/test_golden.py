"""The original study's figures, to 1e-9. See tests/golden/README.md."""

from __future__ import annotations

from typing import Any

import numpy as np

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order
from holdfast.stability.correlation.undefined_correlations import AVERAGED, summarise
from holdfast.stability.estimation.model_stability import model_stability


def assert_equal(ours: Any, expected: Any) -> None:
    """Assert equality to 1e-9."""
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)


def test_rank_order(golden: dict[str, Any]) -> None:
    """Single correlations, per pair and pooled."""
    correlations = rank_order(golden["scores"], decimals=None)
    expected = golden["rank_order_by_value_and_pair"]
    assert_equal(correlations[0].T, [expected[value] for value in golden["values"]])
    assert_equal(
        summarise(correlations, "nan", AVERAGED["pair"]).mean, golden["rank_order_by_pair"]
    )
    assert_equal(summarise(correlations, "nan", AVERAGED["pooled"]).mean, golden["rank_order"])


def test_ipsative(golden: dict[str, Any]) -> None:
    """The whole table and its mean, with either handling of ties."""
    for decimals in (None, 9):
        correlations = ipsative(golden["scores"], decimals)
        assert_equal(correlations[0], golden["ipsative_by_pair_and_respondent"])
        assert_equal(summarise(correlations, "nan", AVERAGED["pooled"]).mean, golden["ipsative"])


def test_rows(golden: dict[str, Any]) -> None:
    """The rows that the table of estimates gets."""
    contexts, values = golden["contexts"], golden["values"]
    stability = model_stability(golden["scores"], contexts, values, draws=0, decimals=None)
    rows = {
        (r.quantity, r.value, r.context_a, r.context_b): r.estimate for r in stability.estimates
    }
    assert_equal(rows["rank_order", None, None, None], golden["rank_order"])
    assert_equal(rows["ipsative", None, None, None], golden["ipsative"])
    for at, (a, b) in enumerate(golden["pairs"]):
        assert_equal(rows["rank_order", None, a, b], golden["rank_order_by_pair"][at])
        by_respondent = golden["ipsative_by_pair_and_respondent"][at]
        assert_equal(rows["ipsative", None, a, b], np.mean(by_respondent))
        for value, expected in golden["rank_order_by_value_and_pair"].items():
            assert_equal(rows["rank_order", value, a, b], expected[at])


def test_exact_ties_move_rank_order_a_little(golden: dict[str, Any]) -> None:
    """The price of exact ties: the original splits ties by the last bit of its floats."""
    correlations = rank_order(golden["scores"])
    expected = [golden["rank_order_by_value_and_pair"][value] for value in golden["values"]]
    difference = np.abs(correlations[0].T - np.array(expected)).max()
    assert 1e-3 < difference < 0.01
    pooled = summarise(correlations, "nan", AVERAGED["pooled"]).mean
    assert 1e-5 < abs(pooled - golden["rank_order"]) < 2e-4
