"""What a model is shown (methods 2 and 3)."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_wording import PLAIN

from holdfast.design.instruments import load_instrument
from holdfast.design.personas import Persona
from holdfast.design.populations import find_population
from holdfast.inference.prompting.prompts import (
    Turn,
    base_text,
    chat_messages,
    interlocutor_instruction,
    next_message,
    persona_instruction,
    question_text,
    questionnaire,
    stop_labels,
)

RESOURCES = Path(__file__).resolve().parents[4] / "resources"
PVQ40 = load_instrument(RESOURCES, "pvq40")
ADA = Persona(persona="ada", name="Ada", gender="female", description="She counts.")
NOBODY = Persona(persona="respondent-001")
people = st.sampled_from([ADA, NOBODY])


def conversation(messages: int) -> list[Turn]:
    """Return the opening message and so many after it, each with its number as its text."""
    return [
        Turn("persona" if i % 2 else "interlocutor", f"message {i}") for i in range(messages + 1)
    ]


@given(st.integers(0, 22).map(lambda n: 2 * n + 1), people)
def test_persona_speaks_first_after_the_opening_and_last(n, persona):
    turns = conversation(0)
    spoke = []
    for i in range(1, n + 1):
        speaker = next_message(PLAIN, persona, turns).speaker
        spoke.append(speaker)
        turns.append(Turn(speaker, f"message {i}"))
    assert spoke[0] == spoke[-1] == "persona"
    assert spoke.count("persona") == (n + 1) // 2
    assert all(a != b for a, b in pairwise(spoke))
    prompt = questionnaire(PLAIN, persona, turns, "question")
    assert (prompt.speaker, prompt.turns[-1].speaker) == ("persona", "interlocutor")


@given(st.integers(0, 44), people, st.booleans(), st.booleans())
def test_messages_alternate_from_user_to_user_after_an_optional_system_message(n, who, system, ask):
    """Chat templates refuse anything else; the last is the user's, so that the model's own follows."""
    turns = conversation(n)
    if ask:
        turns = turns[: n + 1 if n % 2 else n]  # the persona speaks last, or nothing was said
    prompt = (
        questionnaire(PLAIN, who, turns, "question") if ask else next_message(PLAIN, who, turns)
    )
    messages = chat_messages(prompt, system)
    instructed = bool(prompt.instruction)
    if system and instructed:
        assert messages[0] == {"role": "system", "content": prompt.instruction}
        messages = messages[1:]
    roles = [m["role"] for m in messages]
    assert roles == [("user", "assistant")[i % 2] for i in range(len(roles))]
    assert roles[-1] == "user"
    said = [m["content"] for m in messages]
    assert said[-len(prompt.turns) :] == [t.text for t in prompt.turns]
    assert len(said) - len(prompt.turns) <= 2


def test_persona_s_side_of_the_conversation():
    messages = chat_messages(next_message(PLAIN, ADA, conversation(2)), system_role=True)
    assert [(m["role"], m["content"]) for m in messages] == [
        ("system", persona_instruction(PLAIN, ADA)),
        ("user", "message 0"),
        ("assistant", "message 1"),
        ("user", "message 2"),
    ]


def test_roles_flip_for_the_interlocutor():
    messages = chat_messages(next_message(PLAIN, ADA, conversation(1)), system_role=True)
    assert [(m["role"], m["content"]) for m in messages] == [
        ("system", interlocutor_instruction(PLAIN, ADA)),
        ("user", "Begin the conversation."),
        ("assistant", "message 0"),
        ("user", "message 1"),
    ]


def test_without_system_role_the_persona_is_the_first_user_turn_and_gets_an_ok():
    messages = chat_messages(next_message(PLAIN, ADA, conversation(0)), system_role=False)
    assert [(m["role"], m["content"]) for m in messages] == [
        ("user", persona_instruction(PLAIN, ADA)),
        ("assistant", "OK"),
        ("user", "message 0"),
    ]


def test_interlocutor_without_system_role_is_asked_by_its_instruction():
    messages = chat_messages(next_message(PLAIN, ADA, conversation(1)), system_role=False)
    assert [(m["role"], m["content"]) for m in messages] == [
        ("user", interlocutor_instruction(PLAIN, ADA)),
        ("assistant", "message 0"),
        ("user", "message 1"),
    ]


@pytest.mark.parametrize("system", [True, False])
def test_no_persona_no_instruction(system):
    prompt = next_message(PLAIN, NOBODY, conversation(0))
    assert prompt.instruction == persona_instruction(PLAIN, NOBODY) == ""
    assert chat_messages(prompt, system) == [{"role": "user", "content": "message 0"}]
    assert base_text(prompt) == "USER:message 0\nCHATBOT:"
    asked = questionnaire(PLAIN, NOBODY, [], "question")
    assert chat_messages(asked, system) == [{"role": "user", "content": "question"}]


def test_interlocutor_is_told_what_the_methods_say():
    told = interlocutor_instruction(PLAIN, ADA)
    for part in ("simulating a human", "using a chatbot", "pretends to be Ada", ADA.description,
                 "one sentence"):  # fmt: skip
        assert part in told
    alone = interlocutor_instruction(PLAIN, NOBODY)
    assert "simulating a human" in alone
    assert "one sentence" in alone
    assert "pretends" not in alone


def test_persona_is_told_who_it_is():
    assert "You are Ada." in persona_instruction(PLAIN, ADA)
    assert ADA.description in persona_instruction(PLAIN, ADA)


def test_base_format_has_labelled_lines():
    assert base_text(questionnaire(PLAIN, ADA, conversation(1), "question?")) == (
        f"CONTEXT:{persona_instruction(PLAIN, ADA)}\n"
        "USER:message 0\nADA:message 1\nUSER:question?\nADA:Answer: ("
    )
    assert base_text(next_message(PLAIN, ADA, conversation(1))) == (
        f"CONTEXT:{interlocutor_instruction(PLAIN, ADA)}\nUSER:message 0\nADA:message 1\nUSER:"
    )


@pytest.mark.parametrize(("who", "label"), [(ADA, "ADA"), (NOBODY, "CHATBOT")])
def test_base_model_stops_at_every_label_that_can_follow(who, label):
    assert stop_labels(next_message(PLAIN, who, [])) == ["\nCONTEXT:", "\nUSER:", f"\n{label}:"]
    text = base_text(questionnaire(PLAIN, who, conversation(3), "q"))
    lines = [line.partition(":")[0] for line in text.replace("\nWhatever", " ").split("\n")]
    assert {f"\n{line}:" for line in lines} <= set(stop_labels(next_message(PLAIN, who, [])))


def test_label_user_is_named_once():
    assert stop_labels(next_message(PLAIN, Persona(persona="u", name="User"), [])) == [
        "\nCONTEXT:",
        "\nUSER:",
    ]


@pytest.mark.parametrize("name", ["fictional", "real_world"])
def test_a_persona_s_text_is_in_its_own_prompts_alone(name):
    """Methods 9: context contamination."""
    personas = find_population(RESOURCES, name).personas
    shown = {}
    for p in [*personas, NOBODY]:
        prompts = [next_message(PLAIN, p, conversation(0)), next_message(PLAIN, p, conversation(1)),
                   questionnaire(PLAIN, p, conversation(3), "question")]  # fmt: skip
        texts = [base_text(x) for x in prompts]
        texts += [str(chat_messages(x, s)) for x in prompts for s in (True, False)]
        shown[p.persona] = texts
    for p in personas:
        escaped = str([p.description])[2:-2]
        for who, texts in shown.items():
            found = [p.description in t or escaped in t for t in texts]
            assert all(found) if who == p.persona else not any(found), (p.persona, who)
    for text in shown[NOBODY.persona]:
        assert not [p.name for p in personas if p.name in text]


@settings(deadline=None)
@given(
    st.sampled_from(PVQ40.items), st.permutations([6, 5, 4, 3, 2, 1]),
    st.sampled_from(["female", "male", "neutral"]),
)  # fmt: skip
def test_question_shows_the_form_and_the_options_in_their_order(item, order, form):
    lines = question_text(PLAIN, PVQ40, item, form, order).split("\n")
    assert lines[0] == PVQ40.introduction
    assert lines[1] == getattr(item, form)
    assert lines[2] == PVQ40.question
    texts = {o.rating: o.text for o in PVQ40.options}
    assert lines[3:9] == [f"({a}) {texts[r]}" for a, r in zip("ABCDEF", order, strict=True)]
    assert lines[9] == "Answer with one letter."


def test_question_of_a_wrong_number_of_options_is_refused():
    with pytest.raises(ValueError, match="zip"):
        question_text(PLAIN, PVQ40, PVQ40.items[0], "female", [6, 5, 4])


def test_each_item_is_asked_in_a_fork_of_its_own():
    turns = conversation(3)
    one, two = (questionnaire(PLAIN, ADA, turns, q) for q in ("first", "second"))
    assert one.turns[:-1] == two.turns[:-1] == tuple(turns)
    assert "first" not in base_text(two)
    assert len(turns) == 4
    assert one.prefill == "Answer: ("
