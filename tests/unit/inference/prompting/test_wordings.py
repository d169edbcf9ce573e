"""Wordings: each renders whole prompts, leaves the letter as the next token, and is refused if it can't."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from plain_wording import PLAIN
from transformers import AutoTokenizer

from holdfast.design.instruments import Instrument, load_instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.interview.contamination import Audit
from holdfast.inference.interview.prompt_frame import wordings_frame
from holdfast.inference.prompting.prompts import (
    Prompt,
    Turn,
    after_reasoning,
    base_text,
    chat_messages,
    next_message,
    question_text,
    questionnaire,
    reflection,
)
from holdfast.inference.prompting.reply_letters import named_option
from holdfast.inference.prompting.token_letters import Token, option_logprobs
from holdfast.inference.prompting.wordings import Wording, fill, load_wording

RESOURCES = Path(__file__).resolve().parents[4] / "resources"
NAMES = sorted(p.stem for p in (RESOURCES / "prompts").glob("*.yaml"))
MINIATURES = sorted(p.parent for p in (RESOURCES / "miniatures").glob("*/tokenizer.json"))
ADA = Persona(
    persona="ada", name="Ada Reed", gender="female", description="She counts the stars at night."
)
BEN = Persona(
    persona="ben", name="Ben Orr", gender="male", description="He mends nets beside the sea."
)
NOBODY = Persona(persona="respondent-001")
BRACES = Persona(
    persona="b", name="{name} Doe", description="Likes {description}, {0}, {{x}} and %s {"
)
TALK = [Turn("interlocutor", "Tea or coffee?"), Turn("persona", "Tea.")]
OPTIONS = ("very much", "a little", "not at all")


@pytest.fixture(params=NAMES)
def wording(request: pytest.FixtureRequest) -> Wording:
    return load_wording(RESOURCES, request.param)


def asked(wording: Wording, persona: Persona, instrument: Instrument) -> str:
    order = [o.rating for o in instrument.options]
    return question_text(wording, instrument, instrument.items[0], persona.gender, order)


def prompts(
    wording: Wording, persona: Persona, instrument: Instrument, other: Persona | None = None
) -> list[Prompt]:
    """Return a prompt of every kind."""
    text, reflects = (
        asked(wording, persona, instrument),
        Turn("interlocutor", reflection(wording, 0)),
    )
    return [
        next_message(wording, persona, TALK[:1], other),
        next_message(wording, persona, TALK, other),
        next_message(wording, persona, [*TALK, reflects], other),
        questionnaire(wording, persona, TALK, text, other),
        questionnaire(wording, persona, [], text, other, begun=False),
        after_reasoning(wording, persona, TALK, text, "Hm.", other),
    ]


def shown(prompt: Prompt) -> list[str]:
    """Return a prompt in each form in which a model may be shown it."""
    forms = [chat_messages(prompt, system) for system in (True, False)]
    texts = ["\n".join(m["content"] for m in form) for form in forms]
    return [*texts, base_text(prompt)]


def test_five_wordings_and_the_original_s_form_are_there_in_texts_of_their_own() -> None:
    assert {"plain", "role_play", "third_person", "interview", "survey", "original"} <= set(NAMES)
    wordings = [load_wording(RESOURCES, n) for n in NAMES]
    assert len({(w.persona, w.interlocutor.human) for w in wordings}) == len(NAMES)


@pytest.mark.parametrize("persona", [ADA, NOBODY, BRACES], ids=lambda p: p.persona)
@pytest.mark.parametrize("other", [None, BEN], ids=["human", "ben"])
def test_every_placeholder_is_filled_and_braces_of_a_persona_stay(
    wording: Wording, persona: Persona, other: Persona | None, instrument: Instrument
) -> None:
    for prompt in prompts(wording, persona, instrument, other):
        whole = persona.name and prompt.speaker == "persona"
        for text in shown(prompt):
            for told in (persona.name, persona.description) * bool(whole):
                assert told in text
                text = text.replace(told, "X")
            if prompt.speaker == "interlocutor" and other:
                assert other.name in text and other.description in text
            if persona is not BRACES:
                assert "{" not in text and "}" not in text and "  " not in text
    question = asked(wording, persona, instrument)
    for text in (
        instrument.introduction,
        instrument.question,
        *(o.text for o in instrument.options),
    ):
        assert question.count(f"{text}\n") or question.endswith(text) or text in question
    assert [f"({x}) " in question for x in "ABCDEFG"] == [True] * 6 + [False]


@pytest.mark.parametrize("other", [None, BEN], ids=["human", "ben"])
def test_nothing_of_one_persona_is_in_the_prompts_of_another(
    wording: Wording, other: Persona | None, instrument: Instrument
) -> None:
    audit = Audit([ADA, BEN], frame=wordings_frame([wording], ["Tea or coffee?"], [instrument]))
    for who in (ADA, NOBODY):
        for at, prompt in enumerate(prompts(wording, who, instrument, other)):
            allowed = (who.persona, "ben") if other else (who.persona,)
            audit.prompt(f"{who.persona} {at}", prompt, allowed)
    facts = audit.facts()
    assert (facts["contaminated"], facts["prompts"]) == (0, 12), facts["found"]
    audit.prompt("leak", questionnaire(wording, BEN, [], asked(wording, BEN, instrument)), ("ada",))
    assert audit.facts()["contaminated"] == 1


def test_a_persona_behind_a_service_can_be_asked_for_its_name_in_every_wording(
    wording: Wording,
) -> None:
    assert fill(wording.name_question).strip()


def test_words_of_a_wording_are_the_study_s_own(wording: Wording) -> None:
    """A persona may be called like any word of it."""
    task = load_instrument(RESOURCES, "svs")
    frame = wordings_frame([wording], ["Tea or coffee?"], [task])
    told = " ".join(
        [base_text(p) for p in prompts(wording, NOBODY, task)]
        + [wording.persona, *wording.interlocutor.model_dump().values()]
    )
    words = {w.strip(".,:;?!()'\"{}") for w in told.replace("{", " ").replace("}", " ").split()}
    named = [w for w in sorted(words) if w.isalpha()]
    people = [Persona(persona=f"p{at}", name=w) for at, w in enumerate(named)]
    audit = Audit([ADA, BEN, *people], frame=frame)
    for at, prompt in enumerate(
        [*prompts(wording, ADA, task), *prompts(wording, NOBODY, task, BEN)]
    ):
        audit.prompt(str(at), prompt, ("ada", "ben"))
    assert audit.facts()["contaminated"] == 0, audit.facts()["found"]


@pytest.mark.parametrize("letter", "ABC")
def test_a_reply_that_begins_as_the_prefill_does_is_read(wording: Wording, letter: str) -> None:
    prefill = fill(wording.questionnaire.prefill)
    for reply in (f"{prefill}{letter})", f"{prefill.rstrip('(')}{letter}.", f"({letter})", letter):
        assert named_option(reply, "ABC", OPTIONS, prefill) == letter
    words = [*re.findall(r"\s*\S+", prefill), letter, ")"]
    tokens = [Token(w, {w: -1.0}) for w in words]
    place = "ABC".index(letter)
    assert option_logprobs(tokens, "ABC", prefill=prefill)[place] == -1.0
    assert option_logprobs(tokens[-2:], "ABC", begun=True)[place] == -1.0
    assert named_option(f"{prefill}A) or (B)", "ABC", OPTIONS, prefill) == ""


@pytest.mark.parametrize("folder", MINIATURES, ids=lambda p: p.name)
def test_the_letter_is_the_next_token(
    wording: Wording, folder: Path, instrument: Instrument
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    text = base_text(questionnaire(wording, ADA, TALK, asked(wording, ADA, instrument)))
    before = tokenizer(text, add_special_tokens=False)["input_ids"]
    for letter in instrument.letters():
        after = tokenizer(text + letter, add_special_tokens=False)["input_ids"]
        assert after[:-1] == before


def changed(folder: Path, place: Sequence[str], value: object) -> StudyError:
    """Return what is said of the plain wording with another text; None: without it."""
    data = json.loads(PLAIN.model_dump_json())
    part = data
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    if value is None:
        del part[place[-1]]
    path = folder / "resources" / "prompts" / "own.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(StudyError) as error:
        load_wording(folder / "resources", "own")
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    return error.value


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("persona", "You are {nane}. {description}", r"persona: .*\{nane\} is unknown\. .* '\{name\}'"),
        ("persona", "You are {name}.", r"\{description\} is missing\. Needed: \{name\}, \{descr"),
        ("persona", "You are {name.x}. {description}", r"\{name\.x\} is unknown\. Did you mean '\{name\}'"),
        ("persona", "You are {name!r}. {description}", r"\{name!r\} is unknown"),
        ("persona", "You are {name}. {description} {", r"A brace stands alone.*\{\{ or \}\}"),
        ("persona", "", r"persona: '' is not valid"),
        ("persona", None, r"the key 'persona' is missing"),
        ("accepted", "OK, {name}", r"accepted: .*\{name\} is unknown\. No placeholders here"),
        ("interlocutor.human", "A human.", r"interlocutor\.human: .*\{name\} is missing"),
        ("interlocutor.persona", "{name} {other}", r"interlocutor\.persona: .*Did you mean '\{other_name\}'"),
        ("interlocutor.human_with_nobody", None, r"'interlocutor\.human_with_nobody' is missing"),
        ("questionnaire.item", "{portrait}", r"questionnaire\.item: .*\{question\} is missing"),
        ("questionnaire.option", "{option}", r"\{letter\} is missing"),
        ("questionnaire.option", "{option} ({letter})", r"one line with \{letter\} and then \{option\}"),
        ("questionnaire.prefill", "Answer: ( ", r"questionnaire\.prefill: .*ends with a space"),
        ("questionnaire.prefill", "My answer is", r"questionnaire\.prefill: .*with 's'.*no letter follows"),
        ("questionnaire.prefill", "Answer: ()", r"questionnaire\.prefill: .*ends with '\)'"),
        ("questionnaire.prefil", "x", r"unknown key 'questionnaire\.prefil'\. Did you mean 'prefill'"),
        ("labels.human", "USER:", r"labels\.human: .*one line without a colon"),
        ("language", "English, please", r"language: "),
    ],
)  # fmt: skip
def test_a_wording_that_can_t_be_right_is_refused_in_one_sentence(
    tmp_path: Path, place: str, value: object, said: str
) -> None:
    with pytest.raises(StudyError, match=said):
        raise changed(tmp_path, place.split("."), value)


def test_a_brace_of_a_wording_is_written_twice() -> None:
    asks = PLAIN.questionnaire.model_copy(update={"closing": 'As JSON: {{"answer": letter}}.'})
    own = PLAIN.model_copy(update={"questionnaire": asks})
    assert Wording.model_validate(own.model_dump()) == own
    small = load_instrument(RESOURCES, "pvq21")
    assert asked(own, ADA, small).endswith('\nAs JSON: {"answer": letter}.')


def test_a_closing_may_be_left_empty() -> None:
    small = load_instrument(RESOURCES, "pvq21")
    asks = PLAIN.questionnaire.model_copy(update={"closing": ""})
    text = asked(PLAIN.model_copy(update={"questionnaire": asks}), ADA, small)
    assert text.split("\n")[-1] == f"(F) {small.options[-1].text}"
