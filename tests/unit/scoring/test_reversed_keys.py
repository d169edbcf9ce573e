"""Reversed items, items of no value and of two, and options that are no rating: from key to estimates."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from holdfast.design.contexts import context_rows
from holdfast.design.instruments import Instrument, ItemTexts
from holdfast.design.personas import Persona
from holdfast.design.scoring_keys import Option
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.interview.questions import questions, score_request
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.models.simulation import Simulation
from holdfast.inference.prompting.wordings import load_wording
from holdfast.scoring.keyed_ratings import as_chosen, keyed_rows
from holdfast.scoring.ratings import rate
from holdfast.scoring.value_scores import value_scores
from holdfast.stability.estimation.score_arrays import Design as Asked
from holdfast.stability.measures.response_style import balanced_acquiescence, response_style
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.stability.stability_job import estimate

ROOT = Path(__file__).resolve().parents[3]
RESOURCES = ROOT / "resources"
CASE = yaml.safe_load((ROOT / "tests/cases/reversed.yaml").read_text(encoding="utf-8"))
ABOUT = {"wording": "own", "source": "x", "licence": "x", "introduction": "x", "question": "x?"}
KEY = CASE["values"]


def instrument(**changes):
    """Return ten items of two values, half of them reversed, one of neither, and an option that is none."""
    options = [Option(**o) for o in CASE["options"]]
    items = [ItemTexts(item=n, female=f"{n}", male=f"{n}", neutral=f"{n}") for n in range(1, 12)]
    return Instrument(**(ABOUT | {
        "name": "mixed", "title": "x", "framework": "own", "items": items, "values": KEY,
        "options": options, "unscored": CASE["unscored"],
    } | changes))  # fmt: skip


MIXED = instrument()
PEOPLE = [f"p{i}" for i in range(40)]


def design(asked, people=PEOPLE):
    topics = [
        {"topic": t, "domain": "social", "opening": f"Let us talk about {t}."}
        for t in ("tea", "rain", "maps")
    ]
    return Design(
        seed=1, replicates=1, profiles={}, option_order="item", readouts=["logit"],
        personas=[Persona(persona=p, name=p, description="One.") for p in people],
        contexts=context_rows(topics, 3, False, ()), instruments=[asked], max_new_tokens=10,
        wordings={"plain": load_wording(RESOURCES, "plain").model_dump()},
    )  # fmt: skip


def responses(backend, asked, people=PEOPLE):
    """Return a reference's table of responses."""
    told, rows = design(asked, people), []
    for session in sessions(told):
        own = list(questions(told, session))
        answers = backend.score([score_request(told, q) for q in own])
        rows += [
            {
                "model": "m", "population": "p", "respondent": q.asked.respondent,
                "context": q.asked.context, "replicate": 1, "instrument": asked.name,
                "item": q.asked.item, "order": list(q.asked.order), "answer": a.text,
                "logprobs": list(a.logprobs), "mass": 1.0, "status": "ok", "readout": "logit",
                "prompt": "", "revision": "",
            }
            for q, a in zip(own, answers, strict=True)
        ]  # fmt: skip
    return pd.DataFrame(rows)


def estimated(backend, asked, people=PEOPLE, **settings):
    """Return ratings, scores and pooled estimates of a reference."""
    rated = rate(responses(backend, asked, people), [asked], "missing", 1)
    scores = value_scores(keyed_rows(rated, [asked]), "choice")
    told = Asked([1], ["tea", "rain", "maps"], people, pd.DataFrame(), [asked])
    how = {"seed": 1, "undefined": "zero", "draws": 50, "confidence": 0.95, "null_simulations": 40,
           "rating": "choice", "option_order": "item"}  # fmt: skip
    found = estimate(scores, told, asked, how | settings, rated).estimates
    pooled = {
        e.quantity: e for e in found if not (e.value or e.context_a or e.replicate is not None)
    }
    return rated, scores, pooled


def test_the_same_answer_to_everything_is_in_the_middle():
    rated, scores, pooled = estimated(ReferenceBackend("constant", None, 1), MIXED, PEOPLE[:4])
    assert set(scores["score"]) == {3.0} and set(scores["centred"]) == {0.0}
    assert set(scores["value"]) == set(KEY) and set(scores["items"]) == {5}
    assert set(rated["item"]) == set(range(1, 12)) and set(rated["status"]) == {"ok"}
    assert set(rated.loc[rated["item"].eq(11), "value"]) == {""}
    assert pooled["acquiescence_balanced"].estimate == 0


def row(item, answer, order=(5, 4, 3, 2, 1, -1001), logprobs=(), **about):
    return {
        "model": "m", "population": "p", "respondent": "a", "context": "tea", "replicate": 1,
        "instrument": "mixed", "item": item, "order": list(order), "answer": answer,
        "logprobs": list(logprobs), "mass": 1.0, "status": "ok", "readout": "logit",
    } | about  # fmt: skip


def test_always_the_highest_option_is_acquiescence_and_no_trait():
    """Of the ten items five are reversed: what is agreed with on both sides cancels out."""
    table = rate(pd.DataFrame([row(n, "A") for n in range(1, 12)]), [MIXED], "missing", 1)
    assert table["rating"].tolist() == [5, 1, 5, 1, 5, 1, 5, 1, 5, 1, 5]
    scores = value_scores(keyed_rows(table, [MIXED]), "choice").set_index("value")
    assert scores["score"].to_dict() == pytest.approx({"Outgoing": 3.4, "Calm": 2.6})
    assert scores["score"].mean() == 3
    (found,) = balanced_acquiescence(as_chosen(table, MIXED), MIXED, ["a"], Settings(draws=10))
    assert found.quantity == "acquiescence_balanced" and found.estimate == 1


def test_balanced_acquiescence_by_hand():
    """The mean of the means of both directions, and of the values; what is missing tips no side."""
    chosen = dict(zip(range(1, 11), [5, 4, 4, 2, 3, 1, 2, 5, None, 4], strict=True))
    letters = {None: "F", 5: "A", 4: "B", 3: "C", 2: "D", 1: "E"}
    rows = [row(n, letters[r]) for n, r in chosen.items()]
    table = as_chosen(rate(pd.DataFrame(rows), [MIXED], "missing", 1), MIXED)
    assert [None if math.isnan(r) else r for r in table["rating"]] == list(chosen.values())
    outgoing = ((5 + 4 + 3) / 3 + (4 + 2) / 2) / 2
    calm = (2 + (1 + 5 + 4) / 3) / 2
    (found,) = balanced_acquiescence(table, MIXED, ["a"], Settings(draws=10))
    assert found.estimate == pytest.approx(((outgoing - 3) / 2 + (calm - 3) / 2) / 2)
    one_way = instrument(values={"All": list(range(1, 11))})
    assert balanced_acquiescence(table, one_way, ["a"], Settings(draws=10)) == []


def test_null_of_balanced_acquiescence_is_that_of_random_answers():
    uneven = instrument(values={"Outgoing": [1, *range(-6, -1)], "Calm": [7, 8, 9, -10]})
    _, _, pooled = estimated(ReferenceBackend("random", None, 1), uneven, draws=10)
    found, seen = pooled["acquiescence_balanced"], []
    rng = np.random.default_rng(1)
    for _ in range(2000):
        x = rng.integers(-2, 3, 10) / 2
        seen.append((x[:1].mean() + x[1:6].mean() + x[6:9].mean() + x[9:].mean()) / 4)
    each = found.null_sd * np.sqrt(len(PEOPLE) * 3)
    assert np.std(seen) == pytest.approx(each, rel=0.05)
    assert abs(found.estimate - found.null_mean) < 3 * found.null_sd


@pytest.mark.parametrize("rising", [False, True])
def test_simulated_answers_are_as_stable_and_consistent_as_without_reversed_items(rising):
    """The same answers, item by item, with the key's minus signs taken away from question and key alike."""
    plain = {value: [abs(i) for i in items] for value, items in KEY.items()}
    backend = ReferenceBackend("simulated", Simulation(profile_sd=1, noise_sd=0.6), 1)
    found = {}
    for key in (KEY, plain):
        options = MIXED.options[:5][::-1] if rising else MIXED.options
        found[key["Calm"][0]] = estimated(backend, instrument(values=key, options=options))[2]
    quantities = ("rank_order", "cronbach_alpha_raw", "omega")
    for quantity in quantities:
        turned, straight = (found[sign][quantity].estimate for sign in (-6, 6))
        assert turned == pytest.approx(straight, abs=0.03) and turned > 0.7, quantity


def test_a_key_that_ignores_the_minus_is_found_out():
    """What the test above would see if reversed answers were scored as they are."""
    backend = ReferenceBackend("simulated", Simulation(profile_sd=1, noise_sd=0.6), 1)
    rated = rate(responses(backend, MIXED), [MIXED], "missing", 1)
    first = rated[rated["context"].eq("tea")].pivot(
        index="respondent", columns="item", values="rating"
    )
    raw = as_chosen(rated, MIXED)
    other = raw[raw["context"].eq("tea")].pivot(index="respondent", columns="item", values="rating")
    assert (
        np.corrcoef(first[1], first[2])[0, 1] > 0.5 > -0.5 > np.corrcoef(other[1], other[2])[0, 1]
    )


def test_an_option_that_is_no_rating_is_missing_and_told():
    logs = np.log([0.1, 0.1, 0.1, 0.05, 0.05, 0.6])
    rows = [row(1, "F", logprobs=logs), row(2, "A", logprobs=logs), row(2, "G", logprobs=logs)]
    for on_invalid in ("missing", "random"):
        table = rate(pd.DataFrame(rows), [MIXED], on_invalid, 1)
        told = table[["status", "position"]].to_numpy().tolist()
        assert told[:2] == [["no_rating", 6], ["ok", 1]]
        assert table.loc[0, ["rating", "expected"]].isna().all()
        mean = (0.5 + 0.4 + 0.3 + 0.1 + 0.05) / 0.4
        assert table.loc[1, "rating"] == 1
        assert table.loc[1, "expected"] == pytest.approx(6 - mean)
        assert table.loc[2, "status"] == ("no_letter" if on_invalid == "missing" else "random")
    drawn = [rate(pd.DataFrame([row(2, "G")]), [MIXED], "random", s) for s in range(40)]
    assert {int(t["rating"].iloc[0]) for t in drawn} == {1, 2, 3, 4, 5}
    nothing = np.log([0, 0, 0, 0, 0, 1.0], where=[False] * 5 + [True], out=np.full(6, -np.inf))
    alone = rate(pd.DataFrame([row(1, "A", logprobs=nothing)]), [MIXED], "missing", 1)
    assert alone["rating"].iloc[0] == 5 and math.isnan(alone["expected"].iloc[0])


def test_share_of_options_that_are_no_rating():
    table = pd.DataFrame([row(n, "F" if n == 1 else "A" if n < 9 else "?") for n in range(1, 11)])
    rated = rate(table, [MIXED], "missing", 1)
    style = response_style(
        as_chosen(rated, MIXED), ["a"], MIXED.ratings(), Settings(draws=10), fixed_order=False,
        shown=len(MIXED.options),
    )  # fmt: skip
    found = {e.quantity: e.estimate for e in style}
    assert found["no_rating_share"] == pytest.approx(0.1)
    assert found["invalid_share"] == pytest.approx(0.2)
    assert found["extremity"] == found["acquiescence"] == 1
    places = np.array([7, 0, 0, 0, 0, 1]) / 8  # of six
    bias = np.sqrt(6 / 5 * ((places - 1 / 6) ** 2).sum())
    assert found["position_bias"] == pytest.approx(bias)


TWICE = instrument(values={"A": [1, -2, 3], "B": [2, 3, 4], "C": [-3, 5]}, unscored=[*range(6, 12)])


def test_an_item_of_several_values_counts_for_each_with_its_own_sign():
    ratings = {1: 5, 2: 4, 3: 2, 4: 1, 5: 3}
    rows = [row(n, "ABCDE"[5 - r]) for n, r in ratings.items()]
    table = rate(pd.DataFrame(rows), [TWICE], "missing", 1)
    assert len(table) == 5 and table["value"].tolist() == ["A", "A", "A", "B", "C"]
    assert table["rating"].tolist() == [5, 2, 2, 1, 3]
    scores = value_scores(keyed_rows(table, [TWICE]), "choice").set_index("value")
    by_value = {"A": [5, 2, 2], "B": [4, 2, 1], "C": [4, 3]}
    whole = np.mean([r for own in by_value.values() for r in own])
    for value, own in by_value.items():
        assert scores.loc[value, "score"] == np.mean(own)
        assert scores.loc[value, "centred"] == pytest.approx(np.mean(own) - whole)


def test_items_of_several_values_are_consistent_within_each():
    backend = ReferenceBackend("simulated", Simulation(profile_sd=1, noise_sd=0.6), 1)
    rated, scores, pooled = estimated(backend, TWICE)
    raw = as_chosen(rated, TWICE)
    alphas = []
    for context in ("tea", "rain", "maps"):
        x = raw[raw["context"].eq(context)].pivot(
            index="respondent", columns="item", values="rating"
        )
        for key in TWICE.values.values():
            own = np.stack([6 - x[-i] if i < 0 else x[i] for i in key])
            k, c = len(own), np.cov(own)
            alphas.append(k / (k - 1) * (1 - np.trace(c) / c.sum()))
    assert pooled["cronbach_alpha_raw"].estimate == pytest.approx(np.mean(alphas))
    assert pooled["rank_order"].estimate > 0.5 and len(scores) == 3 * 3 * len(PEOPLE)
