"""Readouts: several on the same administrations, each kept apart, reproducible and resumed."""

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from plain_wording import PLAIN
from test_interrupted import rows, tables, until

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.design.readouts import asked_as, of_first, of_readout
from holdfast.inference.interview.questions import (
    answer_request,
    choice_request,
    questions,
    reasoned_request,
    reasoning_request,
    score_request,
)
from holdfast.inference.interview.sessions import read_design, sessions
from holdfast.inference.prompting.reply_letters import named_option
from holdfast.inference.prompting.token_ids import letter_ids
from holdfast.inference.store.store_segments import segment_paths
from holdfast.scoring.scoring_job import write_scores
from holdfast.tables.table_files import read_table
from small_jobs import Job
from small_models import backend_of, plain

ASKS = PLAIN.questionnaire
CHOOSE, LETTER, PREFILL, THINK = ASKS.choose, ASKS.closing, ASKS.prefill, ASKS.think
ALL = {
    "readouts": ["logit", "generate", "cot"], "answer_tokens": 6, "reasoning_tokens": 8,
    "instruments": ["short"],
}  # fmt: skip
KEYS = ["respondent", "context", "replicate", "item"]


@pytest.fixture
def job(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> Job:
    return Job(tmp_path, model_folders["llama"], instrument, personas)


def reference(job: Job, kind: str, **simulation: float) -> Job:
    deployment = {"backend": kind} | ({"simulation": simulation} if simulation else {})
    job.entry = {"model": {}, "deployment": deployment}
    return job


def answers(job: Job, **wanted: Any) -> pd.DataFrame:
    return read_table(job.prepared_and_run(**wanted)["responses"], "responses")


def test_every_readout_answers_every_item_and_the_first_stands_first(job: Job) -> None:
    found = answers(job, **ALL)
    assert found["readout"].drop_duplicates().tolist() == ["logit", "generate", "cot"]
    each = [of_readout(found, r)[KEYS] for r in ALL["readouts"]]
    assert len(each[0]) == 2 * 3 * 4
    assert each[0].equals(each[1]) and each[0].equals(each[2])
    assert of_first(found)["readout"].eq("logit").all()
    thought = of_readout(found, "cot")
    assert thought["reasoning"].ne("").any() and (thought["logprobs"].map(len) == 6).all()
    assert found.loc[found["readout"] != "cot", "reasoning"].eq("").all()


def test_generated_answers_keep_their_words_and_unreadable_ones_are_invalid(job: Job) -> None:
    arguments = job.prepared_and_run(**ALL)
    said = of_readout(read_table(arguments["responses"], "responses"), "generate")
    text = {o.rating: o.text for o in job.instrument.options}
    for row in said.to_dict("records"):
        letter = named_option(row["said"], "ABCDEF", [text[r] for r in row["order"]])
        assert (row["answer"], row["status"]) == (letter, "ok" if letter else "invalid")
    assert said["said"].ne("").any() and (said["logprobs"].map(len) == 0).all()
    assert job.finished(arguments)["invalid"] == (said["status"] == "invalid").sum() > 0


def test_one_readout_is_as_it_was_before_there_were_others(job: Job) -> None:
    alone = answers(job, instruments=["short"])
    assert not {"said", "reasoning"} & set(alone)
    among = answers(job, **ALL)
    first = of_first(among)
    assert first["prompt"].tolist() == alone["prompt"].tolist()
    assert first["logprobs"].map(list).tolist() == alone["logprobs"].map(list).tolist()


def test_another_readout_of_answered_administrations_computes_only_itself(job: Job) -> None:
    job.run(instruments=["short"])
    more = job.run(**ALL | {"readouts": ["logit", "generate"]})
    assert more["computed"] == 2 * 3 * 4
    assert job.run(**ALL)["computed"] == 2 * 2 * 3 * 4
    assert job.run(**ALL | {"readouts": ["generate"]})["computed"] == 0
    assert job.run(**ALL | {"readouts": ["generate"], "answer_tokens": 5})["computed"] == 2 * 3 * 4


def test_no_two_readouts_share_an_answer(job: Job) -> None:
    found = answers(reference(job, "random"), **ALL)
    assert not found["prompt"].duplicated().any()


def test_what_is_said_does_not_depend_on_who_shares_the_batch(job: Job) -> None:
    few = answers(job, **ALL, people=1)
    for path in segment_paths(job.folder / "store/small"):
        path.unlink()
    many = answers(job, **ALL, topics=3, people=5).set_index([*KEYS, "readout"])
    same = many.loc[few.set_index([*KEYS, "readout"]).index]
    for column in ("said", "reasoning", "answer", "prompt"):
        assert same[column].tolist() == few[column].tolist()


def test_a_killed_job_goes_on_and_ends_with_the_same_tables(job: Job) -> None:
    wanted = ALL | {
        "topics": 2,
        "people": 4,
        "replicates": 2,
        "save_every": 0.01,
        "sessions_at_once": 4,
    }
    whole = tables(job.prepared_and_run(**wanted))
    stored = sorted(rows(job))
    for path in segment_paths(job.folder / "store/small"):
        path.unlink()
    process, arguments = job.start(job.folder / "job.log", pause=0.05, **wanted)
    until(lambda: len(rows(job)) > len(stored) // 4, process)
    process.kill()
    process.communicate()
    kept = len(rows(job))
    assert 0 < kept < len(stored)
    again = job.finished(job.prepared_and_run(**wanted))
    assert (again["reused"], again["computed"]) == (kept, len(stored) - kept)
    assert tables(arguments) == whole and sorted(rows(job)) == stored


def test_prompts_of_the_readouts(job: Job) -> None:
    a = job.prepare(**ALL)
    design = read_design(
        a["design"], *(a[k] for k in ("personas", "profiles", "contexts")), a["instruments"]
    )
    question = next(questions(design, sessions(design)[0]))
    scored, said = score_request(design, question).prompt, answer_request(design, question).prompt
    assert (scored.prefill, said.prefill) == (PREFILL, "") and scored.turns == said.turns
    assert said.turns[-1].text.endswith(LETTER)
    first = reasoning_request(design, question)
    assert first.prompt.turns[-1].text.endswith(THINK) and first.prompt.prefill == ""
    assert LETTER not in first.prompt.turns[-1].text
    then = reasoned_request(design, question, "I like it.").prompt
    assert [t.speaker for t in then.turns[-3:]] == ["interlocutor", "persona", "interlocutor"]
    assert [t.text for t in then.turns[-3:]] == [first.prompt.turns[-1].text, "I like it.", CHOOSE]
    assert then.prefill == PREFILL
    assert first.max_new_tokens == 8 and answer_request(design, question).max_new_tokens == 6


@pytest.mark.parametrize(
    ("kind", "alike"), [("random", False), ("constant", True), ("simulated", True)]
)
def test_references_answer_in_every_readout(job: Job, kind: str, alike: bool) -> None:
    """Random answers differ between readouts as by chance; the others are the same in all."""
    found = answers(reference(job, kind), **ALL, people=6, topics=3)
    assert found["status"].eq("ok").all()
    letters = [of_readout(found, r)["answer"].tolist() for r in ALL["readouts"]]
    for other in letters[1:]:
        same = sum(a == b for a, b in zip(letters[0], other, strict=True)) / len(other)
        assert same == 1 if alike else 0.02 < same < 0.35
    if not alike:
        assert max(Counter(letters[1]).values()) < 0.5 * len(letters[1])


def test_scores_are_of_the_first_readout(job: Job) -> None:
    random, scored = reference(job, "random"), {}
    for readouts in (["logit"], ["logit", "generate"], ["generate", "logit"], ["generate"]):
        a = random.prepared_and_run(**ALL | {"readouts": readouts})
        outputs = job.folder / "ratings.parquet", job.folder / "values.parquet"
        short = job.instrument.model_copy(update={"name": "short"})
        write_scores(responses=a["responses"], instruments=[short], rating="choice",
                     on_invalid="missing", seed=1, ratings=outputs[0], values=outputs[1])  # fmt: skip
        scored["+".join(readouts)] = read_table(outputs[0], "ratings")["rating"].tolist()
    assert scored["logit"] == scored["logit+generate"] != scored["generate"]
    assert scored["generate"] == scored["generate+logit"]


def test_readouts_of_a_server_are_told_apart() -> None:
    assert [asked_as(r) for r in ("logit", "top_logprobs", "text", "generate", "cot")] == [
        "logit", "logit", "logit", "generate", "cot"
    ]  # fmt: skip


def test_the_readout_choice_is_the_first_token_of_the_reply(
    job: Job, model_folders: dict[str, Path]
) -> None:
    """Nothing of the answer is given; the letters' log-probabilities are those of one full pass."""
    wanted = {"instruments": ["short"], "readouts": ["logit", "choice"], "people": 1, "topics": 1}
    arguments = job.prepared_and_run(**wanted)
    found = read_table(arguments["responses"], "responses")
    assert found["readout"].drop_duplicates().tolist() == ["logit", "choice"]
    first, chosen = (of_readout(found, r) for r in ("logit", "choice"))
    assert not set(first["prompt"]) & set(chosen["prompt"]) and chosen["status"].eq("ok").all()
    parts = [arguments[k] for k in ("personas", "profiles", "contexts", "instruments")]
    design = read_design(arguments["design"], *parts)
    backend = backend_of("llama", model_folders["llama"])
    neutral = next(s for s in sessions(design) if s.context == "none")
    for question in questions(design, neutral):
        text = backend.render(choice_request(design, question).prompt)
        assert PREFILL not in text
        ids = backend.tokenizer(text, add_special_tokens=False)["input_ids"]
        expected = plain(backend.model, ids, letter_ids(backend.tokenizer, question.letters))
        rows = chosen[chosen["context"].eq("none") & chosen["item"].eq(question.asked.item)]
        (row,) = rows.to_dict("records")
        assert list(row["logprobs"]) == pytest.approx(expected, abs=1e-4)
        assert row["answer"] == question.letters[expected.index(max(expected))]
