"""Contamination: prompts that tell of a persona that they are not about (methods 9).

The frame of a prompt is what the study wrote: instruction, label, opening, question. What models said is
no part of it: a persona may well talk of another. That is counted apart, and no fault.

A name of one word may be a word of the study's own: an option's letter, a word of an item, a place in a
topic. Such a name is ambiguous. It is no trace of the persona where the study's own words have it, whoever is
played, nor in what models say; anywhere else in the frame it is. Which names are so is told.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from holdfast.design.personas import Persona
from holdfast.inference.backends.protocol import MessageRequest, ScoreRequest
from holdfast.inference.interview.prompt_frame import Frame, Span
from holdfast.inference.prompting.prompts import Prompt

WORD = re.compile(r"\w+")
REMEMBERED = 4096  # texts; an instruction is in hundreds of prompts
SENTENCE = 5  # words, from which on a sentence is a persona's own
SHOWN = 5  # examples of contaminated prompts in a manifest
SAID = "said"  # stands for the part of a prompt that a model wrote


@dataclass(frozen=True)
class Sought:
    """A text by which a persona is recognised; `ambiguous`: it may also be a word of the study's own."""

    whole: re.Pattern[str]
    who: str
    ambiguous: bool


class Audit:
    """Searches prompts for persona texts that do not belong there, each distinct prompt once.

    A text is a persona's name, as written or as label, its description, or a sentence of it. It is found
    through its longest word, so that a search takes hardly longer with more personas.
    """

    def __init__(
        self, personas: Iterable[Persona], met: Mapping[tuple[str, str], Persona] | None = None,
        frame: Frame | None = None,
    ) -> None:  # fmt: skip
        """Remember whose texts to look for.

        Args:
            personas: whose.
            met: whom respondents talk with, by respondent and conversation.
            frame: the study's own words; None: there are none.
        """
        self.met, self.frame = met or {}, frame or Frame()
        self.own_words = {word for text in self.frame.texts() for word in WORD.findall(text)}
        self.texts: dict[str, list[str]] = {}
        self.names: dict[str, str] = {}
        self.index: dict[str, list[Sought]] = {}
        self.ambiguous: set[str] = set()  # names
        self.prompts: set[int] = set()  # hashes: a job may have a million
        self.generated: set[int] = set()
        self.contaminated = self.naming_others = 0
        self.found: list[str] = []
        self.hidden = False
        self._strangers = lru_cache(REMEMBERED)(self._search)
        self.watch(personas)

    def watch(self, personas: Iterable[Persona], hidden: bool = False) -> None:
        """Look for the texts of these personas too; without a name there is none.

        Args:
            personas: whose.
            hidden: must no prompt tell of them, not even one that is about them? So it is for observers.
        """
        self.hidden = self.hidden or hidden
        for persona in personas:
            if not persona.name:
                continue
            self.names[persona.persona] = persona.name
            self.texts[persona.persona] = persona_texts(persona)
            for text in self.texts[persona.persona]:
                sought = Sought(_whole(text), persona.persona, self._is_ambiguous(persona, text))
                self.index.setdefault(_longest_word(text), []).append(sought)
                if sought.ambiguous:
                    self.ambiguous.add(persona.name)
        self._strangers.cache_clear()

    def request(self, key: str, request: MessageRequest | ScoreRequest) -> None:
        """Search a request's prompt: it may tell of the respondent, and of whom that one talks with."""
        about: Any = request.conversation
        other = self.met.get((about[1], about[2]))
        self.prompt(key, request.prompt, (about[1], other.persona) if other else (about[1],))

    def prompt(self, key: str, prompt: Prompt, allowed: tuple[str, ...]) -> None:
        """Search one prompt.

        Args:
            key: by which a prompt that comes again is known.
            prompt: what the model is shown.
            allowed: ids of the personas that it may tell of: who it is about, and whom that one talks with.
        """
        if hash(key) in self.prompts:
            return
        self.prompts.add(hash(key))
        frame = {
            "instruction": prompt.instruction,
            "label": prompt.label,
            "prefill": prompt.prefill,
            "other label": prompt.other,
        }
        parts = [*frame.items(), *(("message", t.text) for t in prompt.turns if not t.said)]
        told = () if self.hidden else allowed
        seen = [(part, s) for part, text in parts for s in self._strangers(text, told, part)]
        self.contaminated += bool(seen)
        for part, stranger in seen[: SHOWN - len(self.found)]:
            self.found.append(f"{self.names[stranger]} in the {part} of {', '.join(allowed)}")
        for turn in prompt.turns:
            if turn.said and hash(turn.text) not in self.generated:
                self.generated.add(hash(turn.text))
                self.naming_others += bool(self._strangers(turn.text, allowed, SAID))

    def facts(self) -> dict[str, Any]:
        """Return the counts for a job's manifest.

        `found` has the first few findings; `ambiguous`, where there are any, the names that were not looked
        for in the study's own words and in what models said.
        """
        counts = {
            "prompts": len(self.prompts), "contaminated": self.contaminated, "found": self.found,
            "generated": len(self.generated), "naming_others": self.naming_others,
        }  # fmt: skip
        return counts | ({"ambiguous": sorted(self.ambiguous)} if self.ambiguous else {})

    def _is_ambiguous(self, persona: Persona, text: str) -> bool:
        """Tell whether a text, a name of one word or a short description, can be the study's own too."""
        words = WORD.findall(text)
        if len(words) >= (SENTENCE if text == persona.description else 2):
            return False
        if len(text) <= 1:
            return True  # an option's letter, or an article
        known = self.own_words.issuperset(words)
        return known and any(_whole(text).search(own) for own in self.frame.texts())

    def _search(self, text: str, allowed: tuple[str, ...], part: str) -> list[str]:
        """Return the personas, but the allowed, of whom a part of a prompt tells.

        What the allowed tell of another is no finding, and an ambiguous text none in the study's own words.
        """
        words = {
            *WORD.findall(text),
            "",
        } & self.index.keys()  # names of signs alone are always sought
        told = [s for word in words for s in self.index[word] if s.who not in allowed]
        told = [s for s in told if not (s.ambiguous and part == SAID)]
        places = [(s, m.span()) for s in told for m in s.whole.finditer(text)]
        if not places:
            return []
        own = [
            m.span()
            for who in allowed
            for t in self.texts.get(who, ())
            for m in _whole(t).finditer(text)
        ]
        frame = self.frame.spans(text, part) if any(s.ambiguous for s, _ in places) else []
        return sorted(
            {
                s.who
                for s, place in places
                if not _within(place, own) and not (s.ambiguous and _within(place, frame))
            }
        )


@lru_cache(REMEMBERED)
def _whole(text: str) -> re.Pattern[str]:
    """Return what finds a text that is no part of a word."""
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")


def _within(place: Span, spans: Iterable[Span]) -> bool:
    return any(begin <= place[0] and place[1] <= end for begin, end in spans)


def persona_texts(persona: Persona) -> list[str]:
    """Return what a persona can be recognised by, the longest first."""
    sentences = re.split(r"(?<=[.!?])\s+", persona.description)
    told = [s for s in sentences if len(WORD.findall(s)) >= SENTENCE]
    label = " ".join(persona.name.upper().split())
    texts = {persona.name, label, persona.description, *told} - {""}
    return sorted(texts, key=lambda t: (-len(t), t))


def _longest_word(text: str) -> str:
    """Return the longest word of a text, the first of equals; of signs alone nothing."""
    return max(WORD.findall(text), key=len, default="")
