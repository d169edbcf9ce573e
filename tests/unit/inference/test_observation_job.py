"""An observer's job: what it is shown, what it answers, and that it is asked nothing twice."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from holdfast.design.instruments import Instrument, load_instrument, write_instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.cost_forecast import Forecast, forecast
from holdfast.inference.expected_conversations import expecting
from holdfast.inference.inference_job import resolved_revision
from holdfast.inference.interview.model_check import longest_prompt
from holdfast.inference.interview.questions import questions, score_request
from holdfast.inference.interview.sessions import Heard, read_design, sessions
from holdfast.inference.models.registry import Entry
from holdfast.inference.observation_job import observing, run_observation, transcript
from holdfast.inference.prompting.wordings import load_wording
from holdfast.tables.table_files import read_table
from small_jobs import Job

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
PLAIN = load_wording(RESOURCES, "plain")
WHOLE: dict[str, Any] = {"speaker": False, "turns": None}


@pytest.fixture(scope="module")
def held(
    tmp_path_factory: pytest.TempPathFactory, model_folders: dict[str, Path], instrument: Instrument,
    personas: list[Persona],
) -> dict[str, Any]:  # fmt: skip
    """Return the arguments of a finished job, two respondents in the neutral context and two talks."""
    folder = tmp_path_factory.mktemp("held")
    job = Job(folder, model_folders["llama"], instrument, personas)
    arguments = job.prepared_and_run(instruments=["pvq40"], also_after=[1])
    write_instrument(load_instrument(RESOURCES, "pvq21_observer"), folder / "pvq21_observer.json")
    return arguments | {"folder": folder, "wording": PLAIN.model_dump()}


def observed(held: dict[str, Any], sees: dict[str, Any] = WHOLE) -> dict[str, Any]:
    """Let the model observe itself; return the manifest."""
    folder: Path = held["folder"]
    run_observation(
        observer="small", model="small", entry=held["entry"], sees=sees, observed="small",
        population="some", weights=[], design=held["design"] | {"wordings": {"plain": held["wording"]}},
        instruments=[folder / "pvq21_observer.json"], responses=folder / "observed.parquet",
        manifest=folder / "observed.json",
        **{k: held[k] for k in ("personas", "profiles", "contexts", "conversations", "store",
                                "save_every", "cores")},
    )  # fmt: skip
    manifest: dict[str, Any] = json.loads((folder / "observed.json").read_text())
    return manifest


def test_every_conversation_is_observed_once(held: dict[str, Any]) -> None:
    manifest = observed(held)
    table = read_table(held["folder"] / "observed.parquet", "responses")
    assert set(table["context"]) == {"tea", "tea@1", "rain", "rain@1"}, "none has no conversation"
    assert len(table) == 2 * 4 * 21 == manifest["computed"]
    assert set(table["instrument"]) == {"pvq21_observer"} and set(table["model"]) == {"small"}
    assert [manifest[k] for k in ("model", "observer", "observed")] == ["small"] * 3
    assert manifest["audit"]["contaminated"] == 0 < manifest["audit"]["prompts"]
    assert manifest["lost"]["asked"] == dict.fromkeys(["tea", "tea@1", "rain", "rain@1"], 21)
    before = (held["folder"] / "observed.parquet").read_bytes()
    assert observed(held)["computed"] == 0
    assert (held["folder"] / "observed.parquet").read_bytes() == before


def test_the_observer_is_not_told_of_the_persona(
    held: dict[str, Any], personas: list[Persona]
) -> None:
    design = observing(_design(held), held["conversations"], WHOLE, None)
    asked = [score_request(design, q) for s in sessions(design) for q in questions(design, s)]
    assert len(asked) == 2 * 4 * 21
    for request in asked:
        assert not request.prompt.instruction and request.asked.latent is None  # type: ignore[union-attr]
        shown = "\n".join(t.text for t in request.prompt.turns)
        assert "SPEAKER: " in shown and "resembles the speaker" in " ".join(shown.split())
        assert not any(p.description in shown for p in personas)


def test_a_prompt_that_tells_an_observer_of_the_persona_is_found(
    held: dict[str, Any], personas: list[Persona]
) -> None:
    """It may be shown neither the speaker nor anybody else, but in what was said."""
    wording = held["wording"] | {"read": f"I know: {personas[0].description}"}
    audit = observed(held | {"wording": wording})["audit"]
    assert audit["contaminated"] == audit["prompts"] == 2 * 4 * 21


def test_what_an_observer_sees() -> None:
    said = pd.DataFrame({
        "turn": range(4), "text": ["Tea?", "Yes.", " ", "I like it."], "status": "ok",
        "speaker": ["interlocutor", "persona", "interlocutor", "persona"],
    })  # fmt: skip

    def lines(**sees: Any) -> list[str]:
        return [
            x for x in transcript(said, PLAIN, **sees).split("\n") if x.startswith(("SP", "OT"))
        ]

    whole = ["OTHER: Tea?", "SPEAKER: Yes.", "OTHER: (says nothing)", "SPEAKER: I like it."]
    assert lines() == whole
    assert lines(speaker=True) == [whole[1], whole[3]]
    assert lines(turns=[2, 3]) == whole[2:]
    assert lines(speaker=True, turns=[0, 1]) == whole[1:2]
    assert transcript(said, PLAIN, turns=[2, 2]) == "", "the respondent says nothing there"


def test_nothing_to_read_is_told(held: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="has no conversation to read"):
        observed(held, {"speaker": False, "turns": [8, 9]})


def test_a_conversation_that_failed_is_not_read(held: dict[str, Any], tmp_path: Path) -> None:
    talks = pd.read_parquet(held["conversations"])
    last = talks["context"].eq("tea") & talks["turn"].eq(3)
    talks.loc[last, "status"] = "failed"
    talks.to_parquet(tmp_path / "talks.parquet")
    design = observing(_design(held), tmp_path / "talks.parquet", WHOLE, None)
    assert {s.context for s in sessions(design)} == {"tea@1", "rain", "rain@1"}


def test_what_an_observer_will_read_is_forecast(held: dict[str, Any], tmp_path: Path) -> None:
    """With the conversations to the token, and before they are held by the mean length of messages."""
    entry = Entry.model_validate(held["entry"])
    backend = make_backend("small", entry, 1, resolved_revision(entry, []), 1)
    spent = observed(held | {"store": tmp_path / "store"})

    def ahead(store: Path, talks: Path) -> Forecast:
        expects = partial(expecting, conversations=talks, sees=WHOLE, backend=backend)
        speaker, sampling = held["store"] / "small", entry.model.sampling.model_dump()
        return forecast(
            backend, store / "small", _design(held), sampling, expects=expects, speaker=speaker
        )

    known = ahead(tmp_path / "none", held["conversations"])
    assert (known.messages, known.answers, known.unheard) == (0, 2 * 4 * 21, 0)
    assert known.read == spent["tokens_read"]
    before = ahead(tmp_path / "none", tmp_path / "none.parquet")
    assert (before.messages, before.answers, before.unheard) == (0, 2 * 4 * 21, 1)
    assert before.read == pytest.approx(spent["tokens_read"], rel=0.05)
    after = ahead(tmp_path / "store", held["conversations"])
    assert (after.answers, after.held, after.read) == (0, 2 * 4 * 21, 0)


def test_the_longest_conversation_is_what_must_fit(held: dict[str, Any]) -> None:
    backend: Any = make_backend("small", Entry.model_validate(held["entry"]), 1, None, 1)
    design = observing(_design(held), held["conversations"], WHOLE, None)
    assert design.heard is not None
    lengths = [
        len(backend.token_ids([score_request(design, q).prompt])[0])
        for s in sessions(design) for q in questions(design, s)
    ]  # fmt: skip
    assert (
        max(lengths) <= longest_prompt(backend, design) <= max(lengths) + 12 + design.max_new_tokens
    )
    place = max(design.heard, key=lambda p: len(design.heard[p].text))  # type: ignore[index]
    longer = design.heard | {place: Heard(design.heard[place].text + " a" * 500)}
    grown = longest_prompt(backend, replace(design, heard=longer)) - longest_prompt(backend, design)
    assert grown > 400


def _design(held: dict[str, Any]) -> Any:
    return read_design(
        held["design"] | {"wordings": {"plain": held["wording"]}}, held["personas"], held["profiles"],
        held["contexts"], [held["folder"] / "pvq21_observer.json"],
    )  # fmt: skip
