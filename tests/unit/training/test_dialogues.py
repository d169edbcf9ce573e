"""Training dialogues: complete, readable, without value words, right answers."""

import random
import re
from typing import Any

from plain_wording import PLAIN

from holdfast.inference.prompting.prompts import question_text
from holdfast.training.dialogues import (
    USUAL,
    Material,
    conversation,
    draw_persona,
    draw_topic,
    fixed_phrases,
    questions,
    spoken_prompt,
)


def persona_of(material: Material, index: int = 1) -> Any:
    return draw_persona(material, 5, index, random.Random(index), simple=False)


def test_every_topic_with_lines_is_there(material: Material) -> None:
    assert set(material.lines.topics) <= set(material.topics)
    assert set(USUAL) <= set(material.lines.topics)


def test_no_line_holds_a_value_word(material: Material) -> None:
    objects = {o for some in material.phrases.objects.values() for o in some}
    texts = [t for about in material.lines.topics.values() for t in about.first]
    texts += [t for about in material.lines.topics.values() for then in about.then for t in then]
    texts += [*material.lines.persona, *material.lines.human]
    for text in texts:
        assert not [o for o in objects if re.search(rf"\b{re.escape(o)}\b", text.lower())], text


def test_conversation_alternates_and_is_complete(material: Material) -> None:
    for index, topic in enumerate(material.lines.topics):
        turns = conversation(material, persona_of(material), topic, 7, random.Random(index))
        assert turns[0].text == material.topics[topic].opening
        assert [t.speaker for t in turns] == ["interlocutor", "persona"] * 4
        assert not [t for t in turns[1:] if "{" in t.text or not t.text]


def test_dialogues_are_deterministic(material: Material) -> None:
    def made() -> Any:
        rng = random.Random(3)
        persona = persona_of(material)
        turns = conversation(material, persona, draw_topic(material, rng), 3, rng)
        return turns, questions(material, persona, turns, rng, (4, 2, 1), 0.1)

    assert made() == made()


def test_answers_are_right_and_asked_as_in_the_study(material: Material) -> None:
    instrument = material.instrument
    portraits = {i.item: i for i in instrument.items}
    for index in range(30):
        persona = persona_of(material, index)
        levels = material.value_levels(persona)
        for q in questions(material, persona, (), random.Random(index), (3, 1, 1), 0.0):
            assert sorted(q.order) == [1, 2, 3, 4, 5, 6]
            if q.value:
                assert q.rating == levels[q.value]
            if q.kind == "letter":
                form = persona.persona.gender
                texts = [
                    question_text(PLAIN, instrument, i, form, q.order) for i in portraits.values()
                ]
                assert q.asked in texts
            assert q.prompt.turns[-1].text == q.asked


def test_what_is_not_mentioned_is_of_middle_level(material: Material) -> None:
    for index in range(40):
        persona = persona_of(material, index)
        said = {s.value for s in persona.statements}
        for value, step in material.value_levels(persona).items():
            assert value in said or step in (3, 4)


def test_spoken_prompt_ends_with_the_speakers_own_message(material: Material) -> None:
    persona = persona_of(material)
    turns = conversation(material, persona, "chess", 3, random.Random(1))
    mine = spoken_prompt(PLAIN, persona.persona, turns, "persona")
    theirs = spoken_prompt(PLAIN, persona.persona, turns, "interlocutor")
    assert mine.speaker == mine.turns[-1].speaker == "persona"
    assert theirs.speaker == theirs.turns[-1].speaker == "interlocutor"
    assert mine.instruction != theirs.instruction


def test_fixed_phrases_hold_no_mark(material: Material) -> None:
    phrases = fixed_phrases(material)
    assert not [p for p in phrases if "\0" in p or "\1" in p]
    assert len(set(phrases)) == len(phrases)
