"""A study in German: all that a model is shown is German, whatever it is asked and in whichever form."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast.inference.interview.questions import (
    answer_request,
    questions,
    reasoned_request,
    reasoning_request,
    score_request,
)
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.prompting.prompts import (
    Prompt,
    Turn,
    base_text,
    chat_messages,
    next_message,
)
from holdfast.study.make_plan import make_plan
from holdfast.yaml_and_csv import read_mapping

ROOT = Path(__file__).resolve().parents[4]
ENGLISH = re.compile(
    r"\b(the|you|your|and|is|are|of|to|with|what|this|that|not|like|me|answer|letter|choose|one|say|says|"
    r"nothing|begin|conversation|user|context|human|she|he|they|role|question|person is)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def design() -> Design:
    config = read_mapping(ROOT / "studies/mini/german.yaml")
    contexts = config["contexts"] | {"reasoning_turns": 2, "neutral": True, "topics": [
        "komma", {"topic": "witz", "interlocutor": "persona"}]}  # fmt: skip
    wanted = config | {"populations": ["stadtleute"], "contexts": contexts}
    plan = make_plan(wanted, "study.yaml", ROOT / "resources")
    own = plan.populations["stadtleute"]
    return Design(
        personas=own.personas, profiles=own.profiles, contexts=plan.context_rows(),
        instruments=plan.asked("stadtleute"), encounters=plan.encounters("stadtleute"),
        **plan.asking("random"),
    )  # fmt: skip


def prompts(design: Design) -> Iterator[Prompt]:
    """Yield every prompt of a study, with a word in place of what models say."""
    for session in sessions(design):
        wording, who, turns = session.wording, session.persona, session.turns
        while len(session.rows) < session.messages:
            yield next_message(wording, who, turns, session.other)
            session.add({"text": "", "tokens": 0, "status": "empty", "prompt": ""})
        yield next_message(wording, who, [], session.other)  # opens the conversation itself
        for question in questions(design, session):
            yield score_request(design, question).prompt
            yield answer_request(design, question).prompt
            yield reasoning_request(design, question).prompt
            yield reasoned_request(design, question, "Hm.").prompt


def shown(prompt: Prompt) -> Iterator[str]:
    """Yield a prompt in each form in which a model may be shown it."""
    for system in (True, False):
        yield "\n".join(m["content"] for m in chat_messages(prompt, system)) + prompt.prefill
    yield base_text(prompt)


def test_every_prompt_is_german_throughout(design: Design) -> None:
    every = list(prompts(design))
    nobody = replace(design, personas=[design.personas[0].model_copy(
        update={"persona": "respondent-001", "name": "", "description": "", "gender": "neutral"})],
        contexts=[c for c in design.contexts if not c.get("interlocutor")])  # fmt: skip
    every += prompts(nobody)
    assert {"Antworte mit einem Buchstaben.", "Denke weiter laut nach.", "(sagt nichts)"} <= {
        line for p in every for turn in p.turns for line in turn.text.split("\n")
    }
    for prompt in every:
        for text in shown(prompt):
            assert not ENGLISH.search(text), text
    assert {form for p in every for form in re.findall(r"^\w+:", base_text(p), re.M)} >= {
        "KONTEXT:", "NUTZER:", "CHATBOT:"
    }  # fmt: skip


def test_the_same_eyes_find_english() -> None:
    """So that the test above means something."""
    assert ENGLISH.search(base_text(Prompt("", (Turn("persona", "Begin."),), "persona", "X")))
