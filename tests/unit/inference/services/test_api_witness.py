"""Who answered, and whether the prompt arrived whole: what replies say of the service."""

import json
import re
from pathlib import Path

import pytest
from api_jobs import entry_of, run
from stub_service import Asked, Reply, said, service

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.inference.backends.service_record import NAME_TOKENS, askable, is_named
from holdfast.inference.prompting.wordings import load_wording
from holdfast.inference.services.api_witness import Witness
from holdfast.report.tables.provenance import provenance
from holdfast.report.tables.service_checks import arrived, one_answerer
from small_jobs import Job

pytestmark = pytest.mark.usefixtures("key")
RESOURCES = Path(__file__).resolve().parents[4] / "resources"
WORDS = "what a wonderful day it is to walk by the river and to think of nothing "


def usage(tokens: int) -> dict[str, dict[str, int]]:
    return {"usage": {"prompt_tokens": tokens}}


def test_a_prompt_with_more_words_than_tokens_was_cut(caplog: pytest.LogCaptureFixture) -> None:
    witness = Witness("served")
    witness.see(usage(3), "word " * 4000, None)
    witness.see(usage(2048), "word " * 4000, None)
    assert "the server saw 3 tokens of a prompt of 4000 words" in caplog.text
    assert witness.facts()["prompts_cut"] == 2 and caplog.text.count("tokens of a prompt") == 1


@pytest.mark.parametrize(("window", "cut"), [(10**6, 0), (400, 18), (700, 4)])
def test_a_conversation_that_grows_and_whose_prompts_do_not(window: int, cut: int) -> None:
    """A window near the number of words: only the growth of the prompts tells that it cuts them."""
    witness = Witness("served")
    for turn in range(1, 61):
        text = WORDS * turn
        tokens = round(len(text.split()) * 1.05)
        if turn >= 20 or tokens <= window:
            witness.see(usage(min(window, tokens)), text, ("r", "p", "c"))
    found = witness.facts()["prompts_cut"]
    assert found == 0 if cut == 0 else found >= cut, found


def test_questions_of_one_length_and_other_scripts_are_not_cut() -> None:
    witness = Witness("served")
    for n in range(200):
        text = WORDS * 30 + "why " * (n % 60)
        witness.see(usage(len(text.split()) + n % 7), text, "c")
        witness.see(usage(700), "今天天气很好我们去河边走走" * 40, "d")
    for odd in ({}, {"usage": None}, {"usage": {"prompt_tokens": None}}, usage(0), [], "x"):
        witness.see(odd, "word " * 100, "e")
    assert witness.facts() == {"served_by": [], "prompts_cut": 0}


def test_who_answers_is_kept_and_a_change_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    witness = Witness("served")
    one = {"model": "m-2026-01", "provider": "North", "system_fingerprint": "fp_1"}
    for reply in (one, one, one | {"provider": "South"}, one, {"choices": []}):
        witness.see(reply, "hello", None)
    assert witness.facts()["served_by"] == [
        {"model": "m-2026-01", "provider": "North", "fingerprint": "fp_1", "replies": 3},
        {"model": "m-2026-01", "provider": "South", "fingerprint": "fp_1", "replies": 1},
    ]
    assert caplog.text.count("who answers has changed: model m-2026-01, provider South") == 1


def test_a_job_tells_of_its_service_and_of_the_persona(
    tmp_path: Path,
    instrument: Instrument,
    personas: list[Persona],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")

    def rule(asked: Asked) -> Reply:
        told = re.search(r"role\. You are ([^.]+)\.", asked.body["messages"][0]["content"])
        if "your name" in asked.last["content"]:
            status, reply = said(f"I am {told[1]}." if told else "A chatbot.")
        else:
            status, reply = said("B")
        return status, reply | {"model": "m-1", "provider": "North"} | usage(9)

    with service(rule) as (address, seen):
        first = run(tmp_path, entry_of(address), instrument, personas)
        count = len(seen)
        again = run(tmp_path, entry_of(address), instrument, personas)
        assert len(seen) == count, "the canary is asked once"
    named = first["canary"]
    assert named["persona"] == personas[0].persona and personas[0].name in named["reply"]
    assert named["named"] and again["canary"] == named and personas[0].name in caplog.text
    assert first["prompts_cut"] > 0 and first["served_by"][0]["provider"] == "North"
    assert again["served_by"] == first["served_by"] and again["prompts_cut"] == first["prompts_cut"]
    (check,) = arrived([again])
    assert check.state == "failed" and "at least" in check.detail
    (check,) = one_answerer([again])
    assert check.state == "passed" and "provider North" in check.detail


def test_a_change_within_a_job_and_between_runs_is_a_warning_and_in_what_is_written(
    tmp_path: Path,
    instrument: Instrument,
    personas: list[Persona],
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked_so_far = 0

    def rule(asked: Asked) -> Reply:
        nonlocal asked_so_far
        asked_so_far += 1
        status, reply = said("B")
        who = {"model": "m-1", "provider": "North" if asked_so_far <= 20 else "South"}
        return status, reply | who | {"quantization": "fp8", "system_fingerprint": "fp_1"}

    with service(rule) as (address, seen):
        first = run(tmp_path, entry_of(address), instrument, personas)
        count = len(seen)
    about = "model m-1, provider {}, fingerprint fp_1, quantization fp8"
    assert f"has changed: {about.format('South')}, before {about.format('North')}" in caplog.text
    assert {w["provider"]: w["replies"] for w in first["served_by"]} == {
        "North": 20,
        "South": count - 20,
    }
    written = provenance({}, {}, [tmp_path / "manifest.json"])["jobs"][0]
    assert written["served_by"] == first["served_by"]
    (check,) = one_answerer([first])
    assert check.state == "warning" and "provider North" in check.detail
    caplog.clear()
    with service(lambda _: (200, said("B")[1] | {"model": "m-2"})) as (address, _):
        again = run(
            tmp_path, entry_of(address), instrument, personas, readouts=["logit", "generate"],
            answer_tokens=4,
        )  # fmt: skip
    assert caplog.text.count("has changed: model m-2, before model m-1, provider") == 1
    assert len(again["served_by"]) == 3


def test_a_name_is_asked_for_in_the_language_of_the_study(
    tmp_path: Path,
    instrument: Instrument,
    personas: list[Persona],
    caplog: pytest.LogCaptureFixture,
) -> None:
    german = load_wording(RESOURCES, "german")
    assert german.language == "de"
    silent = german.model_copy(update={"name_question": ""})
    for wording, asked in ((german, "Bevor wir anfangen: Wie heißt du?"), (silent, "")):
        with service(lambda _: said("B")) as (address, seen):
            where = tmp_path / (asked[:5] or "silent")
            about = run(
                where,
                entry_of(address),
                instrument,
                personas,
                wordings={"own": wording.model_dump()},
            )
        canaries = [a for a in seen if a.body["max_tokens"] == NAME_TOKENS]
        assert [a.last["content"] for a in canaries] == ([asked] if asked else [])
        assert ("canary" in about) == bool(asked)
        assert not any("your name" in json.dumps(a.body) for a in seen)
    assert caplog.text.count("the wording has no name_question") == 1
    warned = [r.levelname for r in caplog.records if "asked for its name as" in r.getMessage()]
    assert warned == ["WARNING"], "B is no persona's name"


LETTERED = [
    Persona(persona="a", name="A", gender="female", description="A captain who trusts charts."),
    Persona(persona="b", name="B", gender="male", description="A cook who laughs at rules."),
    Persona(persona="c", name="C", gender="neutral", description="A pilot bored by every port."),
    Persona(persona="paris", name="Paris", gender="male", description="A prince."),
]


def test_personas_named_as_letters_are_asked_for_a_name_that_can_be_told_and_leak_nowhere(
    tmp_path: Path, instrument: Instrument
) -> None:
    def rule(asked: Asked) -> Reply:
        told = re.search(r"role\. You are ([^.]+)\.", asked.body["messages"][0]["content"])
        return said(f"A pleasure. I am {told[1]}. (C)" if told else "(C)")

    job = Job(tmp_path, tmp_path, instrument, LETTERED)
    with service(rule) as (address, _):
        job.entry = entry_of(address)
        about = job.run(people=4)
    assert about["canary"]["persona"] == "paris" and about["canary"]["named"]
    assert about["audit"]["contaminated"] == 0 and about["audit"]["prompts"] > 300
    assert {"A", "B", "C"} <= set(about["audit"]["ambiguous"])
    assert about["failed"] == about["invalid"] == 0
    assert askable(LETTERED[:3]) is None and askable([]) is None


@pytest.mark.parametrize(
    ("name", "reply", "named"),
    [
        ("Ann Weaver", "I'm Ann, a weaver.", True), ("Ann", "I planned to tell you.", False),
        ("Bo", "I am Bo.", True), ("Bo", "No bo here.", False), ("Li Na", "Li Na.", True),
        ("李明", "我叫李明。", True), ("Zoë", "Call me Zoë!", True), ("Paris", "A chatbot.", False),
    ],
)  # fmt: skip
def test_a_name_is_told_from_other_words(name: str, reply: str, named: bool) -> None:
    assert is_named(name, reply) == named


@pytest.mark.parametrize(
    "told",
    [{"prompt_tokens_details": {"cached_tokens": 600}}, {"prompt_cache_hit_tokens": 600},
     {"cached_tokens": 600}, {}],
)  # fmt: skip
def test_prompts_that_were_read_before_cost_less_and_runs_add_up(
    told: dict[str, object], tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    used = {"usage": {"prompt_tokens": 1000, "completion_tokens": 10, "cost": 0.5, **told}}

    def rule(asked: Asked) -> Reply:
        status, reply = said("B")
        return status, reply | used

    prices = {"price_in": 2.0, "price_out": 8.0, "price_cached": 0.5, "price_date": "2026-11-01"}
    with service(rule) as (address, seen):
        entry = entry_of(address, **prices)
        run(tmp_path, entry, instrument, personas)
        manifest = run(
            tmp_path, entry, instrument, personas, readouts=["logit", "generate"], answer_tokens=4
        )
        n = len(seen)
    each = (1000 * 2.0 + 10 * 8.0 - (600 * 1.5 if told else 0)) / 1e6
    assert manifest["spent"]["money"] == pytest.approx(n * each) and manifest["money"] < n * each
    assert manifest["spent"]["cached"] == (600 * n if told else 0)
    assert manifest["spent"]["told"] == pytest.approx(0.5 * n), "as OpenRouter tells it"
    assert manifest["spent"]["price_date"] == "2026-11-01"
    assert [manifest["spent"][k] for k in ("price_in", "price_cached", "price_out")] == [
        2.0,
        0.5,
        8.0,
    ]


def test_checks_of_the_service() -> None:
    base = {"model": "served", "population": "p", "prompts_cut": 0}
    by = [{"model": "m", "provider": x, "replies": 5} for x in ("North", "South")]
    canary = {"persona": "ann", "reply": "A chatbot.", "named": False}
    (check,) = one_answerer([base | {"served_by": by[:1]}, base | {"served_by": by[1:]}])
    assert check.state == "warning" and "South" in check.detail and "North" in check.detail
    (check,) = arrived([base | {"served_by": by, "canary": canary}])
    assert check.state == "warning" and "A chatbot." in check.detail
    (check,) = arrived([base | {"served_by": by, "canary": canary | {"named": True}}])
    assert check.state == "passed"
    assert arrived([{"model": "local"}]) == one_answerer([{"model": "local"}]) == []
    assert json.dumps(by)
