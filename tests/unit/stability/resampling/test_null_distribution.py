"""Tests of the null distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holdfast.stability.resampling.null_distribution import (
    NullDistribution,
    scoring_weights,
    simulate_null,
)
from holdfast.stability.resampling.quantities import Quantity


def simulated(key: dict[str, list[int]], **changes: Any) -> NullDistribution:
    """Simulate the original's design with few simulations."""
    design = {"replicates": 5, "contexts": 5, "respondents": 60, "options": 6, "simulations": 80}
    return simulate_null(key, **(design | changes))


@pytest.mark.parametrize(
    ("respondents", "rank_order", "ipsative"), [(60, 0.0137, 0.0133), (50, 0.0160, 0.0160)]
)
def test_sd_of_one_estimate(
    pvq_key: dict[str, list[int]], respondents: int, rank_order: float, ipsative: float
) -> None:
    # 400 estimates know their sd to 3.5 %; the reference for 50 lies some 7 % above theory.
    """It agrees with methods.md 6.4 and with theory."""
    null = simulated(pvq_key, respondents=respondents)
    references: dict[Quantity, float] = {"rank_order": rank_order, "ipsative": ipsative}
    for quantity, reference in references.items():
        moments = null[quantity, "replicate"]
        assert moments.sd[0] == pytest.approx(reference, rel=0.12)
        assert moments.mean[0] == pytest.approx(0, abs=4 * reference / np.sqrt(400))
        assert null[quantity, "pooled"].sd[0] == pytest.approx(moments.sd[0] / 5**0.5, rel=0.25)
    # The variance of one Spearman correlation of n is 1 / (n - 1), here ten values.
    theory = np.sqrt(1 / 9 / respondents / 10)
    assert null["ipsative", "replicate"].sd[0] == pytest.approx(theory, rel=0.1)


def test_values_are_kept_apart(pvq_key: dict[str, list[int]]) -> None:
    """Only rank-order has figures per value."""
    null = simulated(pvq_key, simulations=3, respondents=12)
    assert null["rank_order", "value"].sd.shape == (10,)
    assert null["rank_order", "pair_value"].sd.shape == (10,)
    assert null["rank_order", "pooled"].sd.shape == null["ipsative", "pair"].sd.shape == (1,)


def test_depends_on_the_seed_alone(pvq_key: dict[str, list[int]]) -> None:
    """A seed fixes the simulation."""
    same, again, other = (
        simulated(pvq_key, simulations=3, respondents=12, seed=seed)["ipsative", "pooled"]
        for seed in (4, 4, 5)
    )
    assert same.mean == again.mean
    assert same.mean != other.mean


def test_scoring_weights_centre_over_all_items() -> None:
    """Items outside the key count for centring."""
    ratings = np.array([1.0, 5.0, 6.0, 2.0])
    weights = scoring_weights({"a": [1, 3], "b": [2]}, items=4)
    np.testing.assert_allclose(ratings @ weights, [3.5 - 3.5, 5 - 3.5])
    assert scoring_weights({"a": [1, 3], "b": [2]}).shape == (3, 2)
