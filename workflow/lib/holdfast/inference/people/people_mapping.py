"""The mapping file of people's answers: which columns and codes of a survey's file mean what."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

from holdfast.design.instruments import Instrument
from holdfast.design.topics import NEUTRAL
from holdfast.errors import SLUG, StudyError, unknown
from holdfast.yaml_and_csv import Strict, read_yaml

CONTEXT, ITEM = "{context}", "{item}"
"""What stands for a wave's code and an item's number in names of columns."""

_WHOLE = re.compile(r"([+-]?\d+)\.0+")


def code_text(value: object) -> str:
    """Return a code as text, however a file holds it: 1, 1.0 and "1" are the same."""
    text = str(value).strip()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _coded(value: object) -> object:
    """Return a list of codes, or a mapping from codes, with the codes as text."""
    if isinstance(value, Mapping):
        return {code_text(k): v for k, v in value.items()}
    return [code_text(v) for v in value] if isinstance(value, list) else value


def _named(value: object) -> object:
    """Let a list of waves stand for a mapping in which each is called as its code."""
    return {code_text(v): code_text(v) for v in value} if isinstance(value, list) else _coded(value)


Column = Annotated[str, StringConstraints(min_length=1)]
ContextName = Annotated[str, StringConstraints(pattern=SLUG, max_length=80)]


class PeopleMapping(Strict):
    """A mapping file.

    `contexts` gives each wave's code and its name, in their order. `items` are the columns of the items (wide),
    or the items' codes in the column `item` (long); a text with {item} stands for all of them.
    """

    instrument: Annotated[str, StringConstraints(pattern=SLUG)]
    layout: Literal["wide", "long"] = "wide"
    header_rows: int = Field(1, ge=1, le=10)
    respondent: Column
    context: Column | None = None
    contexts: Annotated[dict[str, ContextName], BeforeValidator(_named)]
    group: Column | None = None
    items: Column | dict[int, Column] | None = None
    item: Column | None = None
    answer: Column | None = None
    codes: Annotated[dict[str, int] | None, BeforeValidator(_coded)] = None
    reversed: bool = False
    missing: Annotated[tuple[str, ...], BeforeValidator(_coded)] = ()

    @field_validator("items", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return {k: code_text(v) for k, v in value.items()} if isinstance(value, dict) else value

    @field_validator("contexts")
    @classmethod
    def _several(cls, value: dict[str, str]) -> dict[str, str]:
        if len(value) < 2:
            raise ValueError(
                "stability is between two waves or more, and this is one: {1: first, 2: second}"
            )
        names = list(value.values())
        if twice := [n for n in names if names.count(n) > 1]:
            raise ValueError(f"two waves have the name '{twice[0]}'")
        if NEUTRAL in names:
            raise ValueError(f"'{NEUTRAL}' is the name of the context without a conversation")
        return value

    def waves_in_columns(self) -> bool:
        """Tell whether every wave has columns of its own."""
        given = self.items.values() if isinstance(self.items, dict) else [self.items or ""]
        return self.layout == "wide" and all(CONTEXT in name for name in given)

    def item_names(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the column of each item, or in a long file its code in the column `item`."""
        if isinstance(self.items, dict):
            return self.items
        pattern = self.items or ITEM
        return {n: pattern.replace(ITEM, str(n)) for n in numbers}

    def columns(self, numbers: Sequence[int]) -> dict[str, str]:
        """Return the columns that are read, each with the key that names it."""
        own = {
            key: getattr(self, key) for key in ("respondent", "context", "group", "item", "answer")
        }
        found = {name: key for key, name in own.items() if name is not None}
        for number, name in self.item_names(numbers).items() if self.layout == "wide" else ():
            at = "items" if isinstance(self.items, str) else f"items.{number}"
            for code in self.contexts if self.context is None else [""]:
                found[name.replace(CONTEXT, code)] = at
        return found

    def ratings(self, scale: Sequence[int]) -> dict[str, int]:
        """Return the rating behind each code: as the codes say, reversed, or the code itself."""
        if self.codes is not None:
            return self.codes
        ends = min(scale) + max(scale)
        return {str(ends - r if self.reversed else r): r for r in scale}


def _keys_fit(mapping: PeopleMapping) -> str:
    """Return why the keys of a mapping do not fit each other; empty: they do."""
    if mapping.codes is not None and mapping.reversed:
        return (
            "reversed: the codes already say what each answer means. Leave reversed or codes out."
        )
    long = mapping.layout == "long"
    for name in ("item", "answer"):
        if long and getattr(mapping, name) is None:
            return f"{name}: is missing: the name of a column, which layout: long needs."
        if not long and getattr(mapping, name) is not None:
            return f"{name}: is for layout: long. A wide file has a column for each item."
    if not long and mapping.items is None:
        return (
            "items: is missing: the column of each item, which layout: wide needs, as {1: NAME, 2: NAME} or a "
            "text with {item}."
        )
    if (mapping.context is None) != mapping.waves_in_columns():
        return (
            "context: the waves are told either by a column, which this key names, or by {context} in all "
            "names of items, where every wave has columns of its own. Give one of the two."
        )
    return ""


def read_people_mapping(path: Path, instruments: Mapping[str, Instrument]) -> PeopleMapping:
    """Return a mapping file that fits its questionnaire.

    Args:
        path: the file.
        instruments: the study's questionnaires by name.

    Raises:
        StudyError: it does not fit the schema, or names items, ratings or a questionnaire that are not there.
    """
    mapping = read_yaml(path, PeopleMapping)
    if wrong := _keys_fit(mapping):
        raise StudyError(f"{path}: {wrong}")
    if mapping.instrument not in instruments:
        raise unknown(str(path), "instrument", mapping.instrument, instruments)
    check_fit(path, mapping, instruments[mapping.instrument])
    return mapping


def check_fit(path: Path, mapping: PeopleMapping, instrument: Instrument) -> None:
    """Raise StudyError if a mapping does not fit its questionnaire's items and scale."""
    numbers, scale = instrument.numbers(), sorted(instrument.ratings())
    if isinstance(mapping.items, dict):
        for number in mapping.items:
            if number not in numbers:
                raise unknown(str(path), "items", number, numbers)
        if left := [n for n in numbers if n not in mapping.items]:
            raise StudyError(
                f"{path}: items: item {left[0]} of '{instrument.name}' is not there. Each of its "
                f"{len(numbers)} items needs its name."
            )
    names = list(mapping.item_names(numbers).values())
    if twice := [name for name in names if names.count(name) > 1]:
        raise StudyError(
            f"{path}: items: '{twice[0]}' stands for two items. Each needs a name of its own: for all of them "
            "at once, a text with {item}."
        )
    for code, rating in (mapping.codes or {}).items():
        if rating not in scale:
            raise StudyError(
                f"{path}: codes.{code}: {rating} is no rating of '{instrument.name}'. Allowed: "
                f"{', '.join(map(str, scale))}."
            )
    if both := [code for code in mapping.missing if code in mapping.ratings(scale)]:
        raise StudyError(
            f"{path}: missing: the code {both[0]} is also an answer on the scale of '{instrument.name}'. Take "
            "it out of one of the two."
        )
