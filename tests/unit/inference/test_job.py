"""A whole inference job: what is asked, stored, reused and written."""

import json
from pathlib import Path
from typing import Any

import pytest

from holdfast.design.instruments import Instrument, write_instrument
from holdfast.design.personas import Persona
from holdfast.design.population import Population, write_population
from holdfast.design.topics import write_contexts
from holdfast.errors import StudyError
from holdfast.inference.job import resolved_revision, run_job
from holdfast.inference.registry import Entry
from holdfast.tables import read_table

TOPICS = [
    {"topic": t, "domain": "social", "opening": f"Let us talk about {t}."}
    for t in ("tea", "rain", "maps")
]
ASKING = {
    "seed": 1, "replicates": 1, "option_order": "item", "readout": "logit", "max_new_tokens": 6,
}  # fmt: skip


class Job:
    """A job in a folder; `run` returns its manifest."""

    def __init__(
        self, folder: Path, model: Path, instrument: Instrument, personas: list[Persona]
    ) -> None:
        self.folder, self.instrument, self.personas = folder, instrument, personas
        self.entry = {"model": {"path": str(model)}, "deployment": {"backend": "transformers"}}

    def run(self, *, topics: int = 2, people: int = 2, **asking: Any) -> dict[str, Any]:
        folder = self.folder
        write_population(
            Population(self.personas[:people]), "some",
            folder / "personas.parquet", folder / "profiles.parquet",
        )  # fmt: skip
        write_contexts(TOPICS[:topics], 3, True, folder / "contexts.parquet")
        write_instrument(self.instrument, folder / "instrument.json")
        run_job(
            model="small", population="some", entry=self.entry, weights=[],
            design=ASKING | asking, personas=folder / "personas.parquet",
            profiles=folder / "profiles.parquet", contexts=folder / "contexts.parquet",
            instruments=[folder / "instrument.json"],
            store=folder / "store", save_every=30, cores=1,
            conversations=folder / "conversations.parquet",
            responses=folder / "responses.parquet", manifest=folder / "manifest.json",
        )  # fmt: skip
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        return manifest


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


def test_a_wider_study_leaves_earlier_answers_as_they_were(job: Job) -> None:
    job.run()
    keys = ["respondent", "context", "replicate", "item"]
    before = read_table(job.folder / "responses.parquet", "responses").set_index(keys)["prompt"]
    for path in (job.folder / "store").rglob("*.parquet"):
        path.unlink()
    job.run(topics=3, people=4)
    after = read_table(job.folder / "responses.parquet", "responses").set_index(keys)["prompt"]
    assert after.loc[before.index].tolist() == before.tolist()


def test_revision_of_a_hub_model_comes_from_its_lock(tmp_path: Path) -> None:
    about = {"model": {"repository": "some/model"}, "deployment": {"backend": "transformers"}}
    entry = Entry.model_validate(about)
    lock = tmp_path / "model.json"
    lock.write_text(json.dumps({"repository": "some/model", "revision": "a" * 40}))
    assert resolved_revision(entry, [lock]) == "a" * 40
    lock.write_text(json.dumps({"repository": "another/model", "revision": "a" * 40}))
    with pytest.raises(StudyError, match="'another/model', but the registry says 'some/model'"):
        resolved_revision(entry, [lock])
