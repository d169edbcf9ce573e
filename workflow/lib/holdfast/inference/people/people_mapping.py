"""The mapping file of people's answers: which columns and codes of a survey's file mean what."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

from holdfast.design.instruments import Instrument
from holdfast.design.topics import NEUTRAL
from holdfast.errors import SLUG, StudyError, unknown
from holdfast.inference.people.coded_answers import (
    CodedAnswers,
    Column,
    ContextName,
    check_codes,
    named,
)
from holdfast.yaml_and_csv import read_yaml

CONTEXT = "{context}"
"""What stands for a wave's code in names of columns."""


class PeopleMapping(CodedAnswers):
    """A mapping file.

    `contexts` gives each wave's code and its name, in their order. `items` are the columns of the items (wide),
    or the items' codes in the column `item` (long); a text with {item} stands for all of them.
    """

    instrument: Annotated[str, StringConstraints(pattern=SLUG)]
    layout: Literal["wide", "long"] = "wide"
    header_rows: int = Field(1, ge=1, le=10)
    respondent: Column
    context: Column | None = None
    contexts: Annotated[dict[str, ContextName], BeforeValidator(named)]
    group: Column | None = None
    item: Column | None = None
    answer: Column | None = None

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


def _keys_fit(mapping: PeopleMapping) -> str:
    """Return why the keys of a mapping do not fit each other; empty: they do."""
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
    check_codes(path, mapping, instruments[mapping.instrument])
    return mapping
