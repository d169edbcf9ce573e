"""Tests of the stability of a family of models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from holdfast.stability.estimation.family_stability import family_stability, pooled
from holdfast.stability.estimation.model_stability import Stability, model_stability
from holdfast.stability.resampling.intervals import bootstrap_interval
from holdfast.stability.resampling.null_distribution import simulate_null

VALUES = [str(v) for v in range(10)]


def model(scores: Any, **options: Any) -> Stability:
    """Estimate a model in three contexts with few draws."""
    return model_stability(scores, ["a", "b", "c"], VALUES, **({"draws": 50} | options))


def test_mean_of_estimates_and_draws(simulate: Callable[..., Any]) -> None:
    """A family averages its members' estimates and their draws."""
    members = [model(simulate(seed=seed)) for seed in range(3)]
    family = family_stability(members)
    for quantity in ("rank_order", "ipsative"):
        row = pooled(family, quantity)
        assert row.estimate == pytest.approx(
            np.mean([pooled(m, quantity).estimate for m in members])
        )
        draws = np.mean([m.draws[quantity] for m in members], axis=0)
        np.testing.assert_allclose(family.draws[quantity], draws)
        ends = bootstrap_interval(np.array(row.estimate), draws, 0.95, "correlation", (-1, 1), 20)
        assert (row.lower, row.upper) == pytest.approx(tuple(map(float, ends)))
        assert row.method.startswith("mean of 3 of 3 models; spearman; cluster bootstrap")


def test_a_family_of_one_has_nearly_the_interval_of_its_model(simulate: Callable[..., Any]) -> None:
    """The bootstrap's error and that of leaving out respondents are two estimates of the same."""
    member = model(simulate(respondents=60), draws=1000)
    for quantity in ("rank_order", "ipsative"):
        own, family = pooled(member, quantity), pooled(family_stability([member]), quantity)
        width = own.upper - own.lower
        assert family.upper - family.lower == pytest.approx(width, rel=0.15)
        assert family.lower == pytest.approx(own.lower, abs=0.15 * width)


def test_draws_are_paired(simulate: Callable[..., Any]) -> None:
    """Two equal models have the draws of one: errors do not cancel."""
    scores = simulate()
    same = family_stability([model(scores), model(scores)])
    np.testing.assert_allclose(same.draws["rank_order"], model(scores).draws["rank_order"])


def test_members_that_are_not_estimable_are_left_out(simulate: Callable[..., Any]) -> None:
    """They are counted in the method, and their undefined with the rest."""
    good, bad = model(simulate()), model(np.zeros((2, 3, 20, 10)))
    row = pooled(family_stability([bad, good]), "rank_order")
    assert row.estimate == pooled(good, "rank_order").estimate
    assert row.method.startswith("mean of 1 of 2 models; ")
    assert row.undefined == 2 * 3 * 10
    nothing = family_stability([bad, bad])
    assert {row.status for row in nothing.estimates} == {"not_estimable"}
    assert np.isnan([[row.estimate, row.lower, row.se] for row in nothing.estimates]).all()


def test_null_of_a_mean(simulate: Callable[..., Any], pvq_key: dict[str, list[int]]) -> None:
    """Under the null, members are independent."""
    null = simulate_null(
        pvq_key, replicates=2, contexts=3, respondents=20, options=6, simulations=5
    )
    members = [model(simulate(seed=seed), null=null) for seed in range(4)]
    row = pooled(family_stability(members), "ipsative")
    assert row.null_sd == pytest.approx(null["ipsative", "pooled"].sd[0] / 2)


def test_unpaired_models_are_refused(simulate: Callable[..., Any]) -> None:
    """Another seed means other draws."""
    with pytest.raises(ValueError, match="models differ"):
        family_stability([model(simulate()), model(simulate(), seed=1)])
    with pytest.raises(ValueError, match="at least one"):
        family_stability([])
