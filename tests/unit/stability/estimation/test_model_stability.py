"""Tests of the rows of one model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from holdfast.stability.estimation.model_stability import Estimate, Stability, model_stability
from holdfast.stability.resampling.null_distribution import simulate_null

VALUES = [f"value {v}" for v in range(10)]
Row = dict[tuple[Any, ...], Estimate]


def estimate(scores: Any, **options: Any) -> Stability:
    """Estimate with made-up names and few draws."""
    contexts = [f"context {c}" for c in range(scores.shape[1])]
    return model_stability(scores, contexts, VALUES, **({"draws": 20} | options))


def by_place(stability: Stability) -> Row:
    """Return the rows by what identifies them."""
    return {
        (r.quantity, r.value, r.context_a, r.context_b, r.replicate): r for r in stability.estimates
    }


def test_rows(simulate: Callable[..., Any]) -> None:
    """Which rows there are and what they carry."""
    rows = by_place(estimate(simulate(replicates=2, contexts=3), replicates=[7, 8]))
    kinds = Counter((q, bool(v), bool(a), r is not None) for q, v, a, _, r in rows)
    assert kinds == {
        ("rank_order", False, False, False): 1,
        ("rank_order", False, False, True): 2,
        ("rank_order", False, True, False): 3,
        ("rank_order", True, False, False): 10,
        ("rank_order", True, True, False): 30,
        ("ipsative", False, False, False): 1,
        ("ipsative", False, False, True): 2,
        ("ipsative", False, True, False): 3,
    }
    assert ("ipsative", None, "context 0", "context 2", None) in rows
    assert ("rank_order", None, None, None, 8) in rows
    assert all(row.status == "ok" and row.n == 20 for row in rows.values())
    assert all(np.isnan(row.null_mean) for row in rows.values())
    for row in rows.values():
        if row.value and row.context_a:
            assert np.isnan([row.lower, row.upper, row.se]).all()
            assert row.method == "spearman; no interval; undefined=zero"
        else:
            assert row.lower < row.upper
            assert row.se > 0


def test_pooled_is_the_mean_of_its_parts(simulate: Callable[..., Any]) -> None:
    """Replicates, pairs and values each average to the pooled figure."""
    rows = by_place(estimate(simulate()))
    for quantity in ("rank_order", "ipsative"):
        whole = rows[quantity, None, None, None, None].estimate
        for at in (1, 2, 4):
            parts = [
                row.estimate
                for name, row in rows.items()
                if name[0] == quantity
                and name[at] is not None
                and all(name[other] is None for other in {1, 2, 4} - {at})
            ]
            assert not parts or np.mean(parts) == pytest.approx(whole, abs=1e-12)


def test_method_says_how() -> None:
    """The method names clusters, draws, interval, rule and ties."""
    scores = np.random.default_rng(0).normal(size=(1, 3, 12, 10))
    rows = by_place(estimate(scores, confidence=0.9, undefined="drop"))
    assert rows["rank_order", None, None, None, None].method.startswith(
        "spearman; cluster bootstrap over respondents, 20 draws, jackknife 90 %"
    )
    assert rows["ipsative", None, "context 0", "context 1", None].method == (
        "spearman; cluster bootstrap over respondents, 20 draws, jackknife 90 %; undefined=drop"
    )
    raw = estimate(scores, decimals=None).estimates[0].method
    assert raw.endswith("; undefined=zero; ties of raw floats")


def test_undefined_draws_are_reported() -> None:
    """Draws without the one respondent who differs on a value are lost, and said to be."""
    scores = np.random.default_rng(0).normal(size=(1, 3, 6, 10))
    scores[:, :, 1:, 0] = 0
    pooled = estimate(scores, undefined="nan", draws=300).estimates[0]
    lost = int(pooled.method.split(" draws undefined")[0].rsplit(" ", 1)[1])
    assert 75 < lost < 126  # (5/6)^6 of 300, within three standard errors


@pytest.mark.parametrize("undefined", ["zero", "drop", "nan"])
@pytest.mark.parametrize("filler", [0.25, np.nan])
def test_nothing_to_estimate(undefined: str, filler: float) -> None:
    """Constant or missing scores: no number under any rule."""
    rows = estimate(np.full((2, 3, 12, 10), filler), undefined=undefined).estimates
    for row in rows:
        assert row.status == "not_estimable"
        assert np.isnan([row.estimate, row.lower, row.upper, row.se]).all()
    totals = {row.undefined for row in rows if row.quantity == "ipsative"}
    assert totals == {2 * 3 * 12, 3 * 12, 2 * 12}
    assert rows[0].n == (0 if np.isnan(filler) else 12)


def test_one_context_has_no_pairs(simulate: Callable[..., Any]) -> None:
    """No pairs, nothing undefined, nothing estimable."""
    rows = estimate(simulate(contexts=1)).estimates
    assert {row.status for row in rows} == {"not_estimable"}
    assert {row.undefined for row in rows} == {0}


def test_identical_contexts_are_exactly_stable(simulate: Callable[..., Any]) -> None:
    """Exactly 1, in each draw too."""
    scores = np.repeat(simulate(contexts=1, replicates=3), 4, axis=1)
    for row in estimate(scores).estimates:
        assert row.estimate == 1.0
        assert np.isnan(row.lower) or row.lower == row.upper == 1.0


def test_order_of_contexts_and_respondents_does_not_matter(simulate: Callable[..., Any]) -> None:
    """Pooled figures ignore all orders."""
    scores = simulate()
    plain = by_place(estimate(scores))
    for turned in (scores[:, ::-1], scores[:, :, ::-1], scores[::-1]):
        rows = by_place(estimate(turned))
        for quantity in ("rank_order", "ipsative"):
            place = (quantity, None, None, None, None)
            assert rows[place].estimate == pytest.approx(plain[place].estimate, abs=1e-12)


def test_positive_rescaling_changes_nothing(simulate: Callable[..., Any]) -> None:
    """Not even in the draws."""
    scores = simulate()
    scores[0, 1, 3] = np.nan
    one, other = estimate(scores), estimate(8 * scores + 3)
    for a, b in zip(one.estimates, other.estimates, strict=True):
        assert repr(a) == repr(b)


def test_constant_value_changes_only_its_own_rows_and_counts(
    simulate: Callable[..., Any],
) -> None:
    """Other values keep their rows."""
    scores = simulate(replicates=2, contexts=3)
    constant = scores.copy()
    constant[..., 4] = 0.5
    before, after = by_place(estimate(scores)), by_place(estimate(constant))
    for place, row in before.items():
        if place[0] == "rank_order" and place[1] not in (None, "value 4"):
            assert repr(after[place]) == repr(row)
    assert after["rank_order", "value 4", None, None, None].status == "not_estimable"
    pooled = ("rank_order", None, None, None, None)
    assert after[pooled].undefined == 2 * 3
    others = [
        row.estimate
        for (quantity, value, context, _, _), row in before.items()
        if quantity == "rank_order" and value not in (None, "value 4") and context is None
    ]
    assert after[pooled].estimate == pytest.approx(sum(others) / 10, abs=1e-12)
    dropped = by_place(estimate(constant, undefined="drop"))[pooled]
    assert dropped.estimate == pytest.approx(np.mean(others), abs=1e-12)
    assert by_place(estimate(constant, undefined="nan"))[pooled].status == "not_estimable"


def test_n_counts_those_who_answered(simulate: Callable[..., Any]) -> None:
    """A respondent counts who answered in both contexts of a pair."""
    scores = simulate(replicates=2, contexts=3)
    scores[:, :, 0] = np.nan
    scores[:, 2, 1] = np.nan
    scores[0, :, 2] = np.nan
    rows = by_place(estimate(scores))
    assert rows["ipsative", None, None, None, None].n == 19
    assert rows["rank_order", None, "context 0", "context 2", None].n == 18
    assert rows["rank_order", None, None, None, 0].n == 18


def test_null_stands_beside_the_estimate(
    simulate: Callable[..., Any], pvq_key: dict[str, list[int]]
) -> None:
    """Rows of a value take that value's null."""
    null = simulate_null(
        pvq_key, replicates=2, contexts=3, respondents=20, options=6, simulations=5
    )
    rows = by_place(estimate(simulate(), null=null))
    pooled = rows["rank_order", None, None, None, None]
    assert pooled.null_sd == null["rank_order", "pooled"].sd[0]
    third = rows["rank_order", "value 3", None, None, None]
    assert third.null_mean == null["rank_order", "value"].mean[3]


def test_no_draws_no_interval(simulate: Callable[..., Any]) -> None:
    """Without draws the estimates are the same."""
    stability = estimate(simulate(), draws=0)
    assert stability.draws["ipsative"].shape == (0,)
    with_draws = estimate(simulate())
    for bare, full in zip(stability.estimates, with_draws.estimates, strict=True):
        nan = float("nan")
        expected = replace(full, lower=nan, upper=nan, se=nan, method=bare.method)
        assert repr(bare) == repr(expected)


@pytest.mark.parametrize("shape", [(2, 3, 20), (2, 4, 20, 10), (2, 3, 20, 9), (2, 3, 0, 10)])
def test_wrong_shapes_are_refused(shape: tuple[int, ...]) -> None:
    """The shape must fit the names."""
    with pytest.raises(ValueError, match="scores have shape"):
        model_stability(np.zeros(shape), ["a", "b", "c"], VALUES)


def test_infinite_scores_are_refused() -> None:
    """Infinity is not a score."""
    with pytest.raises(ValueError, match="finite"):
        estimate(np.full((1, 2, 5, 10), np.inf))
