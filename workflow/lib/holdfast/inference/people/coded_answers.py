"""What the codes of answers mean: the part of a mapping file that people's surveys and other tools share."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints, field_validator

from holdfast.design.instruments import Instrument
from holdfast.errors import SLUG, StudyError, unknown
from holdfast.yaml_and_csv import Strict

ITEM = "{item}"
"""What stands for an item's number in names of columns."""

Column = Annotated[str, StringConstraints(min_length=1)]
ContextName = Annotated[str, StringConstraints(pattern=SLUG, max_length=80)]

_WHOLE = re.compile(r"([+-]?\d+)\.0+")


def code_text(value: object) -> str:
    """Return a code as text, however a file holds it: 1, 1.0 and "1" are the same."""
    text = str(value).strip()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def coded(value: object) -> object:
    """Return a list of codes, or a mapping from codes, with the codes as text."""
    if isinstance(value, Mapping):
        return {code_text(k): v for k, v in value.items()}
    return [code_text(v) for v in value] if isinstance(value, list) else value


def named(value: object) -> object:
    """Let a list of contexts stand for a mapping in which each is called as its code."""
    return {code_text(v): code_text(v) for v in value} if isinstance(value, list) else coded(value)


class CodedAnswers(Strict):
    """Keys of a mapping file that say which items there are and what an answer's code means."""

    items: Column | dict[int, Column] | None = None
    codes: Annotated[dict[str, int] | None, BeforeValidator(coded)] = None
    reversed: bool = False
    missing: Annotated[tuple[str, ...], BeforeValidator(coded)] = ()

    @field_validator("items", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return {k: code_text(v) for k, v in value.items()} if isinstance(value, dict) else value

    def item_names(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the column of each item, or its code where a column has the items' codes."""
        if isinstance(self.items, dict):
            return self.items
        pattern = self.items or ITEM
        return {n: pattern.replace(ITEM, str(n)) for n in numbers}

    def ratings(self, scale: Sequence[int]) -> dict[str, int]:
        """Return the rating behind each code: as the codes say, reversed, or the code itself."""
        if self.codes is not None:
            return self.codes
        ends = min(scale) + max(scale)
        return {str(ends - r if self.reversed else r): r for r in scale}


def check_codes(path: Path, mapping: CodedAnswers, instrument: Instrument) -> None:
    """Raise StudyError if items, codes and missing do not fit a questionnaire, or each other."""
    if mapping.codes is not None and mapping.reversed:
        raise StudyError(
            f"{path}: reversed: the codes already say what each answer means. Leave reversed or codes out."
        )
    _check_items(path, mapping, instrument)
    scale = sorted(instrument.ratings())
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


def _check_items(path: Path, mapping: CodedAnswers, instrument: Instrument) -> None:
    numbers = instrument.numbers()
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
