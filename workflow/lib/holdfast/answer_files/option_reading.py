"""Which option an answer of another tool names: by a code, or as a reply by the reader of all replies."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.design.administration_modes import LETTERS
from holdfast.design.instruments import Instrument
from holdfast.errors import StudyError
from holdfast.inference.people.coded_answers import code_text
from holdfast.inference.prompting.reply_letters import named_place


@dataclass(frozen=True)
class Shown:
    """The options of a question, in the order in which they were shown.

    Attributes:
        texts: their words.
        codes: their ratings, or the codes of those that are none.
        labels: a character each; empty: they had none.
    """

    texts: tuple[str, ...]
    codes: tuple[int, ...]
    labels: str


@dataclass(frozen=True)
class Meaning:
    """What answers mean.

    Attributes:
        ratings: the rating behind each code.
        missing: codes of missing answers.
        as_code: whether an answer is a code or an option's words; else it is a reply.
        after: only what stands after the last such text of a reply is read; empty: all of it.
    """

    ratings: Mapping[str, int]
    missing: frozenset[str]
    as_code: bool
    after: str


def options_shown(
    texts: Sequence[str],
    instrument: Instrument,
    ratings: Mapping[str, int],
    labels: str,
    where: str,
) -> Shown:
    """Return the options in the order of their texts; without texts in that of the questionnaire's file.

    Args:
        texts: as the tool has them: the questionnaire's own words, its ratings, or codes of the mapping.
        instrument: the questionnaire.
        ratings: the rating behind each code.
        labels: letters, digits or none.
        where: file, place and field, for the message.

    Raises:
        StudyError: a text is no option's, or one stands there twice.
    """
    own = {_plain(o.text): c for o, c in zip(instrument.options, instrument.codes(), strict=True)}
    known = {**{_plain(code): rating for code, rating in ratings.items()}, **own}
    texts = texts or [o.text for o in instrument.options]
    codes = []
    for text in texts:
        if _plain(text) not in known:
            allowed = ", ".join(f"'{o.text}'" for o in instrument.options)
            raise StudyError(
                f"{where}: '{text}' is no option of '{instrument.name}'. Allowed: {allowed}, or what 'codes' "
                "in the mapping gives a rating."
            )
        codes.append(known[_plain(text)])
    if len(set(codes)) < len(codes):
        raise StudyError(f"{where}: two of the options mean the same rating: {', '.join(texts)}.")
    marks = {"letters": LETTERS, "digits": "123456789", "none": ""}[labels]
    return Shown(tuple(texts), tuple(codes), marks[: len(texts)])


def read_option(
    said: object, shown: Shown, meaning: Meaning, where: str, instrument: str
) -> tuple[int, str]:
    """Return the place of the option that an answer names, from 0, and the status; -1: none.

    Args:
        said: the answer.
        shown: the options.
        meaning: what answers mean.
        where: file, place and field, for the message.
        instrument: the questionnaire's name.

    Raises:
        StudyError: the answer is to be a code, and is none.
    """
    nothing = said is None or (isinstance(said, float) and math.isnan(said))
    text = "" if nothing else code_text(said)
    if not text or text in meaning.missing:
        return -1, "empty"
    if meaning.after and not meaning.as_code:
        _, cue, text = text.rpartition(meaning.after)
        if not cue:
            return -1, "invalid"
    digits = shown.labels[:1] == "1"
    if not digits and text.strip() in meaning.ratings:
        rating = meaning.ratings[text.strip()]
        return (shown.codes.index(rating), "ok") if rating in shown.codes else (-1, "invalid")
    if not meaning.as_code:
        place = named_place(text, shown.labels, shown.texts)
        return place, "ok" if place >= 0 else "invalid"
    plain = [_plain(t) for t in shown.texts]
    if _plain(text) in plain:
        return plain.index(_plain(text)), "ok"
    if len(text) == 1 and text.upper() in shown.labels:
        return shown.labels.index(text.upper()), "ok"
    allowed = ", ".join([*meaning.ratings, *(f"'{t}'" for t in shown.texts)])
    none = f", and as missing: {', '.join(sorted(meaning.missing))}" if meaning.missing else ""
    raise StudyError(
        f"{where}: '{text[:80]}' is no answer to '{instrument}'. Allowed: {allowed}{none}. If these are "
        "replies of a model, some of which may name no option, say so in the mapping: read: reply."
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .")
