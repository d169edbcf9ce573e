"""The backend `openai` against a real model behind a real server."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from types import SimpleNamespace
from typing import Any

import pytest
from api_jobs import ADMINISTRATIONS, MESSAGES, MINI, backend, entry_of, questions, run
from plain_wording import PLAIN

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.design.readouts import asked_as
from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import MessageRequest
from holdfast.inference.models.registry import Entry
from holdfast.inference.prompting.prompts import Turn, next_message
from holdfast.tables.table_files import read_table
from small_models import backend_of

# one server serves the whole group
pytestmark = [pytest.mark.usefixtures("key"), pytest.mark.xdist_group("server")]


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
    prompt = next_message(PLAIN, personas[0], [Turn("interlocutor", "Tell me a joke.")])
    asked = [MessageRequest(prompt, seed, 12) for seed in (1, 2, 3, 1)]
    found = sorted(backend(server).generate(asked), key=lambda a: a.place or 0)
    assert found[0] == found[3] and len({a.text for a in found}) > 1
    assert all(a.status in ("ok", "cut", "empty") and 0 < a.tokens <= 12 for a in found)


def test_every_readout_of_a_server(
    server: str, tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    readouts = ["logit", "generate", "cot"]
    manifest = run(
        tmp_path, entry_of(server), instrument, personas,
        readouts=readouts, answer_tokens=12, reasoning_tokens=12,
    )  # fmt: skip
    found = read_table(tmp_path / "responses", "responses")
    assert found["readout"].map(asked_as).drop_duplicates().tolist() == readouts
    assert len(found) == 3 * ADMINISTRATIONS and manifest["failed"] == 0
    assert manifest["computed"] == 4 * ADMINISTRATIONS + MESSAGES
    assert found.loc[found["readout"] == "generate", "said"].ne("").all()
    assert found.loc[found["readout"] == "cot", "reasoning"].ne("").all()


def test_requests_keep_to_the_rate(
    server: str, instrument: Instrument, personas: list[Persona]
) -> None:
    began = time.monotonic()
    list(backend(server, requests_per_minute=600).score(questions(instrument, personas)))
    assert time.monotonic() - began >= 11 * 0.1


def test_attempts_are_further_and_further_apart_and_not_in_step(server: str) -> None:
    service = backend(server, longest_wait_seconds=60).service

    def waits(attempt: int) -> list[float]:
        state: Any = SimpleNamespace(attempt_number=attempt, outcome=None)
        return [service._wait(state) for _ in range(200)]

    means = [mean(waits(attempt)) for attempt in (1, 3, 5)]
    assert means[0] < means[1] < means[2] <= 60
    assert all(len(set(waits(n))) > 190 and max(waits(n)) <= 60 for n in (1, 30))


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


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d | {"base_url": "https://me:pass@host/v1"}, "without user, password or query"),
        (lambda d: d | {"base_url": "file:///etc/passwd"}, "must be http"),
        (lambda d: d | {"limits": {"money": 1}}, "price_in and price_out"),
    ],
)
def test_wrong_deployments_are_refused(change: Callable[[Any], Any], told: str) -> None:
    entry = entry_of("http://localhost/v1")
    with pytest.raises(ValueError, match=told):
        Entry.model_validate(entry | {"deployment": change(entry["deployment"])})
