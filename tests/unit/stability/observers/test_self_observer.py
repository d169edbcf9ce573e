"""Agreement of self-report, observer and truth: planted and recovered, its ceilings, its null, its gaps."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from observed_data import named, observation, ones, pooled_of, rng, scores, views
from scipy.stats import spearmanr

from holdfast.stability.measures.noise_ceiling import to_pearson, to_spearman
from holdfast.stability.observers.observer_estimates import OF_ONE, estimates, validity
from holdfast.stability.observers.self_observer import agreement, ceilings
from holdfast.stability.observers.views import Views, of_both, over_respondents

AGREEMENT, CEILINGS, _ = OF_ONE


@pytest.mark.parametrize("planted", [0.0, 0.3, 0.6, 0.9])
def test_planted_validity_is_recovered(planted: float) -> None:
    """By value within .03 of the truth, on Pearson's scale; agreement is the product of both validities."""
    of = views(said=0.8, seen=planted)
    found = agreement(of, ones(of))
    assert to_pearson(named(found, "observer_truth")) == pytest.approx(planted, abs=0.03)
    assert to_pearson(named(found, "self_truth")) == pytest.approx(0.8, abs=0.03)
    assert to_pearson(named(found, "self_observer")) == pytest.approx(0.8 * planted, abs=0.03)
    assert to_pearson(named(found, "observer_truth", "value")) == pytest.approx(planted, abs=0.1)
    less = named(found, "observer_less_self_truth")
    assert less == pytest.approx(
        to_spearman(np.array(planted)) - to_spearman(np.array(0.8)), abs=0.03
    )


def test_profiles_are_recovered_too() -> None:
    """With forty values Spearman's of a profile is near that of the population."""
    of = views(seen=0.6, respondents=300, values=40)
    found = agreement(of, ones(of))
    assert to_pearson(named(found, "observer_truth_profile")) == pytest.approx(0.6, abs=0.03)
    assert to_pearson(named(found, "self_observer_profile")) == pytest.approx(0.48, abs=0.03)


def test_equals_a_plain_loop() -> None:
    of = views(respondents=20, shape=(2, 3), values=4)
    said, seen = of.sides
    found = agreement(of, ones(of))
    sessions = [(r, c) for r in range(2) for c in range(3)]
    by_value = [
        spearmanr(said[r, c, :, v], seen[r, c, :, v])[0] for r, c in sessions for v in range(4)
    ]
    by_profile = [
        spearmanr(said[r, c, n], seen[r, c, n])[0] for r, c in sessions for n in range(20)
    ]
    assert named(found, "self_observer") == pytest.approx(np.mean(by_value), abs=1e-12)
    assert named(found, "self_observer_profile") == pytest.approx(np.mean(by_profile), abs=1e-12)
    crossed = [
        spearmanr(said[r, c, :, v], seen[s, c, :, v])[0]
        for r, s in permutations(range(2)) for c in range(3) for v in range(4)
    ]  # fmt: skip
    own, other = (
        np.mean([spearmanr(x[0, c, :, v], x[1, c, :, v])[0] for c in range(3) for v in range(4)])
        for x in (said, seen)
    )
    found = ceilings(of, ones(of))
    assert named(found, "self_reliability") == pytest.approx(own, abs=1e-12)
    assert named(found, "observer_reliability") == pytest.approx(other, abs=1e-12)
    on_pearson = 2 * np.sin(np.pi * np.array([np.mean(crossed), own, other]) / 6)
    ratio = on_pearson[0] / np.sqrt(on_pearson[1] * on_pearson[2])
    expected = 6 / np.pi * np.arcsin(ratio / 2)
    assert named(found, "self_observer_disattenuated") == pytest.approx(expected, abs=1e-12)


def test_agreement_at_its_ceiling_is_one_without_unreliability() -> None:
    """Both sides see the truth and nothing else beside noise: the correlation of true scores is 1."""
    of = views(said=0.8, seen=0.6, shape=(3, 2))
    found = ceilings(of, ones(of))
    assert to_pearson(named(found, "self_observer_ceiling")) == pytest.approx(0.48, abs=0.03)
    assert named(found, "self_observer_disattenuated") == pytest.approx(1, abs=0.04)


def test_words_that_chance_chose_are_in_agreement_and_not_in_what_is_left() -> None:
    """Both sides stand on the same conversation: what chance said there raises agreement above the ceiling."""
    random = rng(3)
    truth = random.normal(size=(500, 10))
    chance = random.normal(size=(2, 2, 500, 10))
    said, seen = (truth + chance + random.normal(size=chance.shape) for _ in range(2))
    of = of_both(said, seen, truth, "zero")
    assert named(agreement(of, ones(of)), "self_observer") > 0.6
    found = ceilings(of, ones(of))
    assert named(found, "self_observer_ceiling") == pytest.approx(0.32, abs=0.03)
    assert named(found, "self_observer_disattenuated") == pytest.approx(1, abs=0.06)


def test_chance_is_what_observers_of_others_would_say() -> None:
    """All share a profile: a stranger's is like one's own, and only the null tells so."""
    random = rng(4)
    shared = np.arange(10) / 2
    truth = random.normal(size=(60, 10))
    said, seen = (scores(truth, 0.5, (1, 2), random) + shared for _ in range(2))
    rows = pooled_of(AGREEMENT, observation(of_both(said, seen, None, "zero"), simulations=100))
    profile, value = rows["self_observer_profile"], rows["self_observer"]
    assert profile.null_mean > 0.5 and profile.estimate > profile.null_mean + 3 * profile.null_sd
    assert value.null_mean == pytest.approx(0, abs=0.03)
    assert 0 < value.null_sd < 0.1


def test_the_null_keeps_a_respondent_s_sessions_together() -> None:
    """Sessions of one respondent that are all alike are one observation: 1/√(N - 1), however many they are."""
    random = rng(5)
    said, seen = (np.broadcast_to(random.normal(size=(40, 1)), (2, 5, 40, 1)) for _ in range(2))
    about = observation(of_both(said, seen, None, "zero"), simulations=1600)
    row = pooled_of(AGREEMENT, about)["self_observer"]
    assert row.null_sd == pytest.approx(1 / np.sqrt(39), abs=0.03)


def test_what_one_side_lacks_is_left_out_of_both() -> None:
    of = views(respondents=30, shape=(2, 4))
    said, seen = (side.copy() for side in of.sides)
    seen[0, 1, :5] = np.nan
    said[1, 0, 7, 3] = np.nan
    gaps = of_both(said, seen, of.truth, "zero")
    assert np.isnan(gaps.sides[0, 0, 1, :5]).all() and np.isnan(gaps.sides[1, 1, 0, 7, 3])
    known = named(agreement(gaps, np.ones((1, 30))), "self_observer", "context")[1]
    cells = over_respondents(said[:, [1]], seen[:, [1]], np.ones((1, 30)))[0]
    assert known == pytest.approx(cells.mean(), abs=1e-12)
    rows = pooled_of(AGREEMENT, observation(gaps))
    assert (rows["self_observer"].n, rows["self_observer"].status) == (30, "ok")
    assert rows["self_observer_profile"].undefined == 5


def test_an_observer_who_always_says_the_same_agrees_with_nobody() -> None:
    of = views(respondents=20)
    flat = of_both(of.sides[0], np.full_like(of.sides[1], 3.0), of.truth, "zero")
    row = pooled_of(AGREEMENT, observation(flat))["self_observer"]
    assert (row.status, row.undefined) == ("not_estimable", 2 * 2 * 10)
    assert np.isnan([row.estimate, row.lower, row.upper]).all()


def test_one_replicate_has_no_ceiling_and_an_unknown_truth_no_rows() -> None:
    of = views(respondents=20, shape=(1, 2))
    rows = pooled_of(CEILINGS, observation(of))
    assert {r.status for r in rows.values()} == {"needs_replicates"} and len(rows) == 8
    found = pooled_of(AGREEMENT, observation(Views(of.sides)))
    assert set(found) == {"self_observer", "self_observer_profile"}


def test_an_observer_of_noise_has_no_disattenuated_agreement() -> None:
    rows = pooled_of(CEILINGS, observation(views(seen=0.0, respondents=100)))
    assert rows["self_observer_disattenuated"].status == "unreliable"


def test_both_intervals_and_few_contexts() -> None:
    five = pooled_of(AGREEMENT, observation(views(respondents=40, shape=(1, 5))))["self_observer"]
    assert five.lower < five.estimate < five.upper and five.contexts_status == "ok"
    assert five.contexts_lower < five.estimate < five.contexts_upper
    assert "jackknife 95 %" in five.method and five.n == 40
    two = pooled_of(AGREEMENT, observation(views(respondents=40, shape=(1, 2))))["self_observer"]
    assert two.contexts_status == "few_contexts" and np.isnan(two.contexts_lower)


def test_validity_asks_for_an_interval_above_the_least() -> None:
    rows = estimates(AGREEMENT, observation(views(seen=0.5, respondents=60)))
    found = {(r.quantity, r.value): r for r in validity(rows, 0.3)}
    assert found["observer_validity", None].status == "ok"
    assert found["observer_validity", "v0"].status == "ok"
    strict = {(r.quantity, r.value): r for r in validity(rows, 0.48)}
    low = strict["observer_validity", None]
    assert low.status == "below_least_validity" and low.estimate > 0.4 and low.lower < 0.48
    assert strict["observer_validity_profile", None].status == "ok"


@tried(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 5), st.floats(-3, 3))
def test_agreement_has_no_direction_and_no_scale(seed: int, factor: float, shift: float) -> None:
    of = views(respondents=12, values=5, seed=seed)
    said, seen = of.sides
    weights = np.vstack([ones(of), rng(seed).multinomial(12, np.full(12, 1 / 12), size=2)])
    found = agreement(of, weights)
    turned = agreement(of_both(factor * seen + shift, said, of.truth, "zero"), weights)
    for a, b in zip(found, turned, strict=True):
        if a.quantity.startswith("self_observer"):
            assert a.mean == pytest.approx(b.mean, abs=1e-9)
        if a.quantity.startswith("observer_less"):
            assert a.mean == pytest.approx(-b.mean, abs=1e-9)
