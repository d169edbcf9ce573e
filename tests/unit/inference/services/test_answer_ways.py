"""Ways to answer: the best that a service has is found on one question, kept, and the same for all jobs."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from api_jobs import ADMINISTRATIONS, backend, entry_of, questions, run
from stub_service import Asked, Reply, Rule, said, service

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.backends.way_probe import recall_way, settle_way
from holdfast.inference.services.answer_ways import Way
from holdfast.tables.table_files import read_table

pytestmark = pytest.mark.usefixtures("key")
TOPS = [{"token": x, "logprob": math.log(p)} for x, p in (("C", 0.6), (" C", 0.1), ("A", 0.2))]
USUAL = {"model", "messages", "temperature", "top_p", "max_tokens", "seed"}


def strict(*features: str) -> Rule:
    """Return a service that has some features and refuses the fields of all others.

    It is fond of C and talks at length unless it is begun or restricted.
    """
    allowed = set(USUAL)
    fields = {
        "prefill": {"continue_final_message", "add_generation_prompt"},
        "logprobs": {"logprobs", "top_logprobs"}, "structured": {"structured_outputs"},
        "schema": {"response_format"},
    }  # fmt: skip
    for feature in features:
        allowed |= fields.get(feature, set())

    def rule(asked: Asked) -> Reply:
        if more := set(asked.body) - allowed:
            return 400, {"error": {"message": f"Unsupported parameter: {sorted(more)[0]}"}}
        begun = asked.last["role"] == "assistant"
        text = "I think that it is (C)."
        if begun and ("plain" in features or asked.body.get("continue_final_message")):
            text = "C) like that"
        elif "structured_outputs" in asked.body:
            text = "C"
        elif "response_format" in asked.body:
            text = '{"answer": "C"}'
        elif not re.search("Answer with one letter", json.dumps(asked.body["messages"])):
            text = "It is raining."
        elif not begun:
            text = "C"
        tokens = re.findall(r"C|[^C]+", text)
        logprobs = [
            {"token": t, "logprob": -0.5, "top_logprobs": TOPS if t == "C" else []} for t in tokens
        ]
        return said(text, logprobs={"content": logprobs} if "logprobs" in asked.body else None)

    return rule


def unsettled(address: str, **more: Any) -> dict[str, Any]:
    entry = entry_of(address)
    entry["deployment"] |= {"answer_by": None} | more
    return entry


WAYS = [
    (("prefill", "structured", "logprobs"), Way("prefill", "continue_final_message", True), "prefill"),
    (("plain", "logprobs"), Way("prefill", "plain", True), "prefill"),
    (("plain",), Way("prefill", "plain", False), "text"),
    (("structured", "schema", "logprobs"), Way("choice", "structured_outputs", True), "restricted"),
    (("schema", "logprobs"), Way("choice", "json_schema", True), "restricted"),
    (("schema",), Way("choice", "json_schema", False), "restricted"),
    (("logprobs",), Way("logprobs", "", True), "top_logprobs"),
    ((), Way("text", "", False), "text"),
]  # fmt: skip


@pytest.mark.parametrize(("features", "way", "read_as"), WAYS, ids=lambda x: str(x)[:40])
def test_the_best_way_is_found_and_read(
    features: tuple[str, ...], way: Way, read_as: str, tmp_path: Path, instrument: Instrument,
    personas: list[Persona],
) -> None:  # fmt: skip
    with service(strict(*features)) as (address, seen):
        manifest = run(tmp_path, unsettled(address), instrument, personas)
        first = len(seen)
        again = run(tmp_path, unsettled(address), instrument, personas)
        assert len(seen) == first and again["computed"] == 0
    assert manifest["answered_by"] == vars(way) == again["answered_by"]
    rows = read_table(tmp_path / "responses", "responses")
    assert len(rows) == ADMINISTRATIONS and rows["answer"].eq("C").all()
    assert set(rows["readout"]) == {read_as} and set(rows["status"]) == {"ok"}
    if way.logprobs:
        assert rows["logprobs"].map(lambda p: p[2]).tolist() == pytest.approx(
            [math.log(0.7)] * len(rows)
        )
        assert rows["mass"].tolist() == pytest.approx([0.9] * len(rows))


def test_what_was_found_does_not_flip_when_the_service_changes(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    """Another job of the same model asks as the first did, also where its own trial would end otherwise."""
    question = questions(instrument, personas)[0]
    with service(strict("logprobs")) as (address, _):
        first = backend(address, {"answer_by": None})
        settle_way(first, tmp_path, question, restricted=False)
    with service(strict("prefill", "logprobs")) as (address, seen):
        second = backend(address, {"answer_by": None})
        settle_way(second, tmp_path, question, restricted=False)
        assert not seen and second.way == first.way == Way("logprobs", "", True)
        other = backend(address, {"answer_by": None, "same_as": "another server"})
        assert not recall_way(other, tmp_path)


def test_two_jobs_that_try_at_the_same_time_agree(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    question, later = questions(instrument, personas)[0], strict("prefill", "logprobs")
    with service(strict("logprobs")) as (slow, _):
        faster = backend(slow, {"answer_by": None})

        def rule(asked: Asked) -> Reply:
            settle_way(faster, tmp_path, question, restricted=False)  # while this one still asks
            return later(asked)

        with service(rule) as (address, _):
            mine = backend(address, {"answer_by": None})
            settle_way(mine, tmp_path, question, restricted=False)
    assert mine.way == faster.way == Way("logprobs", "", True)


def test_an_entry_names_the_way(
    instrument: Instrument, personas: list[Persona], tmp_path: Path
) -> None:
    question = questions(instrument, personas)[0]
    with service(strict("prefill", "schema", "logprobs")) as (address, seen):
        named = backend(address, {"answer_by": "choice"})
        settle_way(named, tmp_path, question, restricted=False)
        assert named.way == Way("choice", "json_schema", True)
        count = len(seen)
        text = backend(address, {"answer_by": "text"})
        settle_way(text, tmp_path, question, restricted=False)
        assert text.way == Way("text", "", False) and len(seen) == count
        assert [b.identity()["readout"] for b in (named, text)] == ["choice", "text"]
    with (
        service(strict("logprobs")) as (address, _),
        pytest.raises(
            StudyError, match=r"can't be asked for a letter by prefill.*Unsupported parameter"
        ),
    ):
        settle_way(backend(address, {"answer_by": "prefill"}), tmp_path / "2", question, False)


def test_the_readout_choice_is_restricted_whatever_way_the_readout_logit_has(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    with service(strict("prefill", "schema", "logprobs")) as (address, seen):
        manifest = run(
            tmp_path, unsettled(address), instrument, personas, readouts=["logit", "choice"]
        )
        restricted = [a for a in seen if "response_format" in a.body]
    assert (
        manifest["answered_by"]["name"] == "prefill"
        and manifest["answered_by"]["choice"] == "json_schema"
    )
    rows = read_table(tmp_path / "responses", "responses")
    assert rows["readout"].drop_duplicates().tolist() == ["prefill", "choice"]
    assert len(restricted) >= ADMINISTRATIONS and all(a.last["role"] == "user" for a in restricted)
    with (
        service(strict("logprobs")) as (address, _),
        pytest.raises(StudyError, match="can't be asked for a letter by choice"),
    ):
        run(tmp_path / "2", unsettled(address), instrument, personas, readouts=["choice"])


@pytest.mark.parametrize("restricts", [True, False])
def test_the_readout_choice_of_a_base_model_is_restricted_or_refused(
    restricts: bool, tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    def rule(asked: Asked) -> Reply:
        if "structured_outputs" in asked.body and not restricts:
            return 400, {"error": {"message": "Unsupported parameter: structured_outputs"}}
        text = " C" if "structured_outputs" in asked.body else " I think"
        return 200, {"choices": [{"text": text, "finish_reason": "stop"}], "usage": {}}

    with service(rule) as (address, seen):
        entry = unsettled(address, preset="vllm", logprobs=False)
        entry["model"]["kind"] = "base"
        if not restricts:
            with pytest.raises(StudyError, match="can't be asked for a letter by choice"):
                run(tmp_path, entry, instrument, personas, readouts=["choice"])
            return
        run(tmp_path, entry, instrument, personas, readouts=["choice"])
        assert all(asked.path.endswith("/completions") for asked in seen)
    rows = read_table(tmp_path / "responses", "responses")
    assert set(rows["readout"]) == {"choice"} and rows["answer"].eq("C").all()


def test_a_service_that_refuses_everything_is_told_in_its_own_words(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    refusal = 400, {"error": {"message": "Unsupported parameter: 'max_tokens'"}}
    with (
        service(lambda _: refusal) as (address, _),
        pytest.raises(
            StudyError, match=r"by prefill or choice or logprobs or text\. It says.*'max_tokens'"
        ),
    ):
        run(tmp_path, unsettled(address), instrument, personas)


def test_a_router_without_anybody_for_a_way_is_asked_in_another(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    well = strict("logprobs")

    def rule(asked: Asked) -> Reply:
        status, reply = well(asked)
        if status == 400:
            why = "No endpoints found that can handle the requested parameters."
            return 404, {"error": {"message": why, "code": 404}}
        return status, reply

    with service(rule) as (address, _):
        manifest = run(
            tmp_path,
            unsettled(address, preset="openrouter", base_url=address),
            instrument,
            personas,
        )
    assert manifest["answered_by"]["name"] == "logprobs" and manifest["failed"] == 0


def test_a_fault_that_passes_is_no_reason_for_another_way(
    instrument: Instrument, personas: list[Persona], tmp_path: Path
) -> None:
    """More attempts fail than a request has; then the service is well again."""
    well, asked_so_far = strict("prefill", "logprobs"), 0

    def rule(asked: Asked) -> Reply:
        nonlocal asked_so_far
        asked_so_far += 1
        return (503, {"error": {"message": "busy"}}) if asked_so_far <= 3 else well(asked)

    with service(rule) as (address, _):
        mine = backend(address, {"answer_by": None}, attempts=3)
        settle_way(mine, tmp_path, questions(instrument, personas)[0], restricted=False)
    assert mine.way == Way("prefill", "continue_final_message", True)


def test_a_way_of_which_a_service_breaks_is_left_for_another(
    instrument: Instrument, personas: list[Persona], tmp_path: Path
) -> None:
    well = strict("structured", "logprobs")

    def rule(asked: Asked) -> Reply:
        broken = asked.last["role"] == "assistant"
        return (500, {"error": {"message": "list index out of range"}}) if broken else well(asked)

    with service(rule) as (address, _):
        mine = backend(address, {"answer_by": None}, attempts=2)
        settle_way(mine, tmp_path, questions(instrument, personas)[0], restricted=False)
    assert mine.way == Way("choice", "structured_outputs", True)


def test_a_service_that_answers_nothing_is_told_in_its_own_words(
    instrument: Instrument, personas: list[Persona], tmp_path: Path
) -> None:
    down = 503, {"error": {"message": "the model is loading"}}
    with (
        service(lambda _: down) as (address, seen),
        pytest.raises(
            StudyError, match=r"'mini': the service answers no question: .*503.*is loading"
        ),
    ):
        settle_way(
            backend(address, {"answer_by": None}, attempts=2), tmp_path,
            questions(instrument, personas)[0], restricted=False,
        )  # fmt: skip
    assert len(seen) == 4, "in one way and in the plainest, each with all its attempts"


def test_another_address_is_another_identity_unless_the_entry_says_that_it_is_the_same() -> None:
    def at(port: int, same: str | None) -> dict[str, Any]:
        return backend(f"http://127.0.0.1:{port}/v1", {"same_as": same}).identity()

    assert at(1, None) != at(2, None) and at(1, None) == at(1, None)
    assert at(1, "one server") == at(2, "one server") != at(1, None)
