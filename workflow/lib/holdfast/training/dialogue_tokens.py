"""From dialogues to tokens: rows of one persona with its questions, and what is supervised in them."""

import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from holdfast.design.generated_personas import GeneratedPersona
from holdfast.inference.models.miniature_models import ARCHITECTURES
from holdfast.inference.prompting.prompts import Prompt, Speaker, Turn, chat_messages
from holdfast.inference.prompting.token_ids import letter_ids
from holdfast.training.dialogues import (
    Material,
    Question,
    conversation,
    draw_persona,
    draw_topic,
    questions,
    spoken_prompt,
)


class Mark(NamedTuple):
    """A supervised place: `target` is a class, or for attention the place to look at."""

    place: int
    head: str
    target: int


@dataclass
class Asked:
    """One question after a prefix: its tokens, the answer's token, the marks within it."""

    kind: str
    ids: list[int]
    answer: int
    marks: list[Mark] = field(default_factory=list)


@dataclass
class Row:
    """One persona's prefix (instruction and conversation) and its questions.

    Attributes:
        prefix: token ids.
        spoken: places in the prefix whose tokens the model itself has to say.
        marks: supervised places in the prefix.
        asked: the questions, each seeing the prefix and itself.
    """

    prefix: list[int]
    spoken: list[int]
    marks: list[Mark]
    asked: list[Asked]


class Encoder:
    """Encodes dialogues for one family."""

    def __init__(self, material: Material, tokenizer: Any, family: str) -> None:
        """Look up the tokens that carry structure."""
        self.material, self.tokenizer = material, tokenizer
        self.system_role = ARCHITECTURES[family].system_role
        self.values = list(material.phrases.objects)
        asked = material.instrument
        texts = zip(asked.codes(), asked.options, strict=True)
        self.option_ids = {rating: self._one(o.text) for rating, o in texts}
        letters = material.instrument.letters()
        self.letter_ids = [self._one(letter) for letter in letters]
        known = letter_ids(tokenizer, letters)
        assert all(i in ids for i, ids in zip(self.letter_ids, known, strict=True))
        self.labels = {self._one(f"\n({letter}) ") for letter in letters}
        self.slots = self._slots()
        self.question_id = self._one("\n" + material.instrument.question)

    def _one(self, text: str) -> int:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        assert len(ids) == 1, (text, ids)
        return ids[0]

    def _slots(self) -> set[int]:
        """Return the tokens with which words begin that conversations take up again."""
        phrases, topics = self.material.phrases, self.material.lines.topics
        words = [
            *phrases.occupations,
            *phrases.places,
            *(w for t in topics.values() for w in t.words),
        ]
        texts = [f" {w}" for w in words]
        return {ids[0] for ids in self.tokenizer(texts, add_special_tokens=False)["input_ids"]}

    def encode(self, prompt: Prompt) -> tuple[str, list[int], list[tuple[int, int]]]:
        """Return the prompt as the backend renders it, its token ids, and their places in the text."""
        messages = chat_messages(prompt, self.system_role)
        ends_own = bool(prompt.turns) and prompt.turns[-1].speaker == prompt.speaker
        text: str = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=not ends_own
        )
        text += prompt.prefill
        out = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return text, out["input_ids"], out["offset_mapping"]

    def persona_row(
        self, persona: GeneratedPersona, turns: Sequence[Turn], asked: Sequence[Question]
    ) -> Row:
        """Return a row in which the persona answers questions."""
        encoded = [(q, *self.encode(q.prompt)) for q in asked]
        question, text, ids, offsets = encoded[0]
        length = _before(offsets, text.rindex(question.asked))
        prefix = ids[:length]
        spoken = _spoken(text, offsets, turns, "persona")
        marks, ends = self._statements(persona, text, offsets)
        row = Row(prefix, [i for i in spoken if i < length], marks, [])
        for question, _, ids, _ in encoded:
            assert ids[:length] == prefix
            row.asked.append(self._asked(question, ids[length:], ends))
        return row

    def speech_row(
        self, persona: GeneratedPersona, turns: Sequence[Turn], speaker: Speaker, topic: int
    ) -> Row:
        """Return a row in which one side of a conversation says its messages; but the opening."""
        prompt = spoken_prompt(self.material.wording, persona.persona, turns, speaker)
        text, ids, offsets = self.encode(prompt)
        skip = 1 if speaker == "interlocutor" else 0
        spoken = _spoken(text, offsets, prompt.turns, speaker, skip)
        marks = [Mark(i - 1, "topic", topic) for i in spoken]
        for i in spoken:
            if ids[i] in self.slots and ids[i] in ids[:i]:
                earlier = i - 1 - ids[:i][::-1].index(ids[i])
                marks.append(Mark(i - 1, "look at earlier", earlier))
        return Row(ids, spoken, marks, [])

    def _statements(
        self, persona: GeneratedPersona, text: str, offsets: Sequence[tuple[int, int]]
    ) -> tuple[list[Mark], dict[str, int]]:
        """Return the marks of value and level at each statement's end, and where each value's is."""
        start = text.index(persona.persona.description)
        marks, ends = [], {}
        for s in persona.statements:
            place = _before(offsets, start + s.end) - 1
            marks += [Mark(place, "said value", self.values.index(s.value)),
                      Mark(place, "said level", s.level - 1)]  # fmt: skip
            ends[s.value] = place
        return marks, ends

    def _asked(self, question: Question, ids: list[int], ends: dict[str, int]) -> Asked:
        last = len(ids) - 1
        marks = [Mark(last, "answer level", question.rating - 1)]
        if question.kind == "words":
            answer = self.option_ids[question.rating]
        else:
            answer = self.letter_ids[question.order.index(question.rating)]
            places = [i + 1 for i, t in enumerate(ids[:-1]) if t in self.labels]
            for n, (place, rating) in enumerate(zip(places, question.order, strict=True)):
                marks += [Mark(place, "option letter", n), Mark(place, "option level", rating - 1)]
                if rating == question.rating:
                    marks.append(Mark(last, "look at option", place))
        if question.value:
            place = ids.index(self.question_id)
            marks += [Mark(place, "asked value", self.values.index(question.value)),
                      Mark(place, "asked level", question.rating - 1)]  # fmt: skip
            if question.value in ends:
                marks.append(Mark(place, "look at statement", ends[question.value]))
        return Asked(question.kind, ids, answer, marks)


def _before(offsets: Sequence[tuple[int, int]], char: int) -> int:
    """Return how many tokens begin before a place in the text."""
    return bisect_left(offsets, char, key=lambda o: o[0])


def _spoken(
    text: str,
    offsets: Sequence[tuple[int, int]],
    turns: Sequence[Turn],
    speaker: str,
    skip: int = 0,
) -> list[int]:
    """Return the places of the tokens of a speaker's messages, each with the token that ends it."""
    places: list[int] = []
    cursor = 0
    for n, turn in enumerate(turns):
        start = text.index(turn.text, cursor)
        cursor = start + len(turn.text)
        if turn.speaker == speaker and n >= skip:
            start -= text[start - 1] == " "
            places += range(_before(offsets, start), _before(offsets, cursor) + 1)
    return [i for i in places if i < len(offsets)]


def answer_row(
    encoder: Encoder, seed: int, index: int, messages: int, counts: tuple[int, int, int],
    noise: float = 0.0, simple: bool = False,
) -> Row:  # fmt: skip
    """Return a training row with questions.

    Args:
        encoder: of the family.
        seed: of all rows.
        index: which row.
        messages: of the conversation after its opening; 0: no conversation at all.
        counts: how many questions of each kind.
        noise: how often an answer is one step beside the level.
        simple: statements with a verb of their own.
    """
    rng = random.Random(f"answers/{seed}/{index}")
    persona = draw_persona(encoder.material, seed, index, rng, simple)
    turns: tuple[Turn, ...] = ()
    if messages:
        topic = draw_topic(encoder.material, rng)
        turns = conversation(encoder.material, persona, topic, messages, rng)
    asked = questions(encoder.material, persona, turns, rng, counts, noise)
    return encoder.persona_row(persona, turns, asked)


def speech_row(encoder: Encoder, seed: int, index: int, speaker: Speaker) -> Row:
    """Return a training row in which one side of a conversation says its messages."""
    rng = random.Random(f"speech/{seed}/{index}")
    persona = draw_persona(encoder.material, seed, index, rng, simple=False)
    topic = draw_topic(encoder.material, rng)
    turns = conversation(encoder.material, persona, topic, rng.choice([3, 5, 7]), rng)
    known = list(encoder.material.lines.topics)
    return encoder.speech_row(persona, turns, speaker, known.index(topic))
