"""The reference backends: answers whose stability is known."""

from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from holdfast.design.facets.option_orders import option_order
from holdfast.inference.backends.protocol import Asked, MessageRequest, ScoreRequest
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.models.registry import read_registry
from holdfast.inference.models.simulation import Simulation
from holdfast.inference.prompting.prompts import Prompt, Turn

MODELS = Path(__file__).resolve().parents[4] / "resources" / "models"
SCALE = (6, 5, 4, 3, 2, 1)
PROMPT = Prompt("", (Turn("interlocutor", "question"),), "persona")


def asked(
    respondent="a", context="joke", replicate=1, item=1, value="Power", order=None, latent=None
):
    order = order or option_order("item", 1, SCALE, replicate, respondent, context, item)
    return Asked(respondent, context, replicate, item, value, tuple(order), latent)


def reference(kind, seed=1, **simulation):
    return ReferenceBackend(kind, Simulation(**simulation) if simulation else None, seed)


def ratings(backend, questions):
    """Return the ratings of the answers, read off the letters as the scoring room does."""
    requests = [ScoreRequest(PROMPT, "ABCDEF", 0, q) for q in questions]
    return [
        q.order["ABCDEF".index(a.text)]
        for q, a in zip(questions, backend.score(requests), strict=True)
    ]


def many(**ranges):
    """Return questions for every combination of what is given."""
    return [asked(**dict(zip(ranges, who, strict=True))) for who in product(*ranges.values())]


PEOPLE = [str(i) for i in range(400)]
KINDS = ["random", "constant", "simulated"]


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_probabilities_about_the_latent_rating(kind):
    """Their mean is the latent rating (or the scale's end), and the choice is the step next to it."""
    backend = reference(kind, noise_sd=1)
    questions = many(respondent=PEOPLE[:40], item=range(1, 6))
    requests = [ScoreRequest(PROMPT, "ABCDEF", 0, q) for q in questions]
    for answer, question in zip(backend.score(requests), questions, strict=True):
        p = np.exp(answer.logprobs)
        latent = np.clip(backend.latent(question), 1, 6)
        rating = question.order["ABCDEF".index(answer.text)]
        assert p.sum() == pytest.approx(1)
        assert (answer.mass, answer.status) == (1, "ok")
        assert "ABCDEF"[int(p.argmax())] == answer.text
        assert p @ question.order == pytest.approx(latent)
        assert abs(rating - latent) <= 0.5
        assert {r for r, x in zip(question.order, p, strict=True) if x > 0} <= {
            np.floor(latent), np.ceil(latent)
        }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_answers_depend_on_the_question_alone(kind):
    """Not on their order, nor on what else is asked, nor on an earlier run."""
    questions = many(respondent=PEOPLE[:10], context=["joke", "poem"], item=[1, 2])
    first = ratings(reference(kind, noise_sd=1), questions)
    assert ratings(reference(kind, noise_sd=1), questions[::-1]) == first[::-1]
    assert ratings(reference(kind, noise_sd=1), questions[7:9]) == first[7:9]


@pytest.mark.parametrize("kind", ["random", "simulated"])
def test_another_seed_gives_other_answers(kind):
    questions = many(respondent=PEOPLE[:50])
    assert ratings(reference(kind), questions) != ratings(reference(kind, seed=2), questions)


def test_random_answers_are_uniform_over_ratings_and_places():
    questions = many(respondent=PEOPLE, context=["joke", "poem"], item=[1, 2, 3])
    found = ratings(reference("random"), questions)
    counts = Counter(found)
    assert stats.chisquare([counts[r] for r in SCALE]).pvalue > 1e-3
    places = Counter(q.order.index(r) for q, r in zip(questions, found, strict=True))
    assert stats.chisquare([places[i] for i in range(6)]).pvalue > 1e-3


@pytest.mark.parametrize(
    "pair",
    [
        {"context": ["joke", "poem"]},
        {"replicate": [1, 2]},
        {"item": [1, 2]},
        {"respondent": ["x", "y"]},
    ],
)
def test_random_answers_of_two_questions_are_independent(pair):
    other = {"item": range(1, 401)} if "respondent" in pair else {"respondent": PEOPLE}
    other = other if "item" not in pair else {"respondent": PEOPLE}
    a, b = (ratings(reference("random"), many(**{k: [v]}, **other)) for k in pair for v in pair[k])
    assert abs(stats.spearmanr(a, b).statistic) < 4 / np.sqrt(400)


def test_constant_gives_one_rating_always():
    questions = many(
        respondent=PEOPLE[:20], context=["joke", "none"], replicate=[1, 2], item=[1, 2]
    )
    assert set(ratings(reference("constant"), questions)) == {4}
    three = [asked(order=o, item=i) for i, o in enumerate([(1, 2, 3), (3, 1, 2)], start=1)]
    requests = [ScoreRequest(PROMPT, "ABC", 0, q) for q in three]
    answers = reference("constant").score(requests)
    assert {q.order["ABC".index(a.text)] for q, a in zip(three, answers, strict=True)} == {2}


def test_simulated_exact_answers_the_same_in_all_contexts_and_replicates():
    entry = read_registry(MODELS)["simulated-exact"]
    backend = ReferenceBackend("simulated", entry.deployment.simulation, 1)
    values = ["Power", "Hedonism", "Security"]
    places = [{"context": [c], "replicate": [r]} for c in ("joke", "poem", "none") for r in (1, 2)]
    found = {
        tuple(ratings(backend, many(respondent=PEOPLE[:60], value=values, **p))) for p in places
    }
    assert len(found) == 1
    (answers,) = found
    assert len(set(answers)) > 3  # people differ: a correlation is defined


def test_items_of_one_value_agree_without_noise():
    backend = reference("simulated", profile_sd=1)
    a, b = (ratings(backend, many(respondent=PEOPLE[:60], item=[i])) for i in (7, 16))
    assert a == b


@pytest.mark.parametrize("what", ["context", "replicate", "item"])
def test_noise_changes_answers_between_any_two_questions(what):
    other = {"context": "poem", "replicate": 2, "item": 2}
    backend = reference("simulated", profile_sd=1, noise_sd=0.8)
    a = ratings(backend, many(respondent=PEOPLE))
    b = ratings(backend, many(respondent=PEOPLE, **{what: [other[what]]}))
    r = stats.spearmanr(a, b).statistic
    assert 0.3 < r < 0.9


def test_context_shift_is_shared_by_the_items_of_a_value_alone():
    """A conversation is sampled anew in each replicate, and so is its shift."""
    backend = reference("simulated", profile_sd=0.5, context_sd=1)
    one = ratings(backend, many(respondent=PEOPLE[:60]))
    assert ratings(backend, many(respondent=PEOPLE[:60], item=[2])) == one
    for other in ({"context": ["poem"]}, {"replicate": [2]}, {"value": ["Hedonism"]}):
        assert ratings(backend, many(respondent=PEOPLE[:60], **other)) != one


def test_option_shown_early_is_favoured():
    backend = reference("simulated", profile_sd=0, order_sd=0.5)
    early, late = backend.latent(asked(order=SCALE)), backend.latent(asked(order=SCALE[::-1]))
    assert early > 3.5 > late
    assert early - 3.5 == pytest.approx(3.5 - late)


@pytest.mark.parametrize("sd", ["profile_sd", "context_sd", "order_sd", "noise_sd"])
def test_each_standard_deviation_is_what_it_is_named(sd):
    """Latent ratings have mean 3.5 and the standard deviation asked for (order: six places)."""
    backend = reference("simulated", **({"profile_sd": 0.0} | {sd: 0.6}))
    x = [backend.latent(q) for q in many(respondent=[str(i) for i in range(3000)])]
    assert np.mean(x) == pytest.approx(3.5, abs=4 * 0.6 / np.sqrt(3000))
    assert np.std(x) == pytest.approx(0.6, rel=0.06)


def test_a_length_s_shift_grows_with_its_messages():
    backend = reference("simulated", profile_sd=0, length_sd=0.1)
    for messages in (0, 1, 16):
        questions = [replace(q, messages=messages) for q in many(respondent=map(str, range(3000)))]
        found = np.std([backend.latent(q) for q in questions])
        assert found == pytest.approx(0.1 * np.sqrt(messages), rel=0.06)


def test_topics_of_a_domain_share_its_shift_in_all_replicates():
    backend = reference("simulated", profile_sd=0, domain_sd=0.6)
    questions = many(respondent=PEOPLE, context=["joke", "poem"], replicate=[1, 2])
    of = {
        domain: np.reshape([backend.latent(replace(q, domain=domain)) for q in questions], (-1, 4))
        for domain in ("creative", "social", "")
    }
    assert np.ptp(of["creative"], axis=1).max() == pytest.approx(0)
    assert abs(np.corrcoef(of["creative"][:, 0], of["social"][:, 0])[0, 1]) < 4 / np.sqrt(400)
    assert np.std(of["social"]) == pytest.approx(0.6, rel=0.15)
    assert np.ptp(of[""]) == 0  # no conversation, no domain


def test_variances_add_up():
    backend = reference("simulated", profile_sd=0.8, context_sd=0.4, noise_sd=0.3)
    grid = [{"context": [c]} for c in ("joke", "poem")]
    a, b = (
        [backend.latent(q) for q in many(respondent=[str(i) for i in range(3000)], **g)]
        for g in grid
    )
    total = 0.8**2 + 0.4**2 + 0.3**2
    assert np.var(a) == pytest.approx(total, rel=0.12)
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(0.8**2 / total, abs=0.04)


@pytest.mark.parametrize(("latent", "rating"), [(4.4, 4), (4.6, 5), (-3.0, 1), (9.0, 6), (1.2, 1)])
def test_known_latent_value_is_rounded_to_the_scale(latent, rating):
    assert ratings(reference("simulated", profile_sd=1), [asked(latent=latent)]) == [rating]


def test_known_latent_value_takes_the_profile_s_place():
    backend = reference("simulated", profile_sd=1)
    assert ratings(backend, [asked(who, latent=2.0) for who in PEOPLE[:20]]) == [2] * 20


@pytest.mark.parametrize("kind", KINDS)
def test_messages_are_one_fixed_sentence_for_each_request(kind):
    requests = [MessageRequest(PROMPT, seed, 100) for seed in range(3)]
    answers = list(reference(kind).generate(requests))
    assert len(answers) == 3
    assert len(set(answers)) == 1
    assert answers[0].status == "ok"
    assert answers[0].tokens == len(answers[0].text.split())


def test_identity_holds_what_decides_the_answers():
    identities = [
        reference(*x[:1], **x[1]).identity()
        for x in [("random", {}), ("random", {"seed": 2}), ("constant", {}), ("simulated", {}),
                  ("simulated", {"noise_sd": 1}), ("simulated", {"seed": 2})]
    ]  # fmt: skip
    assert all("reference" in i for i in identities)
    assert len({str(i) for i in identities}) == 6
