"""Batches: every answer once, whenever the job dies and whatever the service does; and at half the price."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from api_jobs import ADMINISTRATIONS, KEY, MESSAGES, entry_of, run
from stub_service import Asked, Reply, said, service

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.services.api_requests import Service
from holdfast.inference.store.response_store import Store
from holdfast.tables.table_files import read_table

pytestmark = pytest.mark.usefixtures("key")
USED = {"usage": {"prompt_tokens": 100, "completion_tokens": 2}}


class Shop:
    """A service with a batch endpoint; it counts what it computes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.batches: list[dict[str, Any]] = []
        self.paid: Counter[str] = Counter()
        self.lines: Any = None  # changes a batch's lines

    def rule(self, asked: Asked) -> Reply:
        parts = asked.path.removeprefix("/v1/").split("/")
        if parts[0] == "completions":
            return 200, {"choices": [{"text": "I would rather speak of tea."}]} | USED
        if parts[0] == "chat":
            status, reply = said("I would rather speak of tea.")
            return status, reply | USED
        if parts[0] == "files" and asked.method == "POST":
            name = f"file-{len(self.files)}"
            content = asked.content.split(b"\r\n\r\n")
            self.files[name] = next(c for c in content if c.startswith(b"{")).split(b"\r\n--")[0]
            return 200, {"id": name}
        if parts[0] == "files":
            return 200, self.files[parts[1]]
        if asked.method == "POST":
            return 200, self._made(asked.body)
        if len(parts) == 1:
            newest = list(reversed(self.batches))
            after = next(
                (i for i, b in enumerate(newest) if b["id"] == asked.query.get("after")), -1
            )
            page = newest[after + 1 : after + 3]
            return 200, {"data": page, "has_more": after + 3 < len(newest)}
        batch = next(b for b in self.batches if b["id"] == parts[1])
        if batch["status"] != "failed":
            batch["status"] = {"validating": "in_progress"}.get(batch["status"], "completed")
        return 200, batch

    def _made(self, wanted: dict[str, Any]) -> dict[str, Any]:
        name = f"batch-{len(self.batches)}"
        lines = [json.loads(x) for x in self.files[wanted["input_file_id"]].splitlines()]
        assert len({x["custom_id"] for x in lines}) == len(lines)
        self.paid.update(json.dumps(x["body"]) for x in lines)
        done = [
            {"custom_id": x["custom_id"], "error": None,
             "response": {"status_code": 200, "body": said("B")[1] | USED}} for x in lines
        ]  # fmt: skip
        done = self.lines(done) if self.lines else done
        self.files[f"{name}-out"] = "".join(json.dumps(x) + "\n" for x in reversed(done)).encode()
        batch = {
            "id": name, "status": "validating", "metadata": wanted["metadata"], "output_file_id": f"{name}-out",
        }  # fmt: skip
        self.batches.append(batch)
        return batch


def batched(address: str, kind: str = "chat", **limits: Any) -> dict[str, Any]:
    entry = entry_of(address, kind, batch_poll_seconds=0.01, **limits)
    entry["deployment"] |= {"batch": True}
    return entry


def test_answers_come_in_one_batch_at_half_the_price(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    shop = Shop()
    with service(shop.rule) as (address, seen):
        entry = batched(address, price_in=2.0, price_out=8.0)
        manifest = run(tmp_path, entry, instrument, personas)
        again = run(tmp_path, entry, instrument, personas)
    assert (
        len(shop.batches) == 1
        and sum(a.path.endswith("/chat/completions") for a in seen) == MESSAGES + 1
    )
    assert (
        set(shop.paid.values()) == {1}
        and len(shop.paid) == ADMINISTRATIONS
        and again["computed"] == 0
    )
    each = (100 * 2.0 + 2 * 8.0) / 1e6
    assert manifest["money"] == pytest.approx(each * (MESSAGES + 1) + each / 2 * ADMINISTRATIONS)
    rows = read_table(tmp_path / "responses", "responses")
    assert rows["answer"].eq("B").all() and len(rows) == ADMINISTRATIONS


AT_AZURE = "/openai/deployments/small/chat/completions"


def test_azure_has_its_batches_above_the_deployment(
    tmp_path: Path, instrument: Instrument, personas: list[Persona], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stub that refuses other addresses and versions, and a batch of a file that it has not read yet."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    shop, read = Shop(), set[str]()

    def rule(asked: Asked) -> Reply:
        part = asked.path.removeprefix("/openai/").split("/")
        known = part[0] in ("files", "batches") or asked.path == AT_AZURE
        if asked.headers.get("api-key") != KEY or asked.query.get("api-version") != "2024-10-21":
            return 401, {"error": {"message": "no key or version"}}
        if not (asked.path.startswith("/openai/") and known):
            return 404, {"error": {"message": "Resource not found"}}
        named = [asked.body["endpoint"]] if "endpoint" in asked.body else []
        named += re.findall(rb'"url": "([^"]*)"', asked.content) if part == ["files"] else []
        if {*named} - {"/chat/completions", b"/chat/completions"}:
            return 400, {"error": {"message": f"The provided endpoint is not supported: {named}"}}
        if (
            part == ["batches"]
            and asked.method == "POST"
            and asked.body["input_file_id"] not in read
        ):
            return 400, {"error": {"message": "the file is not processed"}}
        if part[0] == "files" and len(part) == 2:
            read.add(part[1])
            return 200, {"id": part[1], "status": "processed"}
        asked.path = "/v1/" + "/".join(part[2:] if part[0] == "deployments" else part)
        status, reply = shop.rule(asked)
        if part == ["files"]:
            reply["status"] = "pending"
        if part[0] == "batches" and "status" in reply:
            reply = reply | {"status": reply["status"].capitalize()}
        return status, reply

    with service(rule) as (address, seen):
        entry = batched(f"{address.removesuffix('/v1')}/openai/deployments/small")
        entry["deployment"] |= {"preset": "azure"}
        del entry["deployment"]["api_key_variable"]
        manifest = run(tmp_path, entry, instrument, personas)
        assert sum(a.path.endswith("/chat/completions") for a in seen) == MESSAGES + 1
    assert manifest["failed"] == 0 and len(shop.batches) == 1
    assert set(shop.paid.values()) == {1} and len(shop.paid) == ADMINISTRATIONS


class Killed(BaseException):
    """Stands for a signal that nothing can catch."""


def test_twenty_kills_lose_nothing_and_nothing_is_paid_twice(
    tmp_path: Path, instrument: Instrument, personas: list[Persona], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job dies before or after each request of the batch; what is not on disk by then is gone."""
    shop, real, save = Shop(), Service.call, Store.save
    state = {"calls": 0, "dies_at": 0, "kills": 0}

    def call(self: Service, method: str, path: str, **more: Any) -> Any:
        state["calls"] += 1
        at = state["dies_at"]
        if at == 2 * state["calls"] - 1:
            raise Killed
        reply = real(self, method, path, **more)
        if at == 2 * state["calls"]:
            raise Killed
        return reply

    def unsaved(self: Store) -> None:
        if not state["dies_at"]:
            save(self)

    monkeypatch.setattr(Service, "call", call)
    monkeypatch.setattr(Store, "save", unsaved)
    monkeypatch.setattr(Store, "keep", Store.add)
    with service(shop.rule) as (address, _):
        for moment in [*range(1, 13), *[1, 2, 3, 4] * 4]:
            state |= {"calls": 0, "dies_at": moment}
            try:
                run(tmp_path, batched(address), instrument, personas)
            except Killed:
                state["kills"] += 1
        state |= {"calls": 0, "dies_at": 0}
        manifest = run(tmp_path, batched(address), instrument, personas)
    assert state["kills"] >= 20
    assert manifest["spent"]["tokens"] >= 102 * ADMINISTRATIONS, "what a killed run paid is counted"
    assert set(shop.paid.values()) == {1} and len(shop.paid) == ADMINISTRATIONS
    assert (
        manifest["failed"] == 0
        and read_table(tmp_path / "responses", "responses")["answer"].eq("B").all()
    )


def test_what_fails_in_a_batch_is_asked_again_and_what_is_flagged_is_not(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    shop = Shop()
    flagged = {"error": {"code": "content_filter", "message": "flagged"}}

    def spoilt(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lines[0]["response"] = {"status_code": 500, "body": {"error": {"message": "oh"}}}
        lines[1]["response"] = {"status_code": 400, "body": flagged}
        return lines[:-1]  # the last expired

    shop.lines = spoilt
    with service(shop.rule) as (address, _):
        with pytest.raises(StudyError, match="2 of 36 messages and answers failed"):
            run(tmp_path, batched(address), instrument, personas)
        shop.lines = None
        manifest = run(tmp_path, batched(address), instrument, personas)
    assert [len(shop.batches), manifest["filtered"], manifest["failed"]] == [2, 1, 0]
    assert sorted(shop.paid.values()) == [1] * (ADMINISTRATIONS - 2) + [2] * 2
    rows = read_table(tmp_path / "responses", "responses")
    assert rows["status"].value_counts().to_dict() == {"ok": ADMINISTRATIONS - 1, "filtered": 1}


def test_a_base_model_is_asked_in_batches_and_every_status_is_kept(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    shop = Shop()
    ends = [
        {"text": "", "finish_reason": "content_filter"},
        {"text": "A captain can't.", "finish_reason": "refusal"},
        {"text": "", "reasoning_content": "Tea or", "finish_reason": "length"},
        {"text": " ", "finish_reason": "stop"},
    ]
    flagged = {"error": {"code": "content_filter", "message": "flagged"}}

    def of_base(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for line, choice in zip(lines, ends + [{"text": "B) like"}] * len(lines), strict=False):
            line["response"]["body"] = {"choices": [choice]} | USED
        lines[-1]["response"] = {"status_code": 400, "body": flagged}
        return lines

    shop.lines = of_base
    with service(shop.rule) as (address, seen):
        manifest = run(tmp_path, batched(address, "base"), instrument, personas)
        count = len(seen)
        again = run(tmp_path, batched(address, "base"), instrument, personas)
        assert len(seen) == count and again["computed"] == 0
    (wanted,) = [a.body for a in seen if "metadata" in a.body]
    assert wanted["endpoint"] == "/v1/completions"
    assert set(shop.paid.values()) == {1} and all("prompt" in json.loads(x) for x in shop.paid)
    rows = read_table(tmp_path / "responses", "responses")
    assert rows["status"].value_counts().to_dict() == {
        "ok": ADMINISTRATIONS - 5, "filtered": 2, "refused": 1, "thought_not_ended": 1, "empty": 1,
    }  # fmt: skip
    kept = [manifest[k] for k in ("filtered", "refused", "unended", "invalid", "failed")]
    assert kept == [2, 1, 1, 1, 0]


def test_an_endpoint_that_fails_is_told_in_one_sentence(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    shop = Shop()

    def rule(asked: Asked) -> Reply:
        broken = asked.path.endswith("/content")
        return (503, {"error": {"message": "busy"}}) if broken else shop.rule(asked)

    with (
        service(rule) as (address, _),
        pytest.raises(
            StudyError, match=r"'mini': /files/batch-0-out/content: the server says 503.*busy"
        ),
    ):
        run(tmp_path, batched(address, attempts=2), instrument, personas)
    with service(shop.rule) as (address, _):
        assert run(tmp_path, batched(address), instrument, personas)["failed"] == 0
    assert set(shop.paid.values()) == {1}


def test_a_batch_that_is_refused_or_too_dear_is_told(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    shop = Shop()

    def rule(asked: Asked) -> Reply:
        status, reply = shop.rule(asked)
        if "metadata" in asked.body:
            shop.batches[-1] |= {
                "status": "failed",
                "errors": {"data": [{"message": "no such endpoint"}]},
            }
        return status, reply

    with service(rule) as (address, _):
        with pytest.raises(StudyError, match=r"the service refuses a batch: .*no such endpoint"):
            run(tmp_path, batched(address), instrument, personas)
        assert not list((tmp_path / "store/mini").glob("batch-*.json")), (
            "the next run submits it anew"
        )
        with pytest.raises(StudyError, match="the budget is used up"):
            run(tmp_path / "2", batched(address, tokens=20_000), instrument, personas)
