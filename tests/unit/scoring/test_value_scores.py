"""Ratings to value scores: against a plain independent computation (methods 4)."""

import math
from itertools import product
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.design.instruments import load_instrument
from holdfast.scoring.value_scores import value_scores

VALUE = load_instrument(Path(__file__).resolve().parents[3] / "resources", "pvq40").value_of()
WHO = ("model", "population", "respondent", "context", "replicate", "instrument")
NAN = float("nan")


def ratings(administrations):
    """Return a table `ratings` from {(model, …, instrument): [40 ratings]}; NaN: no answer."""
    return pd.DataFrame([
        dict(zip(WHO, who, strict=True))
        | {"item": item, "value": VALUE[item], "rating": r, "expected": r / 2}
        for who, row in administrations.items()
        for item, r in enumerate(row, start=1)
    ])  # fmt: skip


def by_hand(row):
    """Return {value: (score, centred, items)} of one administration, item by item."""
    answered = {i: r for i, r in enumerate(row, start=1) if not math.isnan(r)}
    overall = fmean(answered.values()) if answered else NAN
    result = {}
    for value in dict.fromkeys(VALUE.values()):
        own = [r for i, r in answered.items() if VALUE[i] == value]
        score = fmean(own) if own else NAN
        result[value] = (score, score - overall, len(own))
    return result


def scored(table, rating="choice"):
    found = {}
    for r in value_scores(table, rating).to_dict("records"):
        found.setdefault(tuple(r[k] for k in WHO), {})[r["value"]] = (
            r["score"], r["centred"], r["items"],
        )  # fmt: skip
    return found


def administrations(seed, missing=0.0):
    rng = np.random.default_rng(seed)
    who = product("mn", ["p"], "abc", ["joke", "none"], [1, 2], ["pvq40"])
    return {
        w: np.where(rng.random(40) < missing, np.nan, rng.integers(1, 7, 40)).tolist() for w in who
    }


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for who, values in expected.items():
        assert found[who].keys() == values.keys()
        for value, numbers in values.items():
            assert found[who][value] == pytest.approx(numbers, nan_ok=True, abs=1e-12), (who, value)


@pytest.mark.parametrize("missing", [0, 0.2, 0.8, 1])
def test_scores_are_those_computed_by_hand(missing):
    given_ = administrations(1, missing)
    assert_same(scored(ratings(given_)), {who: by_hand(row) for who, row in given_.items()})


def test_worked_example():
    """Hedonism (10, 26, 37) all 6, everything else 2: mean 2.3, so 6 − 2.3 and 2 − 2.3."""
    row = [6.0 if item in (10, 26, 37) else 2.0 for item in range(1, 41)]
    values = scored(ratings({("m", "p", "a", "joke", 1, "pvq40"): row}))
    (values,) = values.values()
    assert values["Hedonism"] == pytest.approx((6, 3.7, 3))
    assert values["Power"] == pytest.approx((2, -0.3, 3))


def test_expected_ratings_are_scored_in_place_of_chosen_ones():
    given_ = administrations(2)
    expected = {who: by_hand([r / 2 for r in row]) for who, row in given_.items()}
    assert_same(scored(ratings(given_), "expected"), expected)


def test_order_of_rows_does_not_matter():
    table = ratings(administrations(3, 0.1))
    shuffled = table.sample(frac=1, random_state=1)
    assert_same(scored(shuffled), scored(table))


def test_value_without_an_answer_has_no_score_but_stays_in_the_table():
    row = [NAN if VALUE[i] == "Power" else 3.0 for i in range(1, 41)]
    (values,) = scored(ratings({("m", "p", "a", "joke", 1, "pvq40"): row})).values()
    assert len(values) == 10
    assert values["Power"] == pytest.approx((NAN, NAN, 0), nan_ok=True)
    assert values["Hedonism"] == (3, 0, 3)


def test_missing_answers_of_one_respondent_leave_the_others_alone():
    full = administrations(4)
    gap = {who: [NAN, *row[1:]] if who[2] == "a" else row for who, row in full.items()}
    a, b = scored(ratings(full)), scored(ratings(gap))
    assert {w for w in a if a[w] != b[w]} == {w for w in a if w[2] == "a"}


rows = st.lists(st.one_of(st.just(NAN), st.integers(1, 6).map(float)), min_size=40, max_size=40)


@settings(deadline=None, max_examples=30)
@given(rows, st.floats(-3, 3))
def test_centred_scores_weighted_by_items_sum_to_zero_and_ignore_a_shift(row, shift):
    who = ("m", "p", "a", "joke", 1, "pvq40")
    (values,) = scored(ratings({who: row})).values()
    answered = [(c, n) for _, c, n in values.values() if n]
    assert sum(n for _, n in answered) == sum(not math.isnan(r) for r in row)
    assert math.fsum(c * n for c, n in answered) == pytest.approx(0, abs=1e-9)
    (shifted,) = scored(ratings({who: [r + shift for r in row]})).values()
    for value, (score, centred, items) in values.items():
        assert shifted[value] == pytest.approx(
            (score + shift, centred, items), nan_ok=True, abs=1e-9
        )


def test_scores_of_a_task_are_not_centred():
    """Only those of the instruments named; the others of the same respondents are."""
    table = ratings(administrations(2))
    tasks = table.assign(instrument="donation")
    both = value_scores(pd.concat([table, tasks]), "choice", {"donation"})
    own = both[both["instrument"].eq("donation")]
    assert (own["centred"] == own["score"]).all() and own["score"].gt(0).all()
    pd.testing.assert_frame_equal(
        both[both["instrument"].eq("pvq40")].reset_index(drop=True), value_scores(table, "choice")
    )
