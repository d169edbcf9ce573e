"""What services reply, and what is made of it: thoughts apart, refusals, filters, errors in a 200."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_jobs import ADMINISTRATIONS, backend, entry_of, questions, run
from plain_wording import PLAIN
from stub_service import Asked, Reply, said, service

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import MessageRequest
from holdfast.inference.prompting.prompts import Turn, next_message
from holdfast.tables.table_files import read_table

pytestmark = pytest.mark.usefixtures("key")
CASES = yaml.safe_load(
    (Path(__file__).resolve().parents[3] / "cases/replies.yaml").read_text(encoding="utf-8")
)
OF_REPLIES = [c for c in CASES if isinstance(c["right"], dict)]
OF_JOBS = [c for c in CASES if isinstance(c["right"], str) and "error" in c["reply"]]


def replied(case: dict[str, Any]) -> Reply:
    """Return a case's reply as the service sends it."""
    reply = case["reply"]
    if "error" in reply:
        return case["http"], reply
    usage = reply["message"].get("usage")
    return 200, {"choices": [{"finish_reason": "stop"} | reply]} | (
        {"usage": usage} if usage else {}
    )


@pytest.mark.parametrize("case", OF_REPLIES, ids=lambda c: json.dumps(c["reply"])[:60])
def test_replies(case: dict[str, Any], instrument: Instrument, personas: list[Persona]) -> None:
    right = case["right"]
    with service(lambda _: replied(case)) as (address, _):
        if "letter" in right:
            (answer,) = backend(address).score(questions(instrument, personas)[:1])
            assert (answer.text, answer.status) == (right["letter"], "ok")
            assert bool(answer.logprobs) == (right["readout"] == "top_logprobs")
            return
        prompt = next_message(PLAIN, personas[0], [Turn("interlocutor", "Tea?")])
        (answer,) = backend(address).generate([MessageRequest(prompt, 1, 8)])
    assert answer.status == right["status"].replace(" ", "_")
    assert answer.text == right.get("text", right.get("kept", answer.text))
    assert answer.thought == right.get("thought", "")


@pytest.mark.parametrize("case", OF_JOBS, ids=lambda c: json.dumps(c["reply"])[:60])
def test_replies_that_concern_the_whole_job(
    case: dict[str, Any], instrument: Instrument, personas: list[Persona],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    words = case["reply"]["error"]["message"]
    with service(lambda _: replied(case)) as (address, seen):
        asked = backend(address, attempts=2, concurrency=1).score(
            questions(instrument, personas)[:1]
        )
        if case["right"].startswith(("the job stops", "the same")):
            with pytest.raises(StudyError, match=f"{words}.*the same command"):
                list(asked)
            assert len(seen) == 1
        else:
            (answer,) = asked
            again = case["right"].startswith("treated as a 429")
            assert answer.status == ("failed" if again else "filtered")
            assert len(seen) == (2 if again else 1) and words in caplog.text


def test_every_case_is_tried() -> None:
    (rest,) = [c for c in CASES if c not in (*OF_REPLIES, *OF_JOBS)]
    assert rest["sent"] == "a prompt of 4,000 words"  # in test_api_witness.py


@pytest.mark.parametrize(
    "content", [{"text": "B"}, 7, [{"type": "image", "url": "x"}], [{"text": "B"}], [["B"]]]
)  # fmt: skip
def test_a_broken_content_is_never_kept(
    content: Any, instrument: Instrument, personas: list[Persona]
) -> None:
    with service(lambda _: said(content)) as (address, seen):
        (answer,) = backend(address, attempts=2).score(questions(instrument, personas)[:1])
        assert (answer.text, answer.status, len(seen)) == ("", "failed", 2)


OF_BASE = [
    ({"text": "B)", "finish_reason": "stop"}, "ok"),
    ({"text": "", "finish_reason": "content_filter"}, "filtered"),
    ({"text": None, "finish_reason": "stop"}, "empty"),
    ({"text": "A captain can't.", "finish_reason": "refusal"}, "refused"),
    ({"text": "", "refusal": "I can't do that."}, "refused"),
    ({"text": "", "reasoning_content": "Tea or", "finish_reason": "length"}, "thought_not_ended"),
]


@pytest.mark.parametrize(("choice", "status"), OF_BASE, ids=lambda x: str(x)[:30])
def test_a_base_model_s_replies_have_the_same_statuses(
    choice: dict[str, Any], status: str, instrument: Instrument, personas: list[Persona]
) -> None:
    with service(lambda _: (200, {"choices": [choice]})) as (address, seen):
        mine = backend(address, kind="base", logprobs=False)
        (answer,) = mine.score(questions(instrument, personas)[:1])
        prompt = next_message(PLAIN, personas[0], [Turn("interlocutor", "Tea?")])
        (message,) = mine.generate([MessageRequest(prompt, 1, 8)])
    assert answer.status == message.status == status
    assert {a.path for a in seen} == {"/v1/completions"} and len(seen) == 2
    flagged = {"error": {"message": "input flagged", "metadata": {"reasons": ["violence"]}}}
    with service(lambda _: (403, flagged)) as (address, seen):
        mine = backend(address, kind="base", logprobs=False)
        (answer,) = mine.score(questions(instrument, personas)[:1])
    assert (answer.status, len(seen)) == ("filtered", 1)


def test_the_first_word_of_a_refusal_is_no_letter(
    instrument: Instrument, personas: list[Persona]
) -> None:
    refusal = {"content": None, "refusal": "A. No, I can't play a villain."}
    with service(lambda _: said(None, message=refusal)) as (address, _):
        (answer,) = backend(address).score(questions(instrument, personas)[:1])
    assert (answer.status, answer.text) == ("refused", "A. No, I can't play a villain.")


def test_an_error_within_a_200_is_what_its_code_says(
    instrument: Instrument, personas: list[Persona], caplog: pytest.LogCaptureFixture
) -> None:
    busy = {"error": {"code": 429, "message": "per-day limit reached"}}
    replies = iter([(200, busy), (200, busy), said("B")])
    with service(lambda _: next(replies)) as (address, seen):
        (answer,) = backend(address).score(questions(instrument, personas)[:1])
        assert answer.text == "B" and len(seen) == 3
    with service(lambda _: (200, busy)) as (address, _):
        (answer,) = backend(address, attempts=2).score(questions(instrument, personas)[:1])
    assert answer.status == "failed" and "per-day limit reached" in caplog.text
    used_up = {"error": {"code": "insufficient_quota", "message": "quota used up"}}
    for http in (200, 429, 402):
        with service(lambda _: (http, used_up)) as (address, seen):  # noqa: B023
            with pytest.raises(
                StudyError, match=r"no credit left.*quota used up.*the same command"
            ):
                list(backend(address, concurrency=1).score(questions(instrument, personas)))
            assert len(seen) == 1
    too_low = {
        "error": {"type": "invalid_request_error", "message": "Your credit balance is too low"}
    }
    with service(lambda _: (400, too_low)) as (address, seen):
        with pytest.raises(
            StudyError, match=r"no credit left.*balance is too low.*the same command"
        ):
            list(backend(address, concurrency=1).score(questions(instrument, personas)))
        assert len(seen) == 1


@pytest.mark.parametrize(
    "more",
    [{"completion_tokens": 16, "completion_tokens_details": {"reasoning_tokens": 16}},
     {"completion_tokens": 0, "total_tokens": 116}],
)  # fmt: skip
def test_a_thought_that_is_not_shown_did_not_end_and_is_paid(
    more: dict[str, Any], tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    status, reply = said("", finish_reason="length")
    with service(lambda _: (status, reply | {"usage": {"prompt_tokens": 100} | more})) as (here, _):
        mine = backend(here, concurrency=1)
        (answer,) = mine.score(questions(instrument, personas)[:1])
        assert answer.status == "thought_not_ended"
        assert mine.spent()["tokens"] == 116
        entry = entry_of(here)
        entry["deployment"] |= {"answer_by": None}
        with pytest.raises(StudyError, match=r"thinks before it answers.*thought_tokens"):
            run(tmp_path, entry, instrument, personas)


def test_a_reply_that_broke_off_is_none(instrument: Instrument, personas: list[Persona]) -> None:
    replies = iter([said("A", finish_reason="error"), said("B")])
    with service(lambda _: next(replies)) as (address, _):
        (answer,) = backend(address).score(questions(instrument, personas)[:1])
    assert (answer.text, answer.status) == ("B", "ok")


FLAGGED = [
    (403, {"message": "input flagged", "metadata": {"reasons": ["violence"]}}),
    (400, {"code": "content_filter", "message": "The response was filtered", "param": "prompt"}),
    (400, {"message": "Content Exists Risk", "type": "invalid_request_error"}),
    (200, {"code": 403, "message": "Input flagged by moderation"}),
]


@pytest.mark.parametrize(("http", "error"), FLAGGED)
def test_a_flagged_prompt_is_a_status_of_its_answer_even_of_the_first(
    http: int, error: dict[str, Any], instrument: Instrument, personas: list[Persona]
) -> None:
    replies: Iterator[Reply] = iter([(http, {"error": error})] * 2 + [said("B")] * 10)
    with service(lambda _: next(replies)) as (address, _):
        found = list(backend(address, concurrency=1).score(questions(instrument, personas)))
    assert [a.status for a in found] == ["filtered"] * 2 + ["ok"] * 10


def test_refusals_of_one_persona_are_counted_and_kept_with_their_respondent(
    tmp_path: Path,
    instrument: Instrument,
    personas: list[Persona],
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = personas[1].name

    def rule(asked: Asked) -> Reply:
        if not asked.last["content"].endswith("Answer with one letter."):
            return said("")
        if other in asked.body["messages"][0]["content"]:
            return said(None, message={"content": None, "refusal": "I can't play that."})
        return said("B", message={"content": "B", "reasoning_content": "Let me see."})

    caplog.set_level(logging.WARNING)
    with service(rule) as (address, seen):
        manifest = run(tmp_path, entry_of(address), instrument, personas)
        texts = [m["content"] for a in seen for m in a.body["messages"]]
    assert all(texts) and "(says nothing)" in texts and "Let me see." not in texts
    assert manifest["refused"] == ADMINISTRATIONS / 2 and manifest["failed"] == 0
    rows = read_table(tmp_path / "responses", "responses")
    refused = rows[rows["status"] == "refused"]
    assert set(refused["respondent"]) == {personas[1].persona}
    assert refused["said"].eq("I can't play that.").all() and refused["answer"].eq("").all()
    assert rows[rows["status"] == "ok"]["thought"].eq("Let me see.").all()
    lost = [c for c in manifest["lost"]["cells"] if c[4] == "refused"]
    assert {c[0] for c in lost} == {personas[1].persona}
    assert sum(c[5] for c in lost) == ADMINISTRATIONS / 2
    assert caplog.text.count("no log-probabilities") == 1


@pytest.mark.parametrize(
    "message",
    [{"content": "Tea.", "reasoning_content": "Hm, milk?"},
     {"content": "<think>Hm, milk?</think>\n\nTea."},
     {"content": [{"type": "thinking", "thinking": "Hm, milk?"}, {"type": "text", "text": "Tea."}]}],
    ids=["beside", "marked", "block"],
)  # fmt: skip
def test_a_thought_before_a_message_is_kept_beside_it_and_shown_to_nobody(
    message: dict[str, Any], tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    def rule(asked: Asked) -> Reply:
        chosen = asked.last["content"].endswith("Answer with one letter.")
        return said("B") if chosen else said(None, message=message)

    with service(rule) as (address, seen):
        run(tmp_path, entry_of(address), instrument, personas)
        shown = json.dumps([a.body["messages"] for a in seen])
    assert "Tea." in shown and "Hm, milk?" not in shown and "<think>" not in shown
    talk = read_table(tmp_path / "conversations", "conversations")
    own = talk[talk["status"] == "ok"]
    assert len(own) == 12 and own["text"].eq("Tea.").all() and own["thought"].eq("Hm, milk?").all()
