"""The study's own words: all that stands in a prompt whoever the persona is.

A persona may be called A, or Paris. That name then stands in the prompts of others too: before an option, in
an item, in a topic. The audit takes it for no trace of the persona where a line is the study's own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from holdfast.design.personas import Persona
from holdfast.inference.interview.sessions import Design
from holdfast.inference.prompting.prompts import (
    CHOOSE,
    LETTER,
    PREFILL,
    READ,
    SILENCE,
    THINK,
    USER,
    Prompt,
    interlocutor_instruction,
    persona_instruction,
    reflection,
)

OPTION = re.compile(r"\([A-Z]\) ")  # what stands before an option's text
_SLOT = "\0"  # for a persona's name and description
_SOMEBODY = Persona(persona="somebody", name=_SLOT, description=_SLOT)
_NOBODY = Persona(persona="nobody")
_LABELS = {USER, Prompt.label}
_OF_ALL = {LETTER, THINK, CHOOSE, READ, SILENCE, *(reflection(n) for n in range(2))}
Span = tuple[int, int]


def _phrases() -> tuple[str, ...]:
    """Return what the instructions say of every persona alike."""
    told = [
        persona_instruction(_SOMEBODY),
        *(
            interlocutor_instruction(who, other)
            for who in (_SOMEBODY, _NOBODY)
            for other in (_SOMEBODY, None)
        ),
    ]
    parts = {part.strip(" .") for text in told for part in re.split(r"[\0\n]", text)} - {""}
    return tuple(sorted(parts))


@dataclass(frozen=True)
class Frame:
    """What a study says in its prompts of its own.

    Attributes:
        lines: of messages, without the letters before options.
        phrases: of instructions.
        labels: of speakers without a persona.
        prefill: how answers begin.
    """

    lines: frozenset[str] = frozenset(_OF_ALL)
    phrases: tuple[str, ...] = field(default_factory=_phrases)
    labels: frozenset[str] = frozenset(_LABELS)
    prefill: str = PREFILL

    def texts(self) -> list[str]:
        """Return all of it."""
        return [*self.lines, *self.phrases, *self.labels, self.prefill]

    def spans(self, text: str, part: str) -> list[Span]:
        """Return where a part of a prompt is the study's own, as pairs of begin and end.

        Args:
            text: of the part.
            part: which one: instruction, label, other label, prefill or message.
        """
        if part == "instruction":
            found = (re.finditer(re.escape(phrase), text) for phrase in self.phrases)
            return [m.span() for some in found for m in some]
        if part != "message":
            own = {self.prefill} if part == "prefill" else self.labels
            return [(0, len(text))] if text in own else []
        return list(self._lines(text))

    def _lines(self, text: str) -> Iterator[Span]:
        """Yield where a message has lines of the study's own, and letters of options."""
        begin = 0
        for line in text.split("\n"):
            letter = OPTION.match(line)
            if line in self.lines or (letter and line[letter.end() :] in self.lines):
                yield begin, begin + len(line)
            elif letter:
                yield begin, begin + letter.end()
            begin += len(line) + 1


def frame_of(design: Design) -> Frame:
    """Return the frame of a job's prompts: openings, preset texts, and all that its questionnaires say."""
    said = [str(c["opening"]) for c in design.contexts]
    said += [e.text for e in design.encounters.values()]
    for instrument in design.instruments:
        said += [instrument.introduction, instrument.question]
        said += [option.text for option in instrument.options]
        said += [text for i in instrument.items for text in (i.female, i.male, i.neutral)]
        if instrument.choosing is not None:
            said += instrument.choosing.model_dump().values()
    lines = {line for text in said for line in text.split("\n") if line.strip()}
    return Frame(lines=frozenset(lines | _OF_ALL))
