"""The readout `distribution`: a percentage for every option, in a job, in the store and in the scores."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from plain_wording import PLAIN

from holdfast.design.instruments import Instrument, load_instrument, write_instrument
from holdfast.design.personas import Persona
from holdfast.design.readouts import of_readout
from holdfast.inference.backends.protocol import PERCENTAGE_TOKENS, Answer
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.cost_forecast import Counting
from holdfast.inference.inference_job import run_job
from holdfast.inference.interview.distributions import distributed_answer, distribution_request
from holdfast.inference.interview.questions import questions
from holdfast.inference.interview.sessions import read_design, sessions
from holdfast.scoring.scoring_job import write_scores
from holdfast.tables.table_files import read_table
from small_jobs import Job

RESOURCES = Path(__file__).resolve().parents[4] / "resources"
WANTED: dict[str, Any] = {
    "readouts": ["logit", "distribution"], "distribution_tokens": 12, "instruments": ["short"],
}  # fmt: skip


@pytest.fixture
def job(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> Job:
    return Job(tmp_path, model_folders["llama"], instrument, personas)


def reference(job: Job, kind: str) -> Job:
    job.entry = {"model": {}, "deployment": {"backend": kind}}
    return job


def answers(job: Job, **wanted: Any) -> pd.DataFrame:
    return read_table(job.prepared_and_run(**WANTED | wanted)["responses"], "responses")


def read(job: Job, said: str) -> Answer:
    """Return an answer to a question with six options."""
    a = job.prepare(**WANTED)
    parts = [a[k] for k in ("personas", "profiles", "contexts", "instruments")]
    design = read_design(a["design"], *parts)
    question = next(questions(design, sessions(design)[0]))
    return distributed_answer(question, Answer(said, tokens=9))


def test_shares_are_probabilities_and_the_largest_is_the_answer(job: Job) -> None:
    found = read(job, "A: 10%\nB: 60%\nC: 30%")
    assert (found.text, found.status, found.mass, found.tokens) == ("B", "ok", 1.0, 9)
    assert np.exp(found.logprobs) == pytest.approx([0.1, 0.6, 0.3, 0, 0, 0])


@pytest.mark.parametrize(
    ("said", "mass", "shares"),
    [("A: 48%\nB: 48%", 0.96, [0.48, 0.48]), ("A: 52%\nB: 52%", 1.0, [0.5, 0.5])],
)
def test_a_sum_near_100_is_read_and_of_equals_the_first_shown_is_the_answer(
    job: Job, said: str, mass: float, shares: list[float]
) -> None:
    found = read(job, said)
    assert (found.text, found.status, found.mass) == ("A", "ok", mass)
    assert np.exp(found.logprobs) == pytest.approx([*shares, 0, 0, 0, 0])


@pytest.mark.parametrize("status", ["ok", "cut", "refused", "filtered", "thought_not_ended"])
def test_what_can_t_be_read_is_invalid_or_says_why(job: Job, status: str) -> None:
    a = job.prepare(**WANTED)
    parts = [a[k] for k in ("personas", "profiles", "contexts", "instruments")]
    design = read_design(a["design"], *parts)
    question = next(questions(design, sessions(design)[0]))
    found = distributed_answer(question, Answer("A: 40%", status=status))
    assert found.text == "" and not found.logprobs and math.isnan(found.mass)
    assert found.status == ("invalid" if status in ("ok", "cut") else status)


def test_the_prompt_asks_for_percentages_and_begins_no_answer(job: Job) -> None:
    a = job.prepare(**WANTED)
    parts = [a[k] for k in ("personas", "profiles", "contexts", "instruments")]
    design = read_design(a["design"], *parts)
    request = distribution_request(design, next(questions(design, sessions(design)[0])))
    asked = request.prompt.turns[-1].text
    assert asked.endswith(PLAIN.questionnaire.distribution)
    assert PLAIN.questionnaire.closing not in asked and request.prompt.prefill == ""
    assert (request.max_new_tokens, request.readout) == (12, "distribution")


@pytest.mark.parametrize("kind", ["chat", "base"])
def test_a_further_readout_computes_only_itself_and_its_words_are_kept(job: Job, kind: str) -> None:
    job.entry["model"]["kind"] = kind
    job.run(instruments=["short"])
    arguments = job.prepared_and_run(**WANTED)
    facts, found = job.finished(arguments), read_table(arguments["responses"], "responses")
    assert facts["computed"] == 2 * 3 * 4 and facts["audit"]["contaminated"] == 0
    said = of_readout(found, "distribution")
    assert said["said"].ne("").any() and len(said) == 2 * 3 * 4
    assert set(said["status"]) <= {"ok", "invalid"}
    assert facts["invalid"] == (said["status"] == "invalid").sum()
    assert job.run(**WANTED)["computed"] == 0
    assert job.run(**WANTED | {"distribution_tokens": 11})["computed"] == 2 * 3 * 4


@pytest.mark.parametrize(
    ("kind", "alike"), [("random", False), ("constant", True), ("simulated", True)]
)
def test_references_say_what_they_choose(job: Job, kind: str, alike: bool) -> None:
    found = answers(reference(job, kind), people=6, topics=3)
    assert found["status"].eq("ok").all() and found["mass"].to_numpy() == pytest.approx(1, abs=1e-6)
    first, said = (of_readout(found, r) for r in WANTED["readouts"])
    same = (first["answer"] == said["answer"]).mean()
    assert same == 1 if alike else 0.02 < same < 0.35
    if alike:
        pairs = zip(first["logprobs"], said["logprobs"], strict=True)
        assert all(np.exp(a) == pytest.approx(np.exp(b), abs=1e-7) for a, b in pairs)


def test_the_expected_rating_is_the_mean_of_what_is_said(job: Job) -> None:
    simulated = reference(job, "simulated")
    a = simulated.prepared_and_run(**WANTED | {"readouts": ["distribution"]})
    outputs = job.folder / "ratings.parquet", job.folder / "values.parquet"
    short = job.instrument.model_copy(update={"name": "short"})
    write_scores(responses=a["responses"], instruments=[short], rating="expected", on_invalid="missing",
                 seed=1, ratings=outputs[0], values=outputs[1])  # fmt: skip
    rated = read_table(outputs[0], "ratings")
    shares = [np.exp(x) for x in read_table(a["responses"], "responses")["logprobs"]]
    orders = read_table(a["responses"], "responses")["order"]
    means = [p @ np.array(o) / p.sum() for p, o in zip(shares, orders, strict=True)]
    assert rated["expected"].to_numpy() == pytest.approx(np.array(means))
    assert (rated["expected"] % 1 != 0).any()


def test_items_of_a_list_are_rated_by_percentages_and_chosen_by_a_letter(job: Job) -> None:
    simulated = reference(job, "simulated")
    a = simulated.prepare(
        **WANTED | {"readouts": ["distribution"], "instruments": []}, people=1, topics=1
    )
    a["instruments"] = [job.folder / "svs.json"]
    write_instrument(load_instrument(RESOURCES, "svs"), a["instruments"][0])
    run_job(**a)
    found = read_table(a["responses"], "responses")
    assert found["status"].eq("ok").all()
    chosen = found["step"].isin(["most", "least"])
    assert found.loc[chosen, "logprobs"].map(len).eq(0).all() and chosen.sum() == 2 * 2 * 2
    assert found.loc[~chosen, "logprobs"].map(len).eq(9).all()


@pytest.mark.parametrize(("longest", "each"), [(160, 6 * PERCENTAGE_TOKENS), (20, 20)])
def test_an_estimate_counts_the_percentages_of_every_option(
    job: Job, longest: int, each: int
) -> None:
    a = job.prepare(**WANTED | {"distribution_tokens": longest})
    parts = [a[k] for k in ("personas", "profiles", "contexts", "instruments")]
    design = read_design(a["design"], *parts)
    counting = Counting(ReferenceBackend("random", None, 1), length=8)
    asked = list(questions(design, sessions(design)[0]))
    replies = list(counting.generate([distribution_request(design, q) for q in asked]))
    assert (counting.answers, counting.messages, counting.written) == (4, 0, 4 * each)
    assert [distributed_answer(q, r).status for q, r in zip(asked, replies, strict=True)] == [
        "ok"
    ] * 4
