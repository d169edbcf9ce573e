"""The backend `openai` behind a proxy that makes requests fail, and with a budget."""

import logging
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from api_jobs import ADMINISTRATIONS, KEY, assert_answered_once, backend, entry_of, questions, run
from fault_proxy import KINDS, Faults, between
from stub_service import Asked, Reply, said, service

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.services import api_requests
from holdfast.inference.store.store_segments import read_segments
from holdfast.report.tables.checks import replied
from holdfast.tables.table_files import read_table
from small_jobs import Job

# one server serves the whole group
pytestmark = [pytest.mark.usefixtures("key"), pytest.mark.xdist_group("server")]


@pytest.mark.parametrize("kind", [*KINDS, "all"])
def test_a_job_completes_in_spite_of_faults(
    server: str, tmp_path: Path, instrument: Instrument, personas: list[Persona], kind: str
) -> None:
    faults = Faults(KINDS if kind == "all" else [kind], rate=0.3, hang=3.0)
    with between(server, faults) as address:
        manifest = run(tmp_path, entry_of(address, timeout_seconds=2.0), instrument, personas)
    assert_answered_once(tmp_path, manifest)
    assert manifest["failed"] == 0
    assert sum(n for k, n in faults.seen.items() if k) >= 3, faults.seen


def test_what_fails_to_the_end_is_a_row_and_is_asked_again(
    server: str, tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    with between(server, Faults(["500"], rate=0.2)) as address:
        entry = entry_of(address, attempts=1)
        first = run(tmp_path, entry, instrument, personas, allow_failed=1.0)
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


def test_a_job_with_failures_is_not_done_and_keeps_what_was_answered(
    server: str, tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    with (
        between(server, Faults(["500"], rate=0.1)) as address,
        pytest.raises(
            StudyError, match=r"'mini': \d+ of 36 messages and answers failed.*the same command"
        ),
    ):
        run(tmp_path, entry_of(address, attempts=1), instrument, personas, allow_failed=0.01)
    assert not (tmp_path / "responses").exists() and not (tmp_path / "manifest.json").exists()
    kept = sum(table.num_rows for _, table in read_segments(tmp_path / "store/mini"))
    again = run(tmp_path, entry_of(server), instrument, personas)
    assert again["reused"] == kept > 0 and again["failed"] == 0
    assert_answered_once(tmp_path, again)


def test_a_share_of_failures_is_accepted_and_told_at_the_page_s_top(
    tmp_path: Path,
    instrument: Instrument,
    personas: list[Persona],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One of 36 is no answer: 2 % are too few for it, 3 % are not."""
    text = instrument.items[3].male

    def rule(asked: Asked) -> Reply:
        messages = asked.body["messages"]
        one = text in asked.last["content"] and "tea" in messages[1]["content"]
        one = one and personas[0].name in messages[0]["content"]
        return (500, {"error": {"message": "out of memory"}}) if one else said("B")

    with service(rule) as (address, _):
        with pytest.raises(StudyError, match=r"1 of 36 messages and answers failed.*it is 0\.02\)"):
            run(tmp_path, entry_of(address, attempts=1), instrument, personas, allow_failed=0.02)
        entry = entry_of(address, attempts=1)
        about = run(tmp_path, entry, instrument, personas, allow_failed=0.03)
    assert about["failed"] == 1 and about["reused"] == 35
    assert "1 of 36 messages and answers failed and are marked so, as allow_failed" in caplog.text
    rows = read_table(tmp_path / "responses", "responses")
    assert rows["status"].value_counts().to_dict() == {"ok": ADMINISTRATIONS - 1, "failed": 1}
    (check,) = replied([about])
    assert check.state == "warning" and "1 of 36 failed" in check.detail


class Later(Faults):
    """No fault in the first ten replies, then always one."""

    def next(self) -> str:
        super().next()
        return self.kinds[0] if sum(self.seen.values()) > 10 else ""


@pytest.mark.parametrize(
    ("kind", "said"),
    [("402", "the server says 402: there is no credit left"),
     ("quota", "429: there is no credit left.*pay first"),
     ("400", "20 requests failed one after the other.*400: .*injected"),
     ("401", "401: the key is not accepted")],
)  # fmt: skip
def test_a_fault_that_will_not_pass_ends_the_job_after_successes_too(
    server: str, instrument: Instrument, personas: list[Persona], kind: str, said: str
) -> None:
    with between(server, Later([kind], 0.0)) as address, pytest.raises(StudyError, match=said):
        list(backend(address, concurrency=1).score(questions(instrument, personas, 80)))


def test_one_prompt_that_is_refused_is_a_failure_of_its_own(
    server: str, instrument: Instrument, personas: list[Persona]
) -> None:
    class Eleventh(Faults):
        def next(self) -> str:
            super().next()
            return "403" if sum(self.seen.values()) == 11 else ""

    with between(server, Eleventh([""], 0.0)) as address:
        asked = backend(address, concurrency=1).score(questions(instrument, personas, 24))
        assert [a.status for a in asked].count("failed") == 1


def test_a_server_that_is_not_there_is_told_of_soon(
    instrument: Instrument, personas: list[Persona], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_requests, "UNREACHABLE", 0.3)
    nobody = "http://127.0.0.1:9/v1"
    with pytest.raises(StudyError, match=r"server at 127\.0\.0\.1 can't be reached.*base_url"):
        list(backend(nobody, attempts=8).score(questions(instrument, personas)))


def test_a_server_that_lets_nobody_in_is_told_of_soon(
    instrument: Instrument, personas: list[Persona], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not answered at all: the queue of a listener that accepts no connection is full."""
    monkeypatch.setattr(api_requests, "UNREACHABLE", 0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as kept:
        here = listener.getsockname()
        for _ in range(2):  # they wait for ever
            waiting = kept.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(here)
        silent = backend(f"http://127.0.0.1:{here[1]}/v1", attempts=8, concurrency=1)
        with pytest.raises(StudyError, match=r"can't be reached: .*Is it running"):
            list(silent.score(questions(instrument, personas)))


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


def test_a_job_ends_in_ten_seconds_while_the_server_hangs(
    server: str, tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    class Twenty(Faults):
        def next(self) -> str:
            super().next()
            return "timeout" if sum(self.seen.values()) > 20 else ""

    job, faults = Job(tmp_path, tmp_path, instrument, personas), Twenty([""], 0.0, hang=60)
    with between(server, faults) as address:
        job.entry = entry_of(address, timeout_seconds=120)
        process, _ = job.start(tmp_path / "log", python=sys.executable, topics=1)
        while sum(faults.seen.values()) < 26:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.05)
        process.terminate()
        said, _ = process.communicate(timeout=10)
    assert process.returncode == 143 and "ended by SIGTERM; what was saved is kept" in said
    kept = sum(table.num_rows for _, table in read_segments(tmp_path / "store/small"))
    assert kept == 19, "what was answered is saved; one more was the question for the name"


def test_retry_after_is_waited_for(
    server: str, instrument: Instrument, personas: list[Persona]
) -> None:
    class First(Faults):
        def next(self) -> str:
            super().next()
            return "429" if sum(self.seen.values()) == 1 else ""

    with between(server, First([""], 0.0, retry_after="2")) as address:
        began = time.monotonic()
        assert next(backend(address).score(questions(instrument, personas)[:1])).status != "failed"
    assert time.monotonic() - began >= 2


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
