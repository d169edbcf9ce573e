"""The study's own words: all that stands in a prompt whoever the persona is.

A persona may be called A, or Paris. That name then stands in the prompts of others too: before an option, in
an item, in a topic. The audit takes it for no trace of the persona where a line is the study's own.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

from holdfast.design.facets.option_labels import Labels
from holdfast.design.instruments import Instrument
from holdfast.inference.interview.sessions import Design
from holdfast.inference.prompting.prompts import item_head
from holdfast.inference.prompting.wordings import Wording, fill, own_parts

Span = tuple[int, int]


@dataclass(frozen=True)
class Frame:
    """What a study says in its prompts of its own.

    Attributes:
        lines: of messages, without what stands before options and before items on a sheet.
        phrases: of instructions.
        labels: of speakers without a persona.
        prefills: how answers begin.
        options: find an option, or an item on a sheet: what stands before its text, the text, and what
            stands after it.
    """

    lines: frozenset[str] = frozenset()
    phrases: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    prefills: frozenset[str] = frozenset()
    options: tuple[re.Pattern[str], ...] = ()

    def texts(self) -> list[str]:
        """Return all of it that is text."""
        return [*self.lines, *self.phrases, *self.labels, *self.prefills]

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
            own = self.prefills if part == "prefill" else self.labels
            return [(0, len(text))] if text in own else []
        return list(self._lines(text))

    def _lines(self, text: str) -> Iterator[Span]:
        """Yield where a message has lines of the study's own, and what stands around options."""
        begin = 0
        for line in text.split("\n"):
            option = next((m for m in (o.fullmatch(line) for o in self.options) if m), None)
            if line in self.lines or (option and option[2] in self.lines):
                yield begin, begin + len(line)
            elif option:
                yield begin, begin + option.start(2)
                yield begin + option.end(2), begin + len(line)
            begin += len(line) + 1


def frame_of(design: Design) -> Frame:
    """Return the frame of a job's prompts: openings, preset texts, and all that its questionnaires say."""
    said = [str(c["opening"]) for c in design.contexts]
    said += [e.text for e in design.encounters.values()]
    return wordings_frame(design.worded().values(), said, design.instruments)


def wordings_frame(
    wordings: Iterable[Wording], said: Iterable[str] = (), instruments: Iterable[Instrument] = ()
) -> Frame:
    """Return the frame of prompts in some wordings.

    Args:
        wordings: of the prompts.
        said: further texts of messages.
        instruments: questionnaires that are asked.
    """
    worded, asked = list(wordings), list(instruments)
    texts = [*said, *(text for instrument in asked for text in _instrument_texts(instrument))]
    for wording in worded:
        texts += _message_texts(wording)
        texts += [text for instrument in asked for text in _heads(wording, instrument)]
    labels = [w.labels for w in worded]
    return Frame(
        lines=frozenset(line for text in texts for line in text.split("\n") if line.strip()),
        phrases=tuple(sorted({phrase for w in worded for phrase in _phrases(w)})),
        labels=frozenset(fill(label) for of in labels for label in (of.human, of.nobody)),
        prefills=frozenset(fill(w.questionnaire.prefill) for w in worded),
        options=tuple(pattern for w in worded for pattern in _patterns(w)),
    )


def _phrases(wording: Wording) -> set[str]:
    """Return what the instructions say of every persona alike."""
    told = [wording.persona, *wording.interlocutor.model_dump().values()]
    parts = (line for text in told for part in own_parts(text) for line in part.split("\n"))
    return {part.strip(" .") for part in parts} - {""}


def _message_texts(wording: Wording) -> list[str]:
    """Return what is said in messages whatever is asked."""
    asks, reflect = wording.questionnaire, wording.reflection
    texts = [asks.distribution, reflect.first, reflect.more, wording.read, wording.silence]
    for labels in get_args(Labels):
        texts += asks.answers(labels).model_dump().values()
    texts += [asks.sheet.as_lines, asks.sheet.as_json] if asks.sheet else []
    return [fill(text) for text in texts]


def _instrument_texts(instrument: Instrument) -> list[str]:
    texts = [instrument.introduction, instrument.question, *(o.text for o in instrument.options)]
    texts += [text for i in instrument.items for text in (i.female, i.male, i.neutral)]
    return texts + ([*instrument.choosing.model_dump().values()] if instrument.choosing else [])


def _heads(wording: Wording, instrument: Instrument) -> Iterator[str]:
    """Yield what stands above options."""
    asks, choosing, question = wording.questionnaire, instrument.choosing, instrument.question
    for item in instrument.items:
        yield from (item_head(wording, instrument, item, f) for f in ("female", "male", "neutral"))
        for portrait in (item.female, item.male, item.neutral):
            yield fill(asks.rating, portrait=portrait, question=question)
    if asks.sheet is not None:
        none = {"options": "", "items": ""}
        yield fill(asks.sheet.page, introduction=instrument.introduction, question=question, **none)
    if choosing is not None:
        yield fill(asks.most, introduction=choosing.introduction, choice=choosing.most)
        yield fill(asks.least, choice=choosing.least)


def _patterns(wording: Wording) -> Iterator[re.Pattern[str]]:
    """Yield what finds an option, and an item on a sheet: before its text, the text, after it."""
    asks = wording.questionnaire
    yield _pattern(fill(asks.option, letter="\0", option="\1"), "[A-Z1-9]")
    if asks.sheet is not None:
        yield _pattern(fill(asks.sheet.line, number="\0", portrait="\1"), "[0-9]+")


def _pattern(form: str, label: str) -> re.Pattern[str]:
    before, after = (re.escape(part).replace(re.escape("\0"), label) for part in form.split("\1"))
    return re.compile(f"({before})(.*)({after})")
