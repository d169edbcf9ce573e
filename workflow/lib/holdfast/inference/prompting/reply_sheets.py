"""A whole questionnaire answered in one text: which option each item got (methods 3)."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from holdfast.inference.prompting.reply_letters import named_place
from holdfast.inference.prompting.thinking import without_thoughts

_NUMBERED = re.compile(
    r"(?m)^[\s>|*_#\-+]*(?:[^\W\d_]+\s+)?\(?(\d{1,3})\b[*_]*(?:[ \t]*[).:\]\-–—=|]+|[ \t]+)[*_ \t]*"
)  # "1.", "(1)", "**1:**", "Item 1 -", "| 1 |"
_PAIR = re.compile(r"[\"']?[^\W\d_]*\s*(\d{1,3})[\"']?\s*:\s*([\"'])(.*?)\2")


def filled_sheet(chosen: Sequence[str], form: str) -> str:
    """Return a sheet's answers as they are asked for, lines or json."""
    numbered = {str(number): label for number, label in enumerate(chosen, start=1)}
    if form == "json":
        return json.dumps(numbered)
    return "\n".join(f"{number}: {label}" for number, label in numbered.items())


def sheet_places(
    text: str, count: int, labels: str, options: Sequence[str]
) -> list[tuple[int, str]]:
    """Return for each item the place of its option, from 0, and the words that say so; -1: it has none.

    Numbered lines and JSON objects are read, whichever was asked for. What stands after an item's number, on
    its line or up to the next number, names the option as in a reply to that item alone. Numbers count from 1
    in the order shown. An item that gets two different options has none. Without any number, as many lines
    as there are items, each with an option, are the answers in the order shown.

    Args:
        text: the reply.
        count: how many items the sheet has.
        labels: of the options, a character each; empty: they have none.
        options: their texts, in the order shown.
    """
    said, unended = without_thoughts(text)
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for number, words in [] if unended else _parts(said):
        place = next((p for w in words if (p := named_place(w, labels, options)) >= 0), -1)
        if place >= 0:
            found[number].setdefault(place, words[0])
    if not found and not unended:
        found |= _in_turn(said, count, labels, options)
    one = {
        number: next(iter(places.items())) for number, places in found.items() if len(places) == 1
    }
    return [one.get(number, (-1, "")) for number in range(1, count + 1)]


def _parts(said: str) -> list[tuple[int, list[str]]]:
    """Return numbers with the words about each: of a JSON object its values, else lines and what follows."""
    if (parts := list(_of_json(said))) or (parts := list(_of_pairs(said))):
        return parts
    marks = list(_NUMBERED.finditer(said))
    ends = [*(m.start() for m in marks), len(said)][1:]
    chunks = [(m, said[m.end() : end].strip(" |\n")) for m, end in zip(marks, ends, strict=True)]
    return [(int(m[1]), [chunk.partition("\n")[0].rstrip(" |"), chunk]) for m, chunk in chunks]


def _of_json(said: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the numbers and values of the first JSON object or list that a text has."""
    for begin in (m.start() for m in re.finditer(r"[\[{]", said)):
        try:
            value, _ = json.JSONDecoder().raw_decode(said[begin:])
        except ValueError:
            continue
        if isinstance(value, list):
            value = dict(enumerate(value, start=1))
        if (
            isinstance(value, dict)
            and len(value) == 1
            and isinstance(inner := next(iter(value.values())), dict)
        ):
            value = inner  # {"answers": {"1": "A", ...}}
        if isinstance(value, dict):
            yield from _numbered(value)
            return


def _numbered(value: dict[Any, Any]) -> Iterator[tuple[int, list[str]]]:
    for key, of in value.items():
        if number := re.search(r"\d+", str(key)):
            one = next(iter(of.values()), "") if isinstance(of, dict) else of
            yield int(number[0]), [str(one)]


def _of_pairs(said: str) -> Iterator[tuple[int, list[str]]]:
    """Yield what is left of a JSON object that is broken or cut."""
    if "{" in said:
        yield from ((int(m[1]), [m[3]]) for m in _PAIR.finditer(said))


def _in_turn(
    said: str, count: int, labels: str, options: Sequence[str]
) -> dict[int, dict[int, str]]:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    places = [named_place(line, labels, options) for line in lines]
    if len(lines) != count or min(places, default=-1) < 0:
        return {}
    return {i: {p: w} for i, (p, w) in enumerate(zip(places, lines, strict=True), start=1)}
