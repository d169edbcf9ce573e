"""The backend `openai` against a real model behind a real server, and with faults in between."""

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fault_proxy import KINDS, Faults, between
from model_server import running

from holdfast.design.instruments import Instrument, write_instrument
from holdfast.design.personas import Persona
from holdfast.design.population import Population, write_population
from holdfast.design.topics import context_rows, write_contexts
from holdfast.errors import StudyError
from holdfast.inference.backend import Asked, MessageRequest, ScoreRequest
from holdfast.inference.job import run_job
from holdfast.inference.letters import Token, named_letter, option_logprobs
from holdfast.inference.openai_backend import OpenAIBackend
from holdfast.inference.prompts import Turn, next_message, question_text, questionnaire
from holdfast.inference.registry import Entry
from holdfast.tables import read_table
from small_models import backend_of

MINI = Path(__file__).resolve().parents[3] / "resources/miniatures/llama-mini"
KEY = "sk-secret-0123456789abcdef"
TOPICS = [
    {"topic": t, "domain": "social", "opening": f"Let us talk of {t}."} for t in ("tea", "rain")
]
FAST = {"timeout_seconds": 4.0, "longest_wait_seconds": 0.2, "attempts": 25, "concurrency": 6}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running(MINI, "--begin", "Answer: (", key=KEY) as address:
        yield address


@pytest.fixture(scope="module")
def plain_server() -> Iterator[str]:
    """Start a server that gives no log-probabilities."""
    with running(MINI, "--no-logprobs", "--begin", "Answer: (", key=KEY) as address:
        yield address


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)


def entry_of(
    address: str, kind: str = "chat", logprobs: bool = True, **limits: Any
) -> dict[str, Any]:
    return {
        "model": {"repository": "llama-mini", "kind": kind, "sampling": {"temperature": 0.7}},
        "deployment": {
            "backend": "openai", "base_url": address, "api_key_variable": "SOME_KEY",
            "logprobs": logprobs, "limits": FAST | limits,
        },
    }  # fmt: skip


def backend(address: str, **about: Any) -> OpenAIBackend:
    return OpenAIBackend("mini", Entry.model_validate(entry_of(address, **about)))


def questions(instrument: Instrument, personas: list[Persona], n: int = 12) -> list[ScoreRequest]:
    turns = [Turn("interlocutor", "Tell me a joke."), Turn("persona", "A horse walks in.")]
    return [
        ScoreRequest(
            questionnaire(p, turns, question_text(instrument, i, p.gender, range(6, 0, -1))),
            "ABCDEF", 1, Asked(p.persona, "c", 1, i.item, "v", (6, 5, 4, 3, 2, 1)),
        )
        for p in personas[:2] for i in instrument.items[: n // 2]
    ]  # fmt: skip


def run(
    folder: Path, entry: dict[str, Any], instrument: Instrument, personas: list[Persona]
) -> dict[str, Any]:
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
        "readout": "logit",
        "max_new_tokens": 8,
    }
    run_job(
        model="mini", population="some", entry=entry, weights=[], design=design,
        personas=folder / "personas", profiles=folder / "profiles", contexts=folder / "contexts",
        instruments=[folder / "instrument.json"], store=folder / "store", save_every=30, cores=1,
        conversations=folder / "conversations", responses=folder / "responses",
        manifest=folder / "manifest.json",
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


def test_log_probabilities_are_those_of_the_model(
    server: str, instrument: Instrument, personas: list[Persona]
) -> None:
    """A base model is asked the same text at both: the letters among the five likeliest agree."""
    asked = questions(instrument, personas)
    local = list(backend_of("llama", MINI, kind="base").score(asked))
    found = sorted(backend(server, kind="base").score(asked), key=lambda a: a.place or 0)
    assert [a.place for a in found] == list(range(len(asked)))
    read = [(a, b) for a, b in zip(local, found, strict=True) if b.logprobs]
    assert len(read) >= 3
    for here, there in read:
        pairs = zip(here.logprobs, there.logprobs, strict=True)
        known = [(a, b) for a, b in pairs if not math.isnan(b)]
        assert 1 <= len(known) <= 5 and there.text == here.text and there.status == "ok"
        assert [a for a, _ in known] == pytest.approx([b for _, b in known], abs=1e-2)
        assert 0 < there.mass <= here.mass + 1e-3


def test_chat_reply_is_read_by_log_probabilities(
    server: str, instrument: Instrument, personas: list[Persona]
) -> None:
    asked = questions(instrument, personas)
    local = list(backend_of("llama", MINI).score(asked))
    found = sorted(backend(server).score(asked), key=lambda a: a.place or 0)
    read = [(a, b) for a, b in zip(local, found, strict=True) if b.logprobs]
    assert len(read) >= 3
    for here, there in read:
        pairs = zip(here.logprobs, there.logprobs, strict=True)
        known = [(a, b) for a, b in pairs if not math.isnan(b)]
        assert len(known) >= 2 and there.text == here.text and there.status == "ok"
        assert [a for a, _ in known] == pytest.approx([b for _, b in known], abs=1e-2)


def test_without_log_probabilities_the_words_are_read(
    plain_server: str, instrument: Instrument, personas: list[Persona]
) -> None:
    found = list(backend(plain_server).score(questions(instrument, personas)))
    assert sum(a.status == "ok" for a in found) >= 3
    assert all(a.logprobs == () and math.isnan(a.mass) for a in found)
    assert {a.status for a in found} <= {"ok", "invalid"}
    assert all((a.text in tuple("ABCDEF")) == (a.status == "ok") for a in found)


def test_messages(server: str, personas: list[Persona]) -> None:
    prompt = next_message(personas[0], [Turn("interlocutor", "Tell me a joke.")])
    asked = [MessageRequest(prompt, seed, 12) for seed in (1, 2, 3, 1)]
    found = sorted(backend(server).generate(asked), key=lambda a: a.place or 0)
    assert found[0] == found[3] and len({a.text for a in found}) > 1
    assert all(a.status in ("ok", "cut", "empty") and 0 < a.tokens <= 12 for a in found)


@pytest.mark.parametrize("kind", [*KINDS, "all"])
def test_a_job_completes_in_spite_of_faults(
    server: str, tmp_path: Path, instrument: Instrument, personas: list[Persona], kind: str
) -> None:
    faults = Faults(KINDS if kind == "all" else [kind], rate=0.3, hang=5.0)
    with between(server, faults) as address:
        manifest = run(tmp_path, entry_of(address), instrument, personas)
    assert_answered_once(tmp_path, manifest)
    assert manifest["failed"] == 0
    assert sum(n for k, n in faults.seen.items() if k) >= 3, faults.seen


def test_what_fails_to_the_end_is_a_row_and_is_asked_again(
    server: str, tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    with between(server, Faults(["500"], rate=0.2)) as address:
        first = run(tmp_path, entry_of(address, attempts=1), instrument, personas)
    assert_answered_once(tmp_path, first)
    assert first["failed"] > 0 and first["computed"] > 0
    responses = read_table(tmp_path / "responses", "responses")
    assert (responses["status"] == "failed").any()
    talk = read_table(tmp_path / "conversations", "conversations")
    failed = talk[talk["status"] == "failed"]
    later = talk.merge(failed, on=["respondent", "context"], suffixes=("", "_first"))
    assert (later[later["turn"] >= later["turn_first"]]["status"] == "failed").all()
    second = run(tmp_path, entry_of(server), instrument, personas)
    assert second["failed"] == 0 and second["reused"] == first["computed"]
    assert second["computed"] == first["failed"]


@pytest.mark.parametrize("faults", [0.0, 0.3])
@pytest.mark.parametrize("cap", ["tokens", "money"])
def test_the_budget_stops_before_it_is_passed(
    server: str,
    tmp_path: Path,
    instrument: Instrument,
    personas: list[Persona],
    cap: str,
    faults: float,
) -> None:
    most, began = 3_000, spent(server)
    prices = {"price_in": 2.0, "price_out": 2.0}
    limits = {"tokens": most} if cap == "tokens" else {"money": 2.0 * most / 1e6, **prices}
    with (
        between(server, Faults(["truncated", "reset", "broken"], faults)) as address,
        pytest.raises(StudyError, match="'mini': the budget is used up"),
    ):
        run(tmp_path, entry_of(address, **limits), instrument, personas)
    used = spent(server) - began
    assert most / 10 < used <= most
    kept = list((tmp_path / "store/mini").glob("*.parquet"))
    assert kept, "what was answered stays"
    again = run(tmp_path, entry_of(server), instrument, personas)
    assert again["reused"] > 0
    assert_answered_once(tmp_path, again)


def spent(server: str) -> int:
    return int(httpx2.get(f"{server}/spent").json()["spent"])


def test_answers_are_kept_while_an_earlier_request_hangs(
    server: str, instrument: Instrument, personas: list[Persona]
) -> None:
    class First(Faults):
        def next(self) -> str:
            super().next()
            return "timeout" if sum(self.seen.values()) == 1 else ""

    with between(server, First([""], 0.0, hang=1.5)) as address:
        order = [
            a.place
            for a in backend(address, timeout_seconds=30).score(questions(instrument, personas))
        ]
    assert sorted(order) == list(range(12)) and order != sorted(order)


def test_requests_keep_to_the_rate(
    server: str, instrument: Instrument, personas: list[Persona]
) -> None:
    began = time.monotonic()
    list(backend(server, requests_per_minute=600).score(questions(instrument, personas)))
    assert time.monotonic() - began >= 11 * 0.1


def test_retry_after_is_waited_for(
    server: str, instrument: Instrument, personas: list[Persona]
) -> None:
    class Later(Faults):
        def next(self) -> str:
            super().next()
            return "429" if sum(self.seen.values()) == 1 else ""

    with between(server, Later([""], 0.0, retry_after="2")) as address:
        began = time.monotonic()
        assert next(backend(address).score(questions(instrument, personas)[:1])).status != "failed"
    assert time.monotonic() - began >= 2


def test_wrong_key_ends_with_one_message_that_does_not_hold_it(
    server: str, monkeypatch: pytest.MonkeyPatch, instrument: Instrument, personas: list[Persona]
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-wrong-key")
    with pytest.raises(
        StudyError, match="'mini': the server says 401: the key is not accepted"
    ) as e:
        list(backend(server).score(questions(instrument, personas)))
    assert "sk-wrong-key" not in str(e.value) and "Bearer ***" in str(e.value)


def test_no_key_no_server(
    server: str, monkeypatch: pytest.MonkeyPatch, instrument: Instrument, personas: list[Persona]
) -> None:
    asked = questions(instrument, personas)
    with pytest.raises(StudyError, match="can't be reached"):
        list(backend("http://127.0.0.1:9/v1", attempts=1).score(asked * 2))
    monkeypatch.delenv("SOME_KEY")
    with pytest.raises(StudyError, match="environment variable SOME_KEY, which is not set"):
        list(backend(server).score(asked))


def test_the_key_is_nowhere(
    server: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
    instrument: Instrument, personas: list[Persona],
) -> None:  # fmt: skip
    with caplog.at_level(logging.DEBUG), between(server, Faults(KINDS, 0.3, hang=1.5)) as address:
        run(tmp_path, entry_of(address), instrument, personas)
    written = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(written) >= 6 and not [p for p in written if KEY.encode() in p.read_bytes()]
    said = capfd.readouterr()
    assert caplog.text and KEY not in caplog.text + said.out + said.err


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A", "A"), (" (B)", "B"), ("Answer: (C)", "C"), ("D.", "D"), ("E) like me", "E"), ("(f)", "F"),
        ("F - not at all", "F"), ("I would say (B) here.", "B"), ("A) or B)", "A"), ("Answer: (C", "C"),
        ("A horse walks in", ""), ("", ""), ("(G)", ""), ("Between (A) and (B).", ""), ("Because", ""),
        ("I am like that", ""),
    ],
)  # fmt: skip
def test_letter_that_a_reply_names(text: str, letter: str) -> None:
    assert named_letter(text, "ABCDEF") == letter


def test_log_probabilities_of_a_reply() -> None:
    half = math.log(0.5)
    tokens = [
        Token(" (", {}),
        Token("B", {"B": half, " B": math.log(0.25), "C": math.log(0.1), "x": -9.0}),
    ]
    found = option_logprobs(tokens, "ABC")
    assert math.isnan(found[0]) and found[1:] == pytest.approx([math.log(0.75), math.log(0.1)])
    article = [Token(" A", {"A": half}), Token(" horse", {})]
    assert option_logprobs(article, "ABC") == ()
    assert option_logprobs([Token("Well", {}), Token("A", {"A": half})], "ABC") == ()
    assert option_logprobs([], "ABC") == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d | {"base_url": "https://me:pass@host/v1"}, "without user, password or query"),
        (lambda d: d | {"base_url": "file:///etc/passwd"}, "http"),
        (lambda d: d | {"limits": {"money": 1}}, "price_in and price_out"),
    ],
)
def test_wrong_deployments_are_refused(change: Callable[[Any], Any], told: str) -> None:
    entry = entry_of("http://localhost/v1")
    with pytest.raises(ValueError, match=told):
        Entry.model_validate(entry | {"deployment": change(entry["deployment"])})
