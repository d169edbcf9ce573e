"""Contamination: prompts that tell of a persona that they are not about (methods 9).

The frame of a prompt is what the study wrote: instruction, label, opening, question. What models said is
no part of it: a persona may well talk of another. That is counted apart, and no fault.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from holdfast.design.personas import Persona
from holdfast.inference.backends.protocol import MessageRequest, ScoreRequest
from holdfast.inference.prompting.prompts import Prompt

WORD = re.compile(r"\w+")
REMEMBERED = 4096  # texts; an instruction is in hundreds of prompts
SENTENCE = 5  # words, from which on a sentence is a persona's own
SHOWN = 5  # examples of contaminated prompts in a manifest


class Audit:
    """Searches prompts for persona texts that do not belong there, each distinct prompt once.

    A text is a persona's name, as written or as label, its description, or a sentence of it. It is found
    through its longest word, so that a search takes hardly longer with more personas.
    """

    def __init__(
        self, personas: Iterable[Persona], met: Mapping[tuple[str, str], Persona] | None = None
    ) -> None:
        """Remember whose texts to look for.

        Args:
            personas: whose.
            met: whom respondents talk with, by respondent and conversation.
        """
        self.met = met or {}
        self.texts: dict[str, list[str]] = {}
        self.names: dict[str, str] = {}
        self.index: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        self.prompts: set[int] = set()  # hashes: a job may have a million
        self.generated: set[int] = set()
        self.contaminated = self.naming_others = 0
        self.found: list[str] = []
        self._strangers = lru_cache(REMEMBERED)(self._search)
        self.watch(personas)

    def watch(self, personas: Iterable[Persona]) -> None:
        """Look for the texts of these personas too; without a name there is none."""
        for persona in personas:
            if not persona.name:
                continue
            self.names[persona.persona] = persona.name
            self.texts[persona.persona] = persona_texts(persona)
            for text in self.texts[persona.persona]:
                whole = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
                self.index.setdefault(_longest_word(text), []).append((whole, persona.persona))
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
        seen = [(part, s) for part, text in parts for s in self._strangers(text, allowed)]
        self.contaminated += bool(seen)
        for part, stranger in seen[: SHOWN - len(self.found)]:
            self.found.append(f"{self.names[stranger]} in the {part} of {', '.join(allowed)}")
        for turn in prompt.turns:
            if turn.said and hash(turn.text) not in self.generated:
                self.generated.add(hash(turn.text))
                self.naming_others += bool(self._strangers(turn.text, allowed))

    def facts(self) -> dict[str, Any]:
        """Return the counts for a job's manifest; `found`: the first few findings."""
        return {
            "prompts": len(self.prompts), "contaminated": self.contaminated, "found": self.found,
            "generated": len(self.generated), "naming_others": self.naming_others,
        }  # fmt: skip

    def _search(self, text: str, allowed: tuple[str, ...]) -> list[str]:
        """Return the personas, but the allowed, of whom a text tells beside what the allowed tell."""
        own = (t for who in allowed for t in self.texts.get(who, ()))
        for told in sorted(own, key=len, reverse=True):
            text = text.replace(told, " ")
        found = {
            who
            for word in set(WORD.findall(text)) & self.index.keys()
            for whole, who in self.index[word]
            if who not in allowed and whole.search(text)
        }
        return sorted(found)


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
