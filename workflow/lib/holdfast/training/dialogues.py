"""Training dialogues: personas, conversations and questions, as prompts of the study itself.

All texts are made by the functions that make the study's prompts (holdfast.inference.prompting.prompts), so
training and inference can't drift apart. Pure and deterministic: everything comes from a seed.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from holdfast.design.generated_personas import (
    MIDDLE,
    TOGETHER,
    GeneratedPersona,
    Phrases,
    draw,
    level,
    read_phrases,
)
from holdfast.design.instruments import Instrument, ItemTexts, load_instrument
from holdfast.design.personas import Persona
from holdfast.design.topics import Topic, read_topics
from holdfast.inference.prompting.prompts import (
    Prompt,
    Speaker,
    Turn,
    interlocutor_instruction,
    next_message,
    persona_instruction,
    question_text,
    questionnaire,
)
from holdfast.inference.prompting.wordings import Wording, load_wording
from holdfast.yaml_and_csv import Strict, read_yaml

RESOURCES = Path(__file__).resolve().parents[4] / "resources"
MINIATURES = RESOURCES / "miniatures"
IN_WORDS = "Answer in words."
IN_WORDS_PREFILL = "Answer: "
WHICH_LETTER = "Which letter says: "
SPARSE = 0.25  # of the personas mention only some values
USUAL = ("grammar", "joke", "poem", "history", "chess")
MARK = "\0"


class TopicLines(Strict):
    """What is said on a topic: first answers, then questions each with its answers."""

    words: list[str]
    first: list[str]
    then: list[list[str]]


class Lines(Strict):
    """resources/miniatures/conversations.yaml."""

    persona: list[str]
    human: list[str]
    topics: dict[str, TopicLines]


@dataclass(frozen=True)
class Material:
    """All texts that dialogues are made of."""

    phrases: Phrases
    lines: Lines
    topics: dict[str, Topic]
    instrument: Instrument
    wording: Wording

    def value_levels(self, persona: GeneratedPersona) -> dict[str, int]:
        """Return the level at which the persona answers for each value.

        What the description does not mention is of middle level.
        """
        said = {s.value for s in persona.statements}
        steps = {v: level(x) for v, x in persona.latent.items()}
        low, high = MIDDLE
        return {v: s if v in said else min(max(s, low), high) for v, s in steps.items()}


@dataclass(frozen=True)
class Question:
    """A question with its right answer.

    Attributes:
        kind: `letter` (the study's question), `words` (the same, answered in words) or `find` (which
            letter stands before a text).
        prompt: what is shown.
        asked: the question's text, the end of the prompt's turns.
        rating: the right option's rating.
        order: the ratings in the order of the options.
        value: the value of the portrait; empty: none.
    """

    kind: str
    prompt: Prompt
    asked: str
    rating: int
    order: tuple[int, ...]
    value: str


def read_material(resources: Path = RESOURCES) -> Material:
    """Return the texts from the resources folder."""
    own = resources / "miniatures"
    return Material(
        read_phrases(own / "phrases.yaml"),
        read_yaml(own / "conversations.yaml", Lines),
        read_topics(resources / "topics" / "topics.csv"),
        load_instrument(resources, "pvq40"),
        load_wording(resources, "plain"),
    )


def draw_persona(
    material: Material, seed: int, index: int, rng: random.Random, simple: bool
) -> GeneratedPersona:
    """Return a persona for training; `simple`: each statement has a verb of its own."""
    only = rng.randint(3, 6) if rng.random() < SPARSE else 0
    together = (1,) if simple else TOGETHER
    return draw(seed, index, material.phrases, held_out=False, together=together, only=only)


def draw_topic(material: Material, rng: random.Random) -> str:
    """Return a topic: one of the default study's in half of the cases."""
    return rng.choice(USUAL if rng.random() < 0.5 else list(material.lines.topics))


def conversation(
    material: Material, persona: GeneratedPersona, topic: str, messages: int, rng: random.Random
) -> tuple[Turn, ...]:
    """Return a conversation: the topic's opening and so many further messages."""
    lines = material.lines
    about = lines.topics[topic]
    word = rng.choice(about.words)
    turns = [Turn("interlocutor", material.topics[topic].opening)]
    answers = about.first
    left: list[list[str]] = []
    for n in range(messages):
        speaker: Speaker = "interlocutor" if n % 2 else "persona"
        if speaker == "interlocutor":
            left = left or rng.sample(about.then, len(about.then))
            ask, *answers = left.pop()
            word = rng.choice(about.words)
            said = rng.choice(lines.human) + ask
        else:
            said = rng.choice(lines.persona) + rng.choice(answers)
        known = {"word": word, "occupation": persona.occupation, "place": persona.place}
        turns.append(Turn(speaker, said.format(**known)))
    return tuple(turns)


def questions(
    material: Material, persona: GeneratedPersona, turns: Sequence[Turn], rng: random.Random,
    counts: tuple[int, int, int], noise: float,
) -> list[Question]:  # fmt: skip
    """Return questions for one persona, each in its own fork of the conversation.

    Args:
        material: the texts.
        persona: who answers.
        turns: the conversation.
        rng: chooses portraits, orders and answers.
        counts: how many `letter`, `words` and `find` questions.
        noise: how often a right answer is one step beside the level.
    """
    levels = material.value_levels(persona)
    value_of = material.instrument.value_of()
    chosen = rng.sample(material.instrument.items, counts[0] + counts[1])
    made = []
    for n, item in enumerate(chosen):
        value = value_of[item.item]
        rating = _near(levels[value], rng, noise)
        kind = "letter" if n < counts[0] else "words"
        made.append(_question(material, persona.persona, turns, item, value, kind, rating, rng))
    for _ in range(counts[2]):
        made.append(_find(material, persona.persona, turns, rng))
    return made


def _near(rating: int, rng: random.Random, noise: float) -> int:
    if rng.random() < noise:
        rating += rng.choice([-1, 1])
    return min(max(rating, 1), 6)


def _order(material: Material, rng: random.Random) -> tuple[int, ...]:
    ratings = material.instrument.ratings()
    return tuple(rng.sample(ratings, len(ratings)))


def _question(
    material: Material, persona: Persona, turns: Sequence[Turn], item: ItemTexts, value: str,
    kind: str, rating: int, rng: random.Random,
) -> Question:  # fmt: skip
    order = _order(material, rng)
    asked = question_text(material.wording, material.instrument, item, persona.gender, order)
    if kind == "words":
        asked = asked[: asked.index("\n(A) ")] + "\n" + IN_WORDS
    prompt = questionnaire(material.wording, persona, turns, asked)
    if kind == "words":
        prompt = replace(prompt, prefill=IN_WORDS_PREFILL)
    return Question(kind, prompt, asked, rating, order, value)


def _find(
    material: Material, persona: Persona, turns: Sequence[Turn], rng: random.Random
) -> Question:
    order = _order(material, rng)
    rating = rng.choice(order)
    text = next(o.text for o in material.instrument.options if o.rating == rating)
    shown = question_text(
        material.wording, material.instrument, material.instrument.items[0], "neutral", order
    )
    asked = WHICH_LETTER + text + shown[shown.index("\n(A) ") :]
    return Question(
        "find", questionnaire(material.wording, persona, turns, asked), asked, rating, order, ""
    )


def fixed_phrases(material: Material) -> list[str]:
    """Return the texts that stand in every prompt and every option's text: a token each."""
    wording, marked = material.wording, Persona(persona="x", name=MARK, description=MARK)
    item = ItemTexts(item=1, female=MARK, male=MARK, neutral=MARK)
    options = [o.text for o in material.instrument.options]
    shown = question_text(
        material.wording,
        material.instrument,
        item,
        "neutral",
        material.instrument.ratings(),
    )
    for text in sorted(options, key=len, reverse=True):
        shown = shown.replace(f" {text}", f" {MARK}")
    told = [persona_instruction(wording, marked), interlocutor_instruction(wording, marked)]
    parts = [*told, shown]
    first = "\n(A) "
    pieces = [p for text in parts for p in text.replace(first, MARK + first).split(MARK)]
    pieces = [p for p in pieces if len(p) > 4]
    return [
        *pieces,
        *options,
        "\n" + IN_WORDS,
        WHICH_LETTER,
        wording.questionnaire.prefill,
        IN_WORDS_PREFILL,
        wording.begin,
    ]


def tokenizer_texts(material: Material, seed: int, size: int) -> Iterator[str]:
    """Yield texts as they stand in training, for the tokenizer to learn its tokens from."""
    rng = random.Random(f"tokenizer/{seed}")
    for index in range(size):
        persona = draw_persona(material, seed, index, rng, simple=False)
        yield persona.persona.description
        for turn in conversation(material, persona, draw_topic(material, rng), 5, rng):
            yield " " + turn.text
    for item in material.instrument.items * 40:
        yield from (item.female, item.male, item.neutral)


def spoken_prompt(
    wording: Wording, persona: Persona, turns: Sequence[Turn], speaker: Speaker
) -> Prompt:
    """Return the prompt under which a speaker wrote its last message, with that message."""
    last = max(i for i, t in enumerate(turns) if t.speaker == speaker)
    return replace(next_message(wording, persona, turns[:last]), turns=tuple(turns[: last + 1]))
