"""How a reply spreads its percentages over the options (methods 3)."""

import re
from collections.abc import Sequence

from holdfast.inference.prompting.reply_letters import plain_text
from holdfast.inference.prompting.reply_words import OPTION

TOLERANCE = 5.0
"""By how many percent the sum may differ from 100."""

_FIRST = 0xE000  # of the characters, used by no script, that stand for the options' texts
_BETWEEN = r"(?:[^\S\n]|[:=|≈~>]|[-–—](?=[^\S\n]))*"  # a dash before a digit is a minus
_NUMBER = r"(?P<number>[-–−]?\d++(?:[.,]\d++)?+)"
_WORDS = "per ?cent|prozent|por ?ciento|pour ?cent|per ?cento|por ?cento"
_PERCENT = rf"(?P<percent>[^\S\n]*\\?(?:%|(?i:{_WORDS})\b))?"
_NO_RANGE = r"(?![\w%]|[^\S\n]*[-–—][^\S\n]*\d|[.,]\d)"


def percentages(
    text: str, labels: Sequence[str], options: Sequence[str] = ()
) -> tuple[float, ...] | None:
    """Return the percentages that a reply gives the options, as they stand; None: it can't be read.

    An option is named by its label, "A: 40 %", "(A) 40", "Option A – 40 percent", by its text, "like me: 40%",
    or by both. A line for each, a sentence with commas, a table and a JSON object are all read. Numbers from 0
    to 1 without a percent sign are shares, where several options have one. An option that is not named has 0.

    The reply can't be read if it names no option, or one twice with different numbers; if a number is
    negative, above 100 or a range; or if the sum differs from 100 by more than `TOLERANCE`.

    Args:
        text: the reply.
        labels: of the options, in the order shown.
        options: their texts, in the same order; none: labels alone are looked for.
    """
    found = _found(_with_places(plain_text(text), options), labels)
    if not found:
        return None
    values = {place: {number for number, _ in given} for place, given in found.items()}
    if any(len(numbers) > 1 for numbers in values.values()):
        return None
    given = [next(iter(values.get(place, {0.0}))) for place in range(len(labels))]
    signed = any(sign for pairs in found.values() for _, sign in pairs)
    if not signed and len(found) > 1 and abs(sum(given) - 1) <= TOLERANCE / 100:
        given = [100 * share for share in given]
    fits = all(0 <= x <= 100 for x in given) and abs(sum(given) - 100) <= TOLERANCE
    return tuple(given) if fits else None


def _with_places(plain: str, options: Sequence[str]) -> str:
    """Return a plain reply in which a character stands for each option's text: texts may have numbers."""
    places = {" ".join(plain_text(o).casefold().split()): i for i, o in enumerate(options)}
    longest_first = sorted(filter(None, places), key=len, reverse=True)
    if not longest_first:
        return plain
    any_option = "|".join(r"\s+".join(map(re.escape, o.split())) for o in longest_first)
    return re.sub(
        rf"(?i)(?<!\w)(?:{any_option})(?!\w)",
        lambda match: chr(_FIRST + places[" ".join(match[0].casefold().split())]),
        plain,
    )


def _found(plain: str, labels: Sequence[str]) -> dict[int, set[tuple[float, bool]]]:
    """Return by the place of each option that is named its numbers, and whether each had a percent sign.

    A label and a text that name different options make all unreadable: a number that can't be is returned.
    """
    names = {label.casefold(): place for place, label in enumerate(labels)}
    found: dict[int, set[tuple[float, bool]]] = {}
    for match in _pattern(labels).finditer(plain):
        label, shown = match["label"] or match["small"], match["text"] or match["alone"]
        named = {names[label.casefold()]} if label else set()
        named |= {ord(shown) - _FIRST} if shown else set()
        number = float(re.sub("[–−]", "-", match["number"]).replace(",", "."))
        value = (number if len(named) == 1 else -1.0, bool(match["percent"]))
        for place in named:
            found.setdefault(place, set()).add(value)
    return found


def _pattern(labels: Sequence[str]) -> re.Pattern[str]:
    """Return what finds an option's name with the number after it.

    A small letter must be marked as a label, as in "a)" or "a:", for it may be a word.
    """
    any_label = "|".join(map(re.escape, labels))
    small = "|".join(re.escape(x.lower()) for x in labels if x.lower() != x) or r"(?!)"
    end = chr(_FIRST + max(len(labels), 1) - 1)
    text = f"[{chr(_FIRST)}-{end}]"
    label = rf"(?:{OPTION}[^\S\n]+)?\(?(?:(?P<label>{any_label})[).:]*|(?P<small>{small})[).:]+)"
    both = rf"{label}{_BETWEEN}\(?(?P<text>{text})?\)?"
    return re.compile(
        rf"(?<!\w)(?:{both}|\(?(?P<alone>{text})\)?){_BETWEEN}\(?{_NUMBER}{_PERCENT}{_NO_RANGE}",
        re.MULTILINE,
    )
