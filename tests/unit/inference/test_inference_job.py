"""A whole inference job: what is asked, stored, reused and written."""

import json
from pathlib import Path
from typing import Any

import pytest

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.inference_job import resolved_revision
from holdfast.inference.models.registry import Entry
from holdfast.tables.table_files import read_table
from small_jobs import TOPICS, Job


@pytest.fixture
def job(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> Job:
    return Job(tmp_path, model_folders["llama"], instrument, personas)


def test_every_item_is_answered_once(job: Job) -> None:
    manifest = job.run()
    responses = read_table(job.folder / "responses.parquet", "responses")
    keys = ["respondent", "context", "replicate", "item"]
    assert len(responses) == 2 * 3 * 40 == len(responses.drop_duplicates(keys))
    assert manifest["computed"] == 2 * 2 * 3 + len(responses) and manifest["reused"] == 0
    assert responses["mass"].between(0, 1).all()
    assert (responses["logprobs"].map(len) == 6).all()
    best = ["ABCDEF"[max(range(6), key=list(p).__getitem__)] for p in responses["logprobs"]]
    assert best == responses["answer"].tolist()


def test_conversations_alternate_and_the_persona_ends(job: Job) -> None:
    job.run()
    talk = read_table(job.folder / "conversations.parquet", "conversations")
    one = talk[(talk["respondent"] == job.personas[0].persona) & (talk["context"] == "tea")]
    assert one["speaker"].tolist() == ["interlocutor", "persona", "interlocutor", "persona"]
    assert one["text"].iloc[0] == TOPICS[0]["opening"]
    assert "none" not in set(talk["context"]), "the neutral context has no conversation"


def test_a_second_run_computes_nothing_and_loads_no_model(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.run()
    first = (job.folder / "responses.parquet").read_bytes()
    (job.folder / "responses.parquet").unlink()

    def loaded(*_: Any, **__: Any) -> None:
        raise AssertionError("the model was loaded")

    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", loaded)
    manifest = job.run()
    assert manifest["computed"] == 0 and manifest["reused"] > 0
    assert (job.folder / "responses.parquet").read_bytes() == first


def test_widening_computes_only_what_is_new(job: Job) -> None:
    job.run()
    per_session = {"talk": 3 + 40, "neutral": 40}
    assert job.run(topics=3)["computed"] == 2 * per_session["talk"]
    assert job.run(topics=3, people=3)["computed"] == 3 * per_session["talk"] + 40
    assert job.run(topics=3, people=3, replicates=2)["computed"] == 3 * (3 * 43 + 40)
    sessions = 2 * 3 * 4
    longer = job.run(topics=3, people=3, replicates=2, instruments=["pvq40", "short"])
    assert longer["computed"] == sessions * 4
    again = job.run(topics=3, people=3, replicates=2, instruments=["pvq40", "short"])
    assert (again["computed"], again["hits"]) == (0, 1.0)


def test_the_manifest_tells_speed_batches_and_what_it_ran_on(job: Job) -> None:
    manifest = job.run()
    assert manifest["at_once"] == {"messages": 128, "tokens": 2048} and manifest["hits"] == 0
    rate = manifest["tokens"] / manifest["message_seconds"]
    assert manifest["tokens_per_second"] == pytest.approx(rate, rel=0.1)
    assert {"computed", "reused", "invalid", "failed"} <= set(manifest)
    assert manifest["seconds"] > 0 < manifest["tokens"] and manifest["peak_memory_mb"] > 50
    assert manifest["hardware"]["cores"] >= 1 and manifest["began"] <= manifest["ended"]
    assert manifest["files"]["model.safetensors"] and len(manifest["template"]) == 64


def test_a_question_asked_twice_is_answered_once(job: Job) -> None:
    job.personas = [Persona(persona=f"p{i}", name="", gender="neutral") for i in (1, 2)]
    manifest = job.run(option_order="fixed")
    messages, neutral = 2 * 2 * 3, 40
    assert manifest["reused"] >= neutral, "without a persona, all are asked the same"
    assert manifest["computed"] + manifest["reused"] == messages + 2 * 3 * 40


def test_a_wider_study_leaves_earlier_answers_as_they_were(job: Job) -> None:
    job.run()
    keys = ["respondent", "context", "replicate", "item"]
    before = read_table(job.folder / "responses.parquet", "responses").set_index(keys)["prompt"]
    for path in (job.folder / "store").rglob("*.parquet"):
        path.unlink()
    job.run(topics=3, people=4)
    after = read_table(job.folder / "responses.parquet", "responses").set_index(keys)["prompt"]
    assert after.loc[before.index].tolist() == before.tolist()


def test_shorter_lengths_are_cut_from_the_longest_conversation(job: Job) -> None:
    """Two people, two topics, no replicates; the neutral context has no conversation."""
    arguments = job.prepared_and_run(also_after=[1])
    talks = read_table(arguments["conversations"], "conversations").set_index("context")["text"]
    manifest = job.finished(arguments)
    assert manifest["computed"] == 2 * 2 * 3 + 2 * (2 * 2 + 1) * 40
    assert talks["tea@1"].tolist() == [
        t for person in (0, 4) for t in talks["tea"][person : person + 2]
    ]
    after = read_table(arguments["responses"], "responses").set_index("context")
    assert len(after.loc["tea@1"]) == len(after.loc["tea"]) == 80
    plain = job.prepared_and_run(out="plain")
    assert job.finished(plain)["computed"] == 0, (
        "a study that is widened by lengths keeps its answers"
    )


def test_lengths_may_have_conversations_of_their_own(job: Job) -> None:
    arguments = job.prepared_and_run(also_after=[1], nested=False)
    talks = read_table(arguments["conversations"], "conversations").set_index("context")["text"]
    assert job.finished(arguments)["computed"] == 2 * 2 * (3 + 1) + 2 * (2 * 2 + 1) * 40
    assert talks["tea@1"].iloc[1] != talks["tea"].iloc[1]


def test_revision_of_a_hub_model_comes_from_its_lock(tmp_path: Path) -> None:
    about = {"model": {"repository": "some/model"}, "deployment": {"backend": "transformers"}}
    entry = Entry.model_validate(about)
    lock = tmp_path / "model.json"
    lock.write_text(json.dumps({"repository": "some/model", "revision": "a" * 40}))
    assert resolved_revision(entry, [lock]) == "a" * 40
    lock.write_text(json.dumps({"repository": "another/model", "revision": "a" * 40}))
    with pytest.raises(StudyError, match="'another/model', but the registry says 'some/model'"):
        resolved_revision(entry, [lock])
