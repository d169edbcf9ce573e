"""Presets: each is asked as a service that refuses every field that it does not document."""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from api_jobs import ADMINISTRATIONS, KEY, entry_of, run
from stub_service import Asked, Reply, said, service

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.models.registry import Entry
from holdfast.inference.models.service_requests import PRESETS
from holdfast.tables.table_files import read_table

pytestmark = pytest.mark.usefixtures("key")
BASIC = {"model", "messages", "stop"}
SAMPLED = {"temperature", "top_p", "seed"}
COMPLETION = "max_completion_tokens"
TOPS = {"logprobs", "top_logprobs"}


@dataclass(frozen=True)
class Known:
    """What a service takes, by its own documentation, and how it then answers.

    Attributes:
        fields: that it takes.
        way: in which it is to be asked.
        logprobs: most that may be asked for.
        begun: does it go on from an answer's beginning; with a field of the message if that is named?
        longest: the field that limits the reply.
        headers: that it wants.
        query: that it wants.
    """

    fields: set[str]
    way: str
    logprobs: int = 0
    begun: str = ""
    longest: str = "max_tokens"
    headers: dict[str, str] = field(default_factory=lambda: {"authorization": f"Bearer {KEY}"})
    query: dict[str, str] = field(default_factory=dict)


SERVICES = {
    "openai": Known(BASIC | SAMPLED | TOPS | {"response_format"}, "choice", 20, longest=COMPLETION),
    "openai-reasoning": Known(
        {"model", "messages", "response_format", "reasoning_effort"}, "choice", longest=COMPLETION),
    "azure": Known(
        BASIC | SAMPLED | TOPS | {"response_format"}, "choice", 20, longest=COMPLETION,
        headers={"api-key": "azure-secret"}, query={"api-version": "2024-10-21"}),
    "anthropic": Known(BASIC | {"temperature"}, "prefill", begun="plain"),
    "gemini": Known(BASIC | {"temperature", "top_p", "response_format", "reasoning_effort"}, "choice"),
    "mistral": Known(
        BASIC | {"temperature", "top_p", "random_seed", "response_format"}, "prefill", begun="prefix"),
    "deepseek": Known(BASIC | TOPS | {"temperature", "top_p"}, "prefill", 20, begun="prefix"),
    "openrouter": Known(
        BASIC | SAMPLED | TOPS | {"top_k", "repetition_penalty", "response_format", "provider"}, "prefill", 20,
        begun="plain"),
    "together": Known(
        BASIC | SAMPLED | {"logprobs", "top_k", "repetition_penalty", "response_format"}, "prefill", 5,
        begun="plain"),
    "groq": Known(
        BASIC | SAMPLED | {"response_format"}, "prefill", begun="plain", longest=COMPLETION),
    "vllm": Known(
        BASIC | SAMPLED | TOPS | {"top_k", "repetition_penalty", "structured_outputs", "continue_final_message",
                                  "add_generation_prompt"}, "prefill", 20, begun="continue_final_message"),
    "sglang": Known(
        BASIC | SAMPLED | TOPS | {"top_k", "repetition_penalty", "regex", "continue_final_message"}, "prefill",
        20, begun="continue_final_message"),
    "llama.cpp": Known(
        BASIC | SAMPLED | TOPS | {"top_k", "repeat_penalty", "grammar"}, "prefill", 20, begun="plain"),
    "ollama": Known(BASIC | SAMPLED | TOPS | {"response_format"}, "prefill", 20, begun="plain"),
    "lmstudio": Known(
        BASIC | SAMPLED | {"top_k", "repeat_penalty", "response_format"}, "prefill", begun="plain"),
}  # fmt: skip


def refused(known: Known, asked: Asked) -> str:
    """Return what a service has against a request; empty: nothing."""
    body = asked.body
    for name in body:
        if name not in known.fields | {known.longest}:
            return f"Unrecognized request argument supplied: {name}"
    for message in body["messages"]:
        if more := set(message) - {"role", "content"} - {known.begun}:
            return f"messages: extra field {more.pop()}"
    asked_for = body.get("top_logprobs", body.get("logprobs") or 0)
    if asked_for > known.logprobs:
        return "top_logprobs is too large"
    if any(asked.query.get(k) != v for k, v in known.query.items()):
        return "Missing required query parameter: api-version"
    return ""


def rule_of(known: Known) -> Any:
    def rule(asked: Asked) -> Reply:
        if any(asked.headers.get(k) != v for k, v in known.headers.items()):
            return 401, {"error": {"message": f"bad key in {sorted(asked.headers.values())}"}}
        if why := refused(known, asked):
            return 400, {"error": {"message": why}}
        begun = known.begun and asked.last["role"] == "assistant"
        mark = {"plain": True, "prefix": asked.last.get("prefix")}
        if begun and mark.get(known.begun, asked.body.get("continue_final_message")):
            echoed = "Answer: (" if known.begun == "prefix" else ""
            return _with_tokens(asked, f"{echoed}C) like that")
        if "response_format" in asked.body:
            return _with_tokens(asked, '{"answer": "C"}')
        if {"regex", "grammar", "structured_outputs"} & set(asked.body):
            return _with_tokens(asked, "C")
        return said("I would say that it is raining.")

    return rule


def _with_tokens(asked: Asked, text: str) -> Reply:
    texts = re.findall(r"C|[^C]+", text.removeprefix("Answer: ("))
    top = {"C": -0.1, "A": -3.0}
    if asked.body.get("logprobs") is True:
        tops = [{"token": t, "logprob": p} for t, p in top.items()]
        content = [
            {"token": t, "logprob": -0.1, "top_logprobs": tops if t == "C" else []} for t in texts
        ]
        return said(text, logprobs={"content": content})
    if asked.body.get("logprobs"):  # Together's form
        tops = [top if t == "C" else {} for t in texts]
        return said(
            text,
            logprobs={"tokens": texts, "token_logprobs": [-0.1] * len(texts), "top_logprobs": tops},
        )
    return said(text)


ON, OFF = {"type": "enabled"}, {"type": "disabled"}
TEMPLATE = "chat_template_kwargs"
TOLD: dict[str, dict[str, dict[str, Any]]] = {  # how far to think, as each service is told
    "openai-reasoning": {"off": {"reasoning_effort": "none"}, "low": {"reasoning_effort": "low"}},
    "azure": {"high": {"reasoning_effort": "high"}},
    "anthropic": {"on": {"thinking": ON | {"budget_tokens": 2000}}, "off": {"thinking": OFF}},
    "gemini": {"medium": {"reasoning_effort": "medium"}, "off": {"reasoning_effort": "none"}},
    "mistral": {"high": {"reasoning_effort": "high"}, "off": {"reasoning_effort": "none"}},
    "deepseek": {"on": {"thinking": ON}, "off": {"thinking": OFF}},
    "openrouter": {"low": {"reasoning": {"effort": "low"}}, "on": {"reasoning": {"enabled": True}}},
    "together": {"low": {"reasoning_effort": "low"}, "off": {"reasoning": {"enabled": False}}},
    "groq": {"on": {"reasoning_effort": "default"}, "off": {"reasoning_effort": "none"}},
    "vllm": {"low": {"reasoning_effort": "low"}, "off": {TEMPLATE: {"enable_thinking": False}}},
    "sglang": {"low": {"reasoning_effort": "low"}, "on": {TEMPLATE: {"enable_thinking": True}}},
    "llama.cpp": {"off": {TEMPLATE: {"enable_thinking": False}}},
    "ollama": {"off": {"reasoning_effort": "none"}, "high": {"reasoning_effort": "high"}},
}


def served(preset: str, address: str, **more: Any) -> dict[str, Any]:
    entry = entry_of(address)
    entry["model"]["sampling"] = {"temperature": 1.0 if preset == "openai-reasoning" else 0.7}
    entry["deployment"] |= {"preset": preset, "answer_by": None} | more
    if preset == "azure":
        del entry["deployment"]["api_key_variable"]
    return entry


def test_every_preset_is_tested() -> None:
    assert set(SERVICES) == set(PRESETS)


@pytest.mark.parametrize("preset", SERVICES)
def test_a_service_that_refuses_every_other_field(
    preset: str, tmp_path: Path, instrument: Instrument, personas: list[Persona],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-secret")
    known = SERVICES[preset]
    with service(rule_of(known)) as (address, seen):
        manifest = run(tmp_path, served(preset, address), instrument, personas)
        kept = [a for a in seen if not refused(known, a)]
    rows = read_table(tmp_path / "responses", "responses")
    assert manifest["failed"] == 0 and manifest["answered_by"]["name"] == known.way
    assert len(rows) == ADMINISTRATIONS and rows["answer"].eq("C").all()
    assert rows["logprobs"].map(len).eq(6 if known.logprobs else 0).all()
    assert all(known.longest in a.body for a in kept)
    assert len(seen) - len(kept) <= 2, "hardly anything is tried that the service refuses"
    assert b"azure-secret" not in b"".join(
        p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()
    )


@pytest.mark.parametrize("preset", [p for p, known in SERVICES.items() if PRESETS[p].choice])
def test_every_restriction_that_a_preset_has(
    preset: str, tmp_path: Path, instrument: Instrument, personas: list[Persona],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-secret")
    with service(rule_of(SERVICES[preset])) as (address, _):
        run(tmp_path, served(preset, address), instrument, personas, readouts=["choice"])
    rows = read_table(tmp_path / "responses", "responses")
    assert rows["answer"].eq("C").all() and set(rows["readout"]) == {"choice"}


@pytest.mark.parametrize("preset", TOLD)
def test_a_service_is_told_how_far_to_think(
    preset: str, tmp_path: Path, instrument: Instrument, personas: list[Persona],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-secret")
    known = SERVICES[preset]
    level, fields = next(iter(TOLD[preset].items()))
    takes = replace(known, fields=known.fields | set(fields))
    with service(rule_of(takes)) as (address, seen):
        entry = served(preset, address, thinking=level, thought_tokens=2000)
        told = run(tmp_path, entry, instrument, personas)
        assert all(a.body[name] == value for a in seen for name, value in fields.items())
        plain = run(tmp_path, served(preset, address, thought_tokens=2000), instrument, personas)
    assert told["failed"] == 0 and plain["reused"] == 0, "it is part of the identity"
    assert told["identity"]["request"]["add"] == fields
    for other, wanted in TOLD[preset].items():
        entry = served(preset, "http://localhost/v1", thinking=other, thought_tokens=2000)
        assert Entry.model_validate(entry).deployment.service.request.add == wanted


def test_every_preset_that_can_be_told_is_tested() -> None:
    assert set(TOLD) == {name for name, known in PRESETS.items() if known.thinking}


def test_the_page_on_services_has_a_line_for_each_preset_as_it_is() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs/api.md").read_text(encoding="utf-8")
    of_presets, _, rest = page.partition("| preset | address |")[2].partition("| preset | levels |")
    lines = {}
    for line in re.findall(r"^\| `.*\|$", of_presets, re.M):
        name, *cells = (cell.strip(" `") for cell in line.strip("|").split("|"))
        lines[name] = cells
    assert set(lines) == set(PRESETS)
    for name, known in PRESETS.items():
        address, prefill, choice, logprobs, _ = lines[name]
        assert address in (known.base_url or "to be given"), name
        assert [x != "–" for x in (prefill, choice)] == [bool(known.prefill), bool(known.choice)]
        assert logprobs == (str(known.top_logprobs) if known.top_logprobs else "–"), name
    of_levels = "".join(re.findall(r"^\|( `[^|]*)\|", rest.partition("\n\n")[0], re.M))
    assert set(re.findall("`([^`]+)`", of_levels)) == {n for n, p in PRESETS.items() if p.thinking}


def test_an_entry_says_more_than_its_preset(
    tmp_path: Path, instrument: Instrument, personas: list[Persona], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE", "https://example.org")
    request = {
        "add": {"reasoning_effort": "low"}, "drop": ["seed"], "rename": {"stop": "stop_sequences"},
        "query": {"tier": "free"}, "headers": {"X-Title": "SITE"},
    }  # fmt: skip
    plain = {"kind": "chat"}

    def rule(asked: Asked) -> Reply:
        return said("B")

    with service(rule) as (address, seen):
        entry = served("openai", address, request=request, thought_tokens=500)
        entry["model"] |= plain
        manifest = run(tmp_path, entry, instrument, personas)
        longest = {a.body["max_completion_tokens"] for a in seen}
        assert all(a.body["reasoning_effort"] == "low" and "seed" not in a.body for a in seen)
        assert all(
            a.query == {"tier": "free"} and a.headers["x-title"] == "https://example.org"
            for a in seen
        )
        assert longest == {508, 516, 540}, "of messages, answers and the name"
        more = run(tmp_path, served("openai", address, thought_tokens=500), instrument, personas)
    assert more["reused"] == 0, "what is sent is part of the identity"
    assert manifest["identity"]["request"]["add"] == {"reasoning_effort": "low"}
    assert "SITE" not in json.dumps(manifest["identity"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"preset": "mistal"}, "'mistal' is unknown. Did you mean 'mistral'"),
        ({"preset": "azure", "base_url": None}, "preset: azure: needs a base_url"),
        ({"answer_by": "guess"}, "answer_by"),
        ({"base_url": "localhost:8000/v1"}, "must be http(s)://HOST"),
        ({"base_url": "localhost/v1"}, "must be http(s)://HOST"),
        ({"base_url": "ftp://localhost/v1"}, "must be http(s)://HOST"),
        ({"base_url": "https://host/v1?api-version=1"}, "request.query"),
        ({"request": {"drop": ["temperature"]}}, "sampling: temperature: 0.7: is not sent"),
        ({"request": {"headers": {"api-key": "sk-secret"}}}, "headers"),
        ({"request": {"rneame": {}}}, "rneame"),
        (
            {"thinking": "low"},
            "thinking: low: needs a preset with fields for it: openai-reasoning, azure",
        ),
        ({"thinking": "low", "preset": "lmstudio"}, "thinking: low: needs a preset with fields"),
        ({"thinking": "low", "preset": "deepseek"}, "thinking: low: allowed here: off, on"),
        (
            {"thinking": "on", "preset": "anthropic"},
            "thinking: on: needs thought_tokens of at least 1024",
        ),
        ({"thinking": "much"}, "'off', 'on', 'low', 'medium' or 'high'"),
        ({"thinking": "on", "backend": "transformers"}, "for a local one set thinking in model"),
        (
            {
                "thinking": "low",
                "preset": "gemini",
                "request": {"add": {"reasoning_effort": "high"}},
            },
            "thinking: low: request.add has reasoning_effort as well",
        ),
    ],
)
def test_mistakes_are_told(change: dict[str, Any], told: str) -> None:
    entry = entry_of("http://localhost/v1")
    with pytest.raises(ValueError, match=re.escape(told)):
        Entry.model_validate(entry | {"deployment": entry["deployment"] | change})


def test_a_key_in_the_wrong_variable_and_a_refusal_do_not_show_it(
    tmp_path: Path, instrument: Instrument, personas: list[Persona], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "not the key")
    with (
        service(rule_of(SERVICES["azure"])) as (address, _),
        pytest.raises(StudyError, match=r"401: the key is not accepted.*bad key") as e,
    ):
        run(tmp_path, served("azure", address), instrument, personas)
    assert "not the key" not in str(e.value) and "***" in str(e.value)
    monkeypatch.delenv("AZURE_OPENAI_API_KEY")
    with pytest.raises(
        StudyError, match="environment variable AZURE_OPENAI_API_KEY, which is not set"
    ):
        run(tmp_path, served("azure", "http://127.0.0.1:9/v1"), instrument, personas)
