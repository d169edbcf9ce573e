"""Answers to ratings: against a plain independent computation, and every kind of missing answer."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from holdfast.design.instruments import load_instrument
from holdfast.scoring.ratings import expected_rating, rate
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table, write_table

PVQ40 = load_instrument(Path(__file__).resolve().parents[3] / "resources", "pvq40")
VALUE = PVQ40.value_of()


def response(item=1, answer="A", order=(6, 5, 4, 3, 2, 1), logprobs=None, status="ok", **who):
    """Return one row of the table `responses`."""
    if logprobs is None:
        logprobs = [math.log(1 / len(order))] * len(order)
    return {
        "model": "m", "population": "p", "respondent": "a", "context": "joke", "replicate": 1,
        "instrument": "pvq40", "item": item, "order": list(order), "answer": answer,
        "logprobs": list(logprobs), "mass": 0.9, "status": status, "readout": "logit", "prompt": "x",
        "revision": "",
    } | who  # fmt: skip


def rated(*rows, on_invalid="missing", seed=1):
    return rate(pd.DataFrame(rows), [PVQ40], on_invalid, seed).to_dict("records")


answers = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.permutations([1, 2, 3, 4, 5, 6]),
        st.sampled_from("ABCDEF"),
        st.lists(st.floats(-30, 0), min_size=6, max_size=6),
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=50)
@given(answers)
def test_rating_position_value_and_expected_rating(answers):
    rows = [response(i, letter, order, logs) for i, order, letter, logs in answers]
    for (item, order, letter, logs), row in zip(answers, rated(*rows), strict=True):
        place = "ABCDEF".index(letter)
        p = [math.exp(x) for x in logs]
        assert row["rating"] == order[place]
        assert row["position"] == place + 1
        assert row["value"] == VALUE[item]
        assert row["status"] == "ok"
        mean = math.fsum(a * r for a, r in zip(p, order, strict=True)) / math.fsum(p)
        assert row["expected"] == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("answer", ["", "a", "G", "Z", "AB", "(A)", "7", "Á", "?"])
def test_answer_that_is_no_letter_shown_is_missing_and_told(answer):
    (row,) = rated(response(answer=answer))
    assert math.isnan(row["rating"])
    assert row["position"] == 0
    assert row["status"] == "no_letter"


def test_reason_for_a_missing_answer_is_kept():
    assert [r["status"] for r in rated(response(answer="", status="refused"), response())] == [
        "refused", "ok",
    ]  # fmt: skip


def test_letter_beyond_a_shorter_scale_is_no_answer():
    """Instruments of different scales share one table."""
    rows = rated(
        response(answer="D", order=(3, 2, 1)),
        response(answer="C", order=(3, 2, 1), logprobs=np.log([0.5, 0.25, 0.25])),
        response(answer="D"),
    )
    assert [r["position"] for r in rows] == [0, 3, 4]
    assert [r["rating"] for r in rows[1:]] == [1, 3]
    assert rows[1]["expected"] == pytest.approx(2.25)


def test_expected_rating_without_probabilities_is_missing():
    rows = rated(response(logprobs=[]), response(logprobs=[-math.inf] * 6), response())
    assert [math.isnan(r["expected"]) for r in rows] == [True, True, False]
    assert rows[2]["expected"] == pytest.approx(3.5)


def test_expected_rating_of_one_possible_option_is_its_rating():
    (row,) = rated(response(logprobs=[-math.inf] * 5 + [-3.0]))
    assert row["expected"] == 1


logs = st.lists(st.floats(-50, 0), min_size=6, max_size=6)


@given(logs, st.sampled_from([-1.0, -40.0, -1000.0, -1e6]))
def test_expected_rating_does_not_depend_on_the_letters_mass(logs, shift):
    """A common factor of the probabilities cancels, however small it is."""
    order = np.array([[6, 5, 4, 3, 2, 1.0]] * 2)
    both = expected_rating(order, pd.Series([logs, [x + shift for x in logs]]))
    assert 1 <= both[0] <= 6
    assert both[1] == pytest.approx(both[0], rel=1e-6)


def test_random_option_takes_the_place_of_an_invalid_answer_alone():
    rows = [response(i, answer="" if i % 2 else "B") for i in range(1, 41)]
    for row in rated(*rows, on_invalid="random"):
        if row["item"] % 2:
            assert row["status"] == "random"
            assert row["rating"] == 7 - row["position"] in range(1, 7)
        else:
            assert (row["status"], row["rating"], row["position"]) == ("ok", 5, 2)


def test_random_options_are_counted():
    rows = [response(i, answer="" if i <= 7 else "A") for i in range(1, 41)]
    assert Counter(r["status"] for r in rated(*rows, on_invalid="random")) == {
        "random": 7,
        "ok": 33,
    }
    assert Counter(r["status"] for r in rated(*rows)) == {"no_letter": 7, "ok": 33}


def drawn(rows, seed=1):
    return {
        tuple(r[k] for k in ("model", "respondent", "context", "replicate", "item")): r["rating"]
        for r in rated(*rows, on_invalid="random", seed=seed)
    }


def test_random_options_depend_on_the_question_alone():
    """Not on the order of rows, nor on what else is in the table."""
    rows = [response(i, answer="") for i in range(1, 41)]
    first = drawn(rows)
    assert drawn(rows) == first
    assert drawn(rows[::-1]) == first
    assert drawn(rows[10:20]).items() <= first.items()
    assert (
        drawn([*rows[:5], *(response(i, "A") for i in range(6, 41))]).items()
        >= {k: v for k, v in first.items() if k[-1] < 6}.items()
    )
    assert drawn(rows, seed=2) != first


@pytest.mark.parametrize(
    "who", [{"model": "n"}, {"respondent": "b"}, {"context": "poem"}, {"replicate": 2}]
)
def test_random_options_differ_between_administrations(who):
    one = drawn([response(i, answer="") for i in range(1, 41)])
    other = drawn([response(i, answer="", **who) for i in range(1, 41)])
    assert list(one.values()) != list(other.values())


def test_random_options_are_uniform():
    rows = [response(1, answer="", respondent=str(i), logprobs=[]) for i in range(3000)]
    counts = Counter(drawn(rows).values())
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3


def test_ratings_fit_their_table(tmp_path):
    write_table(pd.DataFrame([response(), response(2, "")]), "responses", tmp_path / "r.parquet")
    table = rate(read_table(tmp_path / "r.parquet", "responses"), [PVQ40], "missing", 1)
    write_table(table, "ratings", tmp_path / "out.parquet")
    back = read_table(tmp_path / "out.parquet", "ratings")
    assert list(back.columns) == list(SCHEMAS["ratings"])
    assert back["rating"].tolist()[0] == 6
    assert back["rating"].isna().tolist() == [False, True]
