"""Drift in what is shown, in what is said, in both alike; and agreement that changes with the length."""

import numpy as np
import pytest
from observed_data import VALUES, named, observation, ones, pooled_of, rng, views

from holdfast.stability.estimation.context_layout import Layout
from holdfast.stability.observers.observed_stability import by_length, stability
from holdfast.stability.observers.observer_estimates import OF_LENGTHS, OF_ONE
from holdfast.stability.observers.views import Views, of_both
from holdfast.stability.resampling.intervals import interval_of, leave_one_out

STABILITY = OF_ONE[2]


def drifting(
    said: float, seen: float, shape: tuple[int, int, int] = (2, 5, 60), seed: int = 0
) -> Views:
    """Return views whose true scores correlate between contexts as told; noise is alike and new each time."""
    random = rng(seed)
    replicates, contexts, respondents = shape

    def side(stable: float) -> np.ndarray:
        kept = random.normal(size=(respondents, VALUES)) * np.sqrt(stable)
        moved = random.normal(size=(contexts, respondents, VALUES)) * np.sqrt(1 - stable)
        noise = 0.7 * random.normal(size=(replicates, contexts, respondents, VALUES))
        return np.asarray(kept + moved + noise)

    return of_both(side(said), side(seen), None, "zero")


@pytest.mark.parametrize(("said", "seen", "sign"), [(0.9, 0.4, -1), (0.4, 0.9, 1)])
def test_drift_on_one_side_is_found(said: float, seen: float, sign: int) -> None:
    rows = pooled_of(STABILITY, observation(drifting(said, seen)))
    for measure in ("rank_order", "ipsative", "disattenuated"):
        row = rows[f"observer_less_self_{measure}"]
        nearest = row.upper if sign < 0 else row.lower
        assert row.estimate * sign > 0.2 and nearest * sign > 0, measure
        difference = rows[f"observer_{measure}"].estimate - rows[f"self_{measure}"].estimate
        assert row.estimate == pytest.approx(difference, abs=1e-12)
    assert rows["self_disattenuated"].estimate == pytest.approx(said, abs=0.12)


def test_a_noisy_observer_is_less_stable_and_sees_no_more_drift() -> None:
    """Plain stability is lower for noise alone; what is left without unreliability is the same."""
    of = drifting(0.8, 0.8, (3, 5, 300))
    noisier = of.sides[1] + rng(9).normal(size=of.sides[1].shape)
    found = stability(of_both(of.sides[0], noisier, None, "zero"), ones(of))
    assert named(found, "observer_less_self_rank_order") < -0.15
    assert named(found, "observer_less_self_disattenuated") == pytest.approx(0, abs=0.05)


def test_equal_stability_gives_claims_at_about_the_nominal_rate() -> None:
    """5 % of 150 studies without a difference, within what chance makes of it (3.5 standard errors)."""
    claims = 0
    for seed in range(150):
        of = drifting(0.7, 0.7, (1, 3, 30), seed)
        left = leave_one_out(np.ones(30, dtype=bool)).astype(float)
        weights = np.vstack([np.ones((1, 30)), left])
        means = next(
            f.mean for f in stability(of, weights) if f.quantity == "observer_less_self_rank_order"
        )
        lower, upper = interval_of(
            "observer_less_self_rank_order", means[0], means[1:3], means[1:], 0.95, 30
        )
        claims += bool(lower > 0 or upper < 0)
    assert claims / 150 <= 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / 150)


def test_one_context_has_no_stability() -> None:
    rows = pooled_of(STABILITY, observation(views(respondents=20, shape=(1, 1))))
    assert {rows[q].status for q in ("self_rank_order", "observer_less_self_ipsative")} == {
        "not_estimable"
    }
    assert rows["observer_disattenuated"].status == "needs_replicates"


def test_unequal_gaps_do_not_make_a_difference() -> None:
    """Whom the observer did not describe is left out of what was said as well."""
    of = drifting(0.9, 0.5, (1, 3, 40))
    gaps = of.sides[1].copy()
    gaps[:, :, 20:] = np.nan
    both = of_both(of.sides[0], gaps, None, "zero")
    half = of_both(of.sides[0][:, :, :20], of.sides[1][:, :, :20], None, "zero")
    for quantity in ("self_rank_order", "self_ipsative", "observer_rank_order"):
        expected = named(stability(half, ones(half)), quantity)
        found = named(stability(both, ones(both)), quantity)
        if "ipsative" in quantity:  # nobody's profile counts as 0 under this rule
            expected = expected / 2
        assert found == pytest.approx(expected, abs=1e-12)


def growing(contexts: int = 2, respondents: int = 200) -> tuple[Views, Layout]:
    """Return an observer who sees more of what is said the longer the talk: 1, 3 and 5 messages."""
    random = rng(6)
    truth = random.normal(size=(respondents, VALUES))
    size = (1, 3 * contexts, respondents, VALUES)
    validity = np.repeat([0.2, 0.4, 0.6], contexts)[None, :, None, None]
    said = truth + 0.1 * random.normal(size=size)
    seen = validity * truth + np.sqrt(1 - validity**2) * random.normal(size=size)
    places = {n: np.arange(contexts) + at * contexts for at, n in enumerate((1, 3, 5))}
    return of_both(said, seen, truth, "zero"), Layout(places[5], lengths=places)


def test_the_slope_over_lengths_is_recovered() -> None:
    of, told = growing()
    found = by_length(of, ones(of), told.lengths)
    r = 6 / np.pi * np.arcsin(np.array([0.2, 0.4, 0.6]) / 2)
    assert named(found, "observer_truth_at_length", "length") == pytest.approx(r, abs=0.04)
    assert named(found, "observer_truth_slope") == pytest.approx((r[2] - r[0]) / 4, abs=0.015)
    rows = pooled_of(OF_LENGTHS, observation(of, told))
    for quantity in ("self_observer_slope", "observer_truth_slope", "observer_truth_profile_slope"):
        row = rows[quantity]
        assert 0 < row.lower < row.estimate < row.upper
        assert row.null_mean == pytest.approx(0, abs=0.02) and row.null_sd > 0
