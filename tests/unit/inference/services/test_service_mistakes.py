"""Mistakes that a fresh user makes with a service: each ends in one sentence with the server's own words."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from api_jobs import KEY, entry_of, run
from stub_service import Reply, said, service

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.models.registry import read_registry

pytestmark = pytest.mark.usefixtures("key")
PAGE = f"""<!DOCTYPE html>
<html><head><style>a {{}}</style><title>Welcome</title></head>
<body>It works for {KEY}</body></html>""".encode()
SHOWN = r"\[a web page\] Welcome It works for \*\*\*"
THINKS = {"message": {"content": "", "reasoning_content": "Hm"}, "finish_reason": "length"}
NOWHERE = "http://some.host.invalid/v1"


def entry(address: str, **deployment: Any) -> dict[str, Any]:
    made = entry_of(address, attempts=2, longest_wait_seconds=0.01)
    made["deployment"] |= {"answer_by": None} | deployment
    return made


def told(
    folder: Path, made: dict[str, Any], instrument: Instrument, personas: list[Persona]
) -> str:
    """Return what a job says that can't be done: one line, without the key."""
    with pytest.raises(StudyError) as e:
        run(folder, made, instrument, personas)
    assert KEY not in str(e.value) and "\n" not in str(e.value)
    return str(e.value)


REPLIES: list[tuple[str, Reply, dict[str, Any], str]] = [
    ("page", (200, PAGE), {}, f"answers no question: the reply is not valid JSON: {SHOWN}"),
    ("nothing", (200, b""), {}, "the reply is not valid JSON: it is empty"),
    ("gateway", (502, PAGE), {}, f"answers no question: the server says 502: {SHOWN}"),
    ("address", (404, PAGE), {}, f"404: no such model or address. It says: {SHOWN}"),
    ("login", (407, PAGE), {}, "407: a proxy before it wants a login"),
    ("model", (404, {"error": {"message": f"no model llama-mini for {KEY}"}}), {},
     r"no such model or address\. It says: .*no model llama-mini for \*\*\*"),
    ("form", (200, [1, 2]), {}, r"answers no question: the reply lacks what it should have: \[1, 2\]"),
    ("field", (400, {"error": {"message": "Unsupported: seed"}}), {"answer_by": "text"},
     r"36 of 36 messages and answers failed\. The last failure: .*400.*Unsupported: seed.*same command"),
    ("limit", (400, {"error": {"message": "max_tokens must be at least 20"}}), {},
     "It says: .*max_tokens must be at least 20"),
    ("thought", (200, {"choices": [THINKS]}), {},
     r"thinks before it answers, and 16 tokens end before its thought does.*thought_tokens"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "deployment", "sentence"), [r[1:] for r in REPLIES], ids=[r[0] for r in REPLIES]
)
def test_what_a_server_replies_is_told(
    reply: Reply, deployment: dict[str, Any], sentence: str, tmp_path: Path, instrument: Instrument,
    personas: list[Persona],
) -> None:  # fmt: skip
    with service(lambda _: reply) as (address, _):
        words = told(tmp_path, entry(address, **deployment), instrument, personas)
    assert re.search(sentence, words), words


@pytest.mark.parametrize(
    ("proxy", "sentence"),
    [
        ("http://user:secret@127.0.0.1:9", "its server at some.host.invalid can't be reached"),
        ("socks5://127.0.0.1:9", f"{NOWHERE} can't be asked"),
        ("ftp://127.0.0.1:9", f"{NOWHERE} can't be asked"),
    ],
)
def test_a_proxy_in_between_is_named_without_its_password(
    proxy: str, sentence: str, tmp_path: Path, instrument: Instrument, personas: list[Persona],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", proxy)
    words = told(tmp_path, entry(NOWHERE), instrument, personas)
    assert f"{sentence} (through the proxy 127.0.0.1 that the environment names): " in words
    assert "secret" not in words


@pytest.mark.parametrize("key", ["\u201csk-secret\u201d", "sk\nsecret", "clé"])
def test_a_key_that_can_be_none_is_told_and_not_shown(
    key: str, tmp_path: Path, instrument: Instrument, personas: list[Persona],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SOME_KEY", key)
    words = told(tmp_path, entry(NOWHERE), instrument, personas)
    assert "the environment variable SOME_KEY has characters that no key has" in words
    assert key not in words


def test_an_ipv6_address_is_asked_and_named(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    words = told(tmp_path, entry("http://[::1]:9/v1"), instrument, personas)
    assert "its server at ::1 can't be reached" in words


@pytest.mark.parametrize(
    ("deployment", "sentence"),
    [
        ({"base_url": "http://::1:8000/v1"}, "An IPv6 address stands in brackets"),
        ({"base_url": "http://[::1:8000/v1"}, "Must be http"),
        ({"base_url": "http://localhost:80a0/v1"}, "http(s)://HOST:PORT/PATH"),
        ({"base_url": "http://localhost:80000/v1"}, "http(s)://HOST:PORT/PATH"),
        ({"base_url": "http://localhost/v1/chat/completions"}, "Leave out /chat/completions"),
        ({"request": {"headers": {"X Title": "TITLE"}}}, "X Title"),
        ({"api_key_variable": KEY}, "must be the name of an environment variable"),
        ({"request": {"headers": {"api-key": KEY}}}, "must be the name of an environment variable"),
        ({"request": {"drop": ["messages"]}}, "Drop: messages: is what the study asks"),
        ({"request": {"rename": {"messages": "input"}}}, "Rename: messages: is what the study"),
        ({"request": {"rename": {"seed": "messages"}}}, "Rename: messages: is what the study"),
        ({"request": {"add": {"prompt": "Hello"}}}, "Add: prompt: is what the study asks"),
        ({"request": {"add": {"stream": True}}}, "Add: stream: True: a request gets one reply"),
        ({"request": {"add": {"n": 5}}}, "Add: n: 5: a request gets one reply"),
    ],
)
def test_an_entry_that_is_wrong_is_told_without_the_key(
    deployment: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    folder = tmp_path / "resources/models"
    folder.mkdir(parents=True)
    made = {"served": entry("http://localhost/v1", **deployment)}
    (folder / "served.yaml").write_text(json.dumps(made), encoding="utf-8")
    with pytest.raises(StudyError) as e:
        read_registry(folder)
    assert sentence in str(e.value) and "served.yaml: served" in str(e.value)
    assert KEY not in str(e.value)


def test_names_of_all_scripts_are_sent_as_they_are(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    name = "modèle/名 é"
    people = [replace_name(p, f"Zoë 名{n}") for n, p in enumerate(personas[:2])]
    with service(lambda _: said("B")) as (address, seen):
        made = entry(address)
        made["model"]["repository"] = name
        manifest = run(tmp_path, made, instrument, people)
    assert manifest["failed"] == 0 and {a.body["model"] for a in seen} == {name}
    assert any("Zoë 名0" in json.dumps(a.body, ensure_ascii=False) for a in seen)


def replace_name(persona: Persona, name: str) -> Persona:
    return persona.model_copy(update={"name": name})
