"""What models are shown in each kind of context, in a whole interview (methods 2 and 9)."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from plain_wording import PLAIN

from echo import Echo, Recorder
from holdfast.commands.check import summary
from holdfast.commands.status import asked
from holdfast.design.personas import Persona
from holdfast.inference.backends.protocol import Answer, MessageRequest, ScoreRequest
from holdfast.inference.cost_forecast import saving
from holdfast.inference.interview.interview import Interview
from holdfast.inference.interview.sessions import Design, Session, conversation_table, sessions
from holdfast.inference.prompting.prompts import (
    Turn,
    base_text,
    chat_messages,
    interlocutor_instruction,
    next_message,
    questionnaire,
    stop_labels,
)
from holdfast.study.make_plan import make_plan
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import StudyJob
from holdfast.tables.table_files import write_table

RESOURCES = Path(__file__).resolve().parents[4] / "resources"
ADA = Persona(persona="ada", name="Ada", gender="female", description="She counts.")
BEN = Persona(persona="ben", name="Ben Orr", gender="male", description="He carves spoons.")
NOBODY = Persona(persona="respondent-001")
TALK = [Turn("interlocutor", "Hello."), Turn("persona", "Good day.")]
MET = {"topic": "joke", "interlocutor": "real_world"}
CONTEXTS = {"topics": ["grammar", MET], "texts": ["stories"], "neutral": True,
            "messages": 3, "reasoning_turns": [0, 2]}  # fmt: skip


def test_a_persona_is_told_who_it_is_and_with_whom_it_speaks():
    told = interlocutor_instruction(PLAIN, ADA, BEN)
    for part in ("You are Ben Orr. He carves spoons.", "talking with Ada. She counts.",
                 "what Ben Orr says next, in one sentence"):  # fmt: skip
        assert part in told
    assert "human" not in told and "chatbot" not in told
    alone = interlocutor_instruction(PLAIN, NOBODY, BEN)
    assert "talking with a chatbot" in alone and "He carves spoons." in alone


def test_labels_of_a_base_model_are_the_two_names():
    theirs, own = (
        next_message(PLAIN, ADA, TALK, BEN),
        questionnaire(PLAIN, ADA, TALK, "question?", other=BEN),
    )
    assert base_text(theirs).endswith("\nBEN ORR:Hello.\nADA:Good day.\nBEN ORR:")
    assert base_text(own).endswith(
        "\nBEN ORR:Hello.\nADA:Good day.\nBEN ORR:question?\nADA:Answer: ("
    )
    for prompt in (theirs, own, next_message(PLAIN, ADA, TALK[:1], BEN)):
        assert stop_labels(prompt) == ["\nCONTEXT:", "\nBEN ORR:", "\nADA:"]


def test_the_respondent_is_told_the_same_whoever_it_speaks_with():
    for turns in (TALK[:1], TALK):
        shown = [
            chat_messages(questionnaire(PLAIN, ADA, turns, "q", other=o), True) for o in (None, BEN)
        ]
        assert shown[0] == shown[1]


class Listener(Echo):
    """Keeps what it is asked; says its number, so that no two messages are equal."""

    def __init__(self, fails_at: int = 0) -> None:
        self.heard: list[MessageRequest | ScoreRequest] = []
        self.fails_at, self.said = fails_at, 0

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        for request in requests:
            self.heard.append(request)
            self.said += 1
            failed = self.said == self.fails_at
            yield Answer("", status="failed") if failed else Answer(f"Message {self.said}.", 3)

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        self.heard += requests
        yield from super().score(requests)


def planned(population: str = "fictional", contexts: Any = None) -> Plan:
    config = {
        "models": ["random"], "replicates": 1, "populations": [{"name": population, "size": 4}],
        "contexts": contexts or CONTEXTS,
    }  # fmt: skip
    return make_plan(config, "study.yaml", RESOURCES)


def held(plan: Plan, folder: Path, listener: Listener) -> tuple[list[Session], Interview]:
    ((name, people),) = plan.populations.items()
    design = Design(
        personas=people.personas, profiles=people.profiles, contexts=plan.context_rows(),
        instruments=list(plan.instruments.values()), encounters=plan.encounters(name),
            **plan.asking(next(iter(plan.models))),
    )  # fmt: skip
    talks, interview = sessions(design), Interview(listener, Recorder(folder), design, {})
    assert sum(len(answers) for _, answers in interview.run(talks)) == 40 * len(talks)
    return talks, interview


def test_conversations_of_every_kind(tmp_path: Path) -> None:
    plan = planned()
    talks, interview = held(plan, tmp_path, Listener())
    who = {"model": "m", "population": "fictional"}
    table = conversation_table(talks, who).assign(replicate=1)
    write_table(table, "conversations", tmp_path / "c.parquet")
    one = table[table["respondent"] == talks[0].persona.persona].groupby("context", sort=False)
    assert set(one.groups) == {"grammar@r0", "grammar", "joke+real_world@r0", "joke+real_world",
                               "stories@r0", "stories"}  # fmt: skip
    status = {c: rows["status"].tolist() for c, rows in one}
    spoken = ["opening", "ok", "ok", "ok"]
    assert status["grammar@r0"] == status["joke+real_world@r0"] == spoken
    assert status["grammar"] == [*spoken, "given", "ok", "given", "ok"]
    assert status["stories"] == ["opening", "given", "given", "ok", "given", "ok"]
    for _, rows in one:
        speakers = ["persona" if t % 2 else "interlocutor" for t in range(len(rows))]
        assert rows["speaker"].tolist() == speakers
    said = {c: rows["text"].tolist() for c, rows in one}
    assert said["grammar"][:4] == said["grammar@r0"], "the beginning of the same conversation"
    assert (
        said["grammar"][4::2]
        == said["stories"][2::2]
        == [PLAIN.reflection.first, PLAIN.reflection.more]
    )
    met = table.groupby("context")["interlocutor"].agg(set)
    assert met["grammar"] == met["stories"] == {""} and "" not in met["joke+real_world"]
    assert met["joke+real_world"] == met["joke+real_world@r0"], "the same one at every length"
    counted = interview.counts.computed + interview.counts.reused
    assert counted == asked(plan, StudyJob(plan.study.models[0], "fictional"))
    messages = 4 * ((3 + 2) + (3 + 2) + 2)
    assert f"{messages} messages, {4 * 7 * 40} answers" in summary(plan)


def shown(request: MessageRequest | ScoreRequest) -> str:
    forms = [chat_messages(request.prompt, system) for system in (True, False)]
    texts = [m["content"] for form in forms for m in form]
    return "\n".join([*texts, base_text(request.prompt)])


@pytest.mark.parametrize("population", ["fictional", "none"])
def test_no_other_persona_s_text_is_in_a_prompt(population: str, tmp_path: Path) -> None:
    """But that of the interlocutor where it speaks itself."""
    plan, listener = planned(population), Listener()
    held(plan, tmp_path, listener)
    others = {p for n in ("fictional", "real_world") for p in make_plan(
        {"models": ["random"], "populations": [n]}, "s.yaml", RESOURCES).populations[n].personas}  # fmt: skip
    own = {p.persona: p for p in plan.populations[population].personas}
    met = plan.encounters(population)
    seen = set()
    for request in listener.heard:
        _, who, conversation = request.conversation
        text, allowed = shown(request), set()
        if own[who].description:
            allowed |= {own[who].description}
        if request.prompt.speaker == "interlocutor" and "+" in conversation:
            allowed |= {met[who, conversation].other.description}
            seen.add(who)
        found = {p.description for p in others if p.description in text}
        assert found == allowed, (who, conversation, request.prompt.speaker)
    assert seen == set(own), "everybody's interlocutor has spoken"


def test_each_respondent_reads_its_text_and_no_other(tmp_path: Path) -> None:
    plan, listener = planned(), Listener()
    held(plan, tmp_path, listener)
    met = plan.encounters("fictional")
    texts = {t: plan.texts["stories"].shown(t) for t in plan.texts["stories"].texts}
    for request in listener.heard:
        _, who, conversation = request.conversation
        read = [t for t, text in texts.items() if text in shown(request)]
        assert read == ([met[who, "stories"].title] if conversation == "stories" else [])


def test_after_a_failed_message_nothing_is_given_or_asked(tmp_path: Path) -> None:
    contexts = {"topics": ["grammar", "joke"], "messages": 1, "reasoning_turns": 2}
    listener = Listener(fails_at=1)
    talks, _ = held(planned(contexts=contexts), tmp_path, listener)
    (lost,) = [s for s in talks if s.lost]
    assert [r["status"] for r in lost.rows] == ["failed"] * 5
    assert not any(r.conversation[1:] == (lost.persona.persona, lost.conversation)
                   and isinstance(r, ScoreRequest) for r in listener.heard)  # fmt: skip


@pytest.mark.parametrize(
    ("lengths", "messages", "alone"),
    [({"messages": 7, "also_after": [1, 3]}, 14, 22), ({"reasoning_turns": [0, 2]}, 10, 16)],
)
def test_nested_lengths_save_messages_and_tokens(lengths: Any, messages: int, alone: int) -> None:
    plan = planned(contexts={"topics": ["grammar", "joke"]} | lengths)
    people = plan.populations["fictional"].personas
    design = Design(
        personas=people, profiles={}, contexts=plan.context_rows(),
        instruments=list(plan.instruments.values()),
            **plan.asking(next(iter(plan.models))),
    )  # fmt: skip
    found = saving(Echo(), 20.0, design, {})
    assert (found.messages, found.messages_alone) == (messages, alone)
    more = found.tokens_alone - found.tokens
    assert more > 20 * (alone - messages), "what is written, and read again"
    assert found.tokens > 20 * messages


def test_the_interlocutor_s_choice_is_the_plan_s_and_never_oneself() -> None:
    contexts = {"topics": [{"topic": t, "interlocutor": "persona"} for t in ("joke", "chess")]}
    for (who, _), e in planned(contexts=contexts).encounters("fictional").items():
        assert e.other is not None and e.other.persona != who
    assert json.dumps(planned(contexts=contexts).encounter_source("fictional"))
