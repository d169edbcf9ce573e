"""Messages in which the simulated reference shows its values, and how they are read off them.

A value is shown by a sentence about one of its objects, with a verb phrase of its level: 'I treasure open
debate.' The level is a whole number. Over a conversation's messages it changes between the two next to what is
to be shown, so that their mean comes close to it.
"""

import hashlib
import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from holdfast.design.generated_personas import Phrases, read_phrases
from holdfast.seeds import derive

Words = tuple[Mapping[int, tuple[str, ...]], Mapping[str, tuple[str, ...]]]
"""Verb phrases in the first person by level, and objects by value."""


@cache
def shown_words(path: Path) -> Words:
    """Return the words of a file with `verbs` and `objects`; raise StudyError if it does not fit."""
    found: Phrases = read_phrases(path)
    verbs = {
        level: tuple(re.sub("^are ", "am ", phrase.split("|")[1]) for phrase in phrases)
        for level, phrases in found.verbs.items()
    }
    return verbs, {value: tuple(objects) for value, objects in found.objects.items()}


def words_digest(path: Path) -> str:
    """Return a digest of the words, for the identity of a reference that uses them."""
    return hashlib.sha256(repr(shown_words(path)).encode()).hexdigest()[:16]


def showing(words: Words, shown: Mapping[str, float], number: int, seed: int) -> str:
    """Return a message that shows a profile.

    Args:
        words: from `shown_words`.
        shown: how much each value is to matter, on the rating scale; a value without words is not shown.
        number: of the speaker's message in its conversation, from 0.
        seed: of the message.
    """
    verbs, objects = words
    said = []
    for value in sorted(v for v in shown if v in objects):
        step = math.floor(shown[value] + _share(number))
        phrases = verbs[int(np.clip(step, min(verbs), max(verbs)))]
        verb = phrases[derive(seed, "verb", value) % len(phrases)]
        thing = objects[value][derive(seed, "object", value) % len(objects[value])]
        said.append((derive(seed, "place", value), f"I {verb} {thing}."))
    return " ".join(sentence for _, sentence in sorted(said))


def read_shown(words: Words, text: str) -> dict[str, float]:
    """Return how much each value that a text shows matters by its sentences: their mean level."""
    found: dict[str, list[int]] = {}
    known = _sentences(*(tuple(part.items()) for part in words))
    for sentence in re.findall(r"\bI [^.]+\.", text):
        if told := known.get(sentence):
            found.setdefault(told[0], []).append(told[1])
    return {value: sum(levels) / len(levels) for value, levels in found.items()}


@cache
def _sentences(
    verbs: tuple[tuple[int, tuple[str, ...]], ...],
    objects: tuple[tuple[str, tuple[str, ...]], ...],
) -> dict[str, tuple[str, int]]:
    return {
        f"I {verb} {thing}.": (value, level)
        for level, phrases in verbs
        for verb in phrases
        for value, things in objects
        for thing in things
    }


def _share(number: int) -> float:
    """Return a number between 0 and 1; those of successive messages are spread evenly (van der Corput)."""
    share, place, left = 0.0, 0.5, number + 1
    while left:
        share += place * (left & 1)
        left, place = left >> 1, place / 2
    return share
