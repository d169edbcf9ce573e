"""A job in several wordings: what each is shown, and that a further one computes only its own."""

from pathlib import Path
from typing import Any

import pytest
from plain_wording import PLAIN, WORDINGS

from holdfast.design.contexts import context_rows, write_contexts
from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.inference.inference_job import run_job
from holdfast.inference.interview.questions import answer_request, questions, score_request
from holdfast.inference.interview.sessions import read_design, sessions
from holdfast.inference.prompting.prompts import base_text, next_message
from holdfast.inference.prompting.wordings import load_wording
from holdfast.tables.table_files import read_table
from small_jobs import TOPICS, Job

SURVEY = load_wording(Path(__file__).resolve().parents[4] / "resources", "survey")
BOTH = {**WORDINGS, "survey": SURVEY.model_dump()}
NAMES = {"none", "tea", "rain", "none~survey", "tea~survey", "rain~survey"}


def both(job: Job, **wanted: Any) -> dict[str, Any]:
    """Return a job's arguments with every context in two wordings."""
    arguments = job.prepare(out="both", instruments=("short",), wordings=BOTH, **wanted)
    rows = context_rows(TOPICS[:2], 3, True, facets={"wording": list(BOTH)})
    write_contexts(rows, arguments["contexts"])
    return arguments


@pytest.fixture
def job(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> Job:
    return Job(tmp_path, model_folders["qwen"], instrument, personas)


@pytest.mark.parametrize("kind", ["chat", "base"])
def test_a_further_wording_computes_only_what_is_new(job: Job, kind: str) -> None:
    job.entry["model"]["kind"] = kind
    alone = job.prepared_and_run(out="alone", instruments=("short",))
    first = job.finished(alone)
    arguments = both(job)
    run_job(**arguments)
    facts = job.finished(arguments)
    assert first["computed"] == 2 * (2 * 3 + 3 * 4)
    assert (facts["reused"], facts["computed"]) == (first["computed"], first["computed"])
    assert facts["audit"]["contaminated"] == 0
    answers = read_table(arguments["responses"], "responses")
    assert set(answers["context"]) == NAMES
    own = answers[answers["context"].isin(["none", "tea", "rain"])]
    was = read_table(alone["responses"], "responses")
    assert own.reset_index(drop=True).equals(was.reset_index(drop=True))
    talks = read_table(arguments["conversations"], "conversations")
    opened = talks[talks["turn"] == 0].groupby("context", observed=True)["text"].first()
    assert opened["tea"] == opened["tea~survey"] == TOPICS[0]["opening"]


def test_each_session_is_told_in_its_own_wording(job: Job) -> None:
    arguments = both(job)
    names = ("personas", "profiles", "contexts", "instruments")
    design = read_design(arguments["design"], *(arguments[n] for n in names))
    every = sessions(design)
    assert {s.context for s in every} == NAMES
    for session in every:
        wording, other = (SURVEY, PLAIN) if "~" in session.context else (PLAIN, SURVEY)
        assert session.wording == wording
        question = next(questions(design, session))
        asked = score_request(design, question).prompt
        assert asked.prefill == wording.questionnaire.prefill
        assert answer_request(design, question).prompt.prefill == ""
        for text in (base_text(asked), base_text(next_message(wording, session.persona, []))):
            for words in (other.questionnaire.closing, other.labels.instruction + ":", other.begin):
                assert words not in text


def test_one_wording_that_is_not_plain_has_neither_column_nor_suffix(job: Job) -> None:
    arguments = job.prepared_and_run(instruments=("short",), wordings={"survey": BOTH["survey"]})
    assert set(read_table(arguments["responses"], "responses")["context"]) == {
        "none",
        "tea",
        "rain",
    }
    assert "wording" not in read_table(arguments["contexts"], "contexts")
    assert job.finished(arguments)["audit"]["contaminated"] == 0
