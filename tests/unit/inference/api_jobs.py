"""Jobs and questions that a model behind a server is to answer."""

import json
from pathlib import Path
from typing import Any

from plain_wording import PLAIN, WORDINGS

from holdfast.design.contexts import context_rows, write_contexts
from holdfast.design.instruments import Instrument, write_instrument
from holdfast.design.personas import Persona
from holdfast.design.populations import Population, write_population
from holdfast.inference.backends.openai_backend import OpenAIBackend
from holdfast.inference.backends.protocol import Asked, ScoreRequest
from holdfast.inference.inference_job import run_job
from holdfast.inference.models.registry import Entry
from holdfast.inference.prompting.prompts import Turn, question_text, questionnaire
from holdfast.tables.table_files import read_table

MINI = Path(__file__).resolve().parents[3] / "resources/miniatures/llama-mini"
KEY = "sk-secret-0123456789abcdef"
TOPICS = [
    {"topic": t, "domain": "social", "opening": f"Let us talk of {t}."} for t in ("tea", "rain")
]
FAST = {"timeout_seconds": 4.0, "longest_wait_seconds": 0.2, "attempts": 25, "concurrency": 6}


def entry_of(
    address: str, kind: str = "chat", logprobs: bool = True, **limits: Any
) -> dict[str, Any]:
    return {
        "model": {"repository": "llama-mini", "kind": kind, "sampling": {"temperature": 0.7}},
        "deployment": {
            "backend": "openai", "base_url": address, "api_key_variable": "SOME_KEY",
            "logprobs": logprobs, "answer_by": "logprobs" if logprobs else "text", "same_as": "test",
            "limits": FAST | limits,
        },
    }  # fmt: skip


def backend(address: str, deployment: dict[str, Any] | None = None, **about: Any) -> OpenAIBackend:
    entry = entry_of(address, **about)
    return OpenAIBackend(
        "mini",
        Entry.model_validate(entry | {"deployment": entry["deployment"] | (deployment or {})}),
    )


def questions(instrument: Instrument, personas: list[Persona], n: int = 12) -> list[ScoreRequest]:
    turns = [Turn("interlocutor", "Tell me a joke."), Turn("persona", "A horse walks in.")]
    return [
        ScoreRequest(
            questionnaire(PLAIN, p, turns, question_text(PLAIN, instrument, i, p.gender, range(6, 0, -1))),
            "ABCDEF", 1, Asked(p.persona, "c", 1, i.item, "v", (6, 5, 4, 3, 2, 1)),
        )
        for p in personas[:2] for i in instrument.items[: n // 2]
    ]  # fmt: skip


def run(
    folder: Path, entry: dict[str, Any], instrument: Instrument, personas: list[Persona],
    allow_failed: float = 0.0, **asking: Any,
) -> dict[str, Any]:  # fmt: skip
    """Run a job of two respondents, two topics and six items; return its manifest."""
    small = instrument.model_copy(update={
        "items": instrument.items[:6],
        "values": {v: [i for i in items if i <= 6] for v, items in instrument.values.items()},
    })  # fmt: skip
    write_population(Population(personas[:2]), "some", folder / "personas", folder / "profiles")
    write_contexts(context_rows(TOPICS, 3, False), folder / "contexts")
    write_instrument(small, folder / "instrument.json")
    design = {
        "seed": 1,
        "replicates": 1,
        "option_order": "item",
        "readouts": ["logit"],
        "max_new_tokens": 8,
        "wordings": WORDINGS,
    } | asking
    run_job(
        model="mini", population="some", entry=entry, weights=[], design=design,
        personas=folder / "personas", profiles=folder / "profiles", contexts=folder / "contexts",
        instruments=[folder / "instrument.json"], store=folder / "store", save_every=30, cores=1,
        conversations=folder / "conversations", responses=folder / "responses",
        manifest=folder / "manifest.json", allow_failed=allow_failed,
    )  # fmt: skip
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return manifest


ADMINISTRATIONS, MESSAGES = 2 * 2 * 6, 2 * 2 * 3


def assert_answered_once(folder: Path, manifest: dict[str, Any]) -> None:
    responses = read_table(folder / "responses", "responses")
    keys = ["respondent", "context", "replicate", "item"]
    assert len(responses) == ADMINISTRATIONS == len(responses.drop_duplicates(keys))
    assert set(responses["status"]) <= {"ok", "invalid", "failed"}
    assert (responses["answer"].ne("") == responses["status"].eq("ok")).all()
    whole = manifest["computed"] + manifest["reused"] + manifest["failed"]
    assert whole == ADMINISTRATIONS + MESSAGES
