"""Instruments: the questionnaires, their items, scales, forms and scoring keys."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from holdfast.atomic_writes import write_whole
from holdfast.design.administration_modes import (
    LETTERS,
    Choosing,
    ItemList,
    Protocol,
    check_protocol,
    items_of,
)
from holdfast.design.frameworks import Joined, check_joined, check_values
from holdfast.design.item_templates import read_filled
from holdfast.design.personas import FORMS
from holdfast.design.scoring_keys import (
    KeyedItem,
    Option,
    check_key,
    check_options,
    keyed_items,
    option_codes,
)
from holdfast.errors import StudyError, unknown
from holdfast.languages import DEFAULT, Language
from holdfast.yaml_and_csv import (
    Strict,
    check,
    inside,
    lines_of_twice,
    read_mapping,
    read_rows,
    read_text,
)

NOT_INSTRUMENTS = {"personas", "topics", "texts", "prompts", "models", "miniatures", "reference"}
OBSERVER_FORM = "_observer"
"""What the name of a questionnaire's form for observers has after the questionnaire's own."""
BEHAVIOUR = "behaviour"
"""The framework of tasks: what a respondent does, where other questionnaires ask what it values."""


class ItemTexts(Strict):
    """One row of the file of item texts; a form that the file does not have is empty."""

    item: int = Field(ge=1)
    female: str = ""
    male: str = ""
    neutral: str = ""


class InstrumentFile(Strict):
    """resources/*/NAME.yaml."""

    name: str
    title: str
    framework: str
    items: Path
    wording: Literal["own", "official"]
    source: str
    licence: str
    language: Language = DEFAULT
    introduction: str
    question: str
    scale: list[int] = Field([], description="the ratings the key expects; empty: as the options")
    options: list[Option] = Field(min_length=2, max_length=len(LETTERS))
    values: dict[str, list[int]] = Field(
        min_length=1, description="each value's items; with a minus, reversed"
    )
    unscored: list[Annotated[int, Field(ge=1)]] = Field(
        [], description="items that are asked but belong to no value"
    )
    centred: bool = Field(True, description="scores are less the respondent's mean rating")
    template: str | None = Field(
        None, description="an item's text with {column} for columns of the file of items"
    )
    protocol: Protocol = "independent"
    lists: tuple[ItemList, ...] = ()
    choosing: Choosing | None = None
    observes: str = Field(
        "", description="the questionnaire of which this is the form for observers; empty: of none"
    )
    joined: Joined | None = Field(
        None, description="how the values make those of a framework with fewer"
    )


class Instrument(Strict):
    """A questionnaire, complete and checked.

    `values` maps a value's name to its items, or in a task a group's; an item with a minus is reversed, and
    the items of `unscored` belong to none. `options` go from one end of the scale to the other, and may
    include some that are no rating. `centred` tells whether scores are less the respondent's mean rating.
    `lists` and `choosing` are there if the protocol is cumulative, `joined` if the values also make those of
    another framework. `observes` names the questionnaire of which it is the form that observers fill in about
    somebody else.
    """

    name: str
    title: str
    framework: str
    wording: Literal["own", "official"]
    source: str
    licence: str
    introduction: str
    question: str
    options: list[Option]
    values: dict[str, list[int]]
    items: list[ItemTexts]
    unscored: list[int] = Field([])
    centred: bool = True
    language: Language = DEFAULT
    protocol: Protocol = "independent"
    lists: tuple[ItemList, ...] = ()
    choosing: Choosing | None = None
    observes: str = ""
    joined: Joined | None = None

    def is_task(self) -> bool:
        """Tell whether it is a task, in which a respondent does something."""
        return self.framework == BEHAVIOUR

    def value_of(self) -> dict[int, str]:
        """Return each item's value: of several the first, and an empty name for an item of none."""
        found = dict.fromkeys(self.unscored, "")
        for value, items in self.values.items():
            for item in items:
                found.setdefault(abs(item), value)
        return found

    def key(self) -> list[KeyedItem]:
        """Return the items that count for values, by number; an item of two values stands there twice."""
        return keyed_items(self.values)

    def reversed_items(self) -> set[int]:
        """Return the items that are reversed in the value of `value_of`."""
        value = self.value_of()
        return {k.item for k in self.key() if k.reversed and k.value == value[k.item]}

    def has_both_directions(self) -> bool:
        """Tell whether some value has items that are reversed and items that are not."""
        return any(min(items) < 0 < max(items) for items in self.values.values())

    def numbers(self) -> list[int]:
        """Return the items' numbers, in their order; there may be gaps, as in the SVS."""
        return [row.item for row in self.items]

    def ratings(self) -> list[int]:
        """Return the ratings of the options that have one, in their order."""
        return [option.rating for option in self.options if option.rating is not None]

    def codes(self) -> list[int]:
        """Return what stands for each option in the tables: its rating, or the code of one that is none."""
        return option_codes(self.options)

    def ends(self) -> int:
        """Return the sum of the lowest and the highest rating: less a rating, it is the reversed one."""
        return min(self.ratings()) + max(self.ratings())

    def places(self) -> dict[str, list[int]]:
        """Return each value's items by their place in the key, from 1, without gaps."""
        place = {(k.value, k.item): at for at, k in enumerate(self.key(), start=1)}
        return {v: [place[v, abs(i)] for i in items] for v, items in self.values.items()}

    def letters(self) -> str:
        """Return the letters of the options, in the order in which they are shown."""
        return LETTERS[: len(self.options)]

    def listed(self) -> list[list[int]]:
        """Return the numbers of each list's items; no lists where every item is asked by itself."""
        return items_of(self.lists, self.numbers())

    def questions(self) -> int:
        """Return how many questions one administration has: its items, and two choices from each list."""
        return len(self.items) + 2 * len(self.lists)


def find_instrument(resources: Path, name: str) -> Path:
    """Return the path of an instrument's file, resources/*/NAME.yaml."""
    files = {
        p.stem: p
        for p in sorted(resources.glob("*/*.yaml"))
        if p.parent.name not in NOT_INSTRUMENTS
    }
    if name not in files:
        raise unknown(str(resources), "instruments", name, files)
    return inside(files[name], resources.parent, str(resources))


def read_instrument(path: Path, items: Path | None = None, sha256: str | None = None) -> Instrument:
    """Return an instrument.

    Args:
        path: the instrument's file.
        items: another file of item texts than the instrument's own, as the official one.
        sha256: the checksum that the file of item texts must have.

    Raises:
        StudyError: a file does not fit the schema, or key, scale, lists and items do not fit each other.
    """
    written = _written(path)
    if written.name != path.stem:
        raise StudyError(
            f"{path}: name: '{written.name}' is not the file's name. Allowed: {path.stem}."
        )
    texts = _texts_file(path, written, items)
    rows = _item_texts(path, written.template, texts)
    if sha256 is not None and (found := hashlib.sha256(texts.read_bytes()).hexdigest()) != sha256:
        raise StudyError(
            f"{texts}: has the checksum {found}, but the study asks for sha256: {sha256}."
        )
    check_options(path, written.options, written.scale)
    numbers = sorted(r.item for r in rows)
    check_key(path, written.values, written.unscored, texts, numbers)
    check_values(path, written.framework, written.values)
    if written.joined is not None:
        check_joined(path, list(written.values), written.joined)
    check_protocol(path, written.protocol, written.lists, written.choosing, numbers)
    if written.lists and (wrong := [k.item for k in keyed_items(written.values) if k.reversed]):
        raise StudyError(
            f"{path}: values: item {wrong[0]} is reversed, which the protocol 'cumulative' has no place for."
        )
    wording: Literal["own", "official"] = "official" if items else written.wording
    shared = written.model_dump(exclude={"items", "scale", "wording", "template"})
    return Instrument(**shared, wording=wording, items=sorted(rows, key=lambda r: r.item))


def _written(path: Path) -> InstrumentFile:
    """Return what an instrument's file says; one for observers adds to the one that it is of."""
    own = read_mapping(path)
    of = own.get("observes")
    if isinstance(of, str) and of and of != path.stem:
        other = inside(path.with_name(f"{of}.yaml"), path.parent.parent, f"{path}: observes")
        own = read_mapping(other) | own
    return check(InstrumentFile, own, path)


def _texts_file(path: Path, written: InstrumentFile, items: Path | None) -> Path:
    """Return the file of item texts: another one where that is given, else the instrument's own."""
    return items or inside(path.parent / written.items, path.parent.parent, f"{path}: items")


def _item_texts(path: Path, template: str | None, texts: Path) -> list[ItemTexts]:
    """Return the items' texts as they stand in their file, or a template filled from it, in all forms."""
    if template is None:
        rows = _in_forms(texts)
    else:
        filled = read_filled(path, template, texts)
        rows = [(line, _in_all_forms(number, text)) for line, number, text in filled]
    if twice := lines_of_twice([(line, row.item) for line, row in rows]):
        raise StudyError(
            f"{texts}: item {twice[0]} stands there twice (lines {twice[1][0]} and {twice[1][1]})."
        )
    return [row for _, row in rows]


def _in_all_forms(number: int, text: str) -> ItemTexts:
    return ItemTexts(item=number, female=text, male=text, neutral=text)


def _in_forms(texts: Path) -> list[tuple[int, ItemTexts]]:
    """Return line and texts of every item, in the forms that the file has; neutral alone serves everybody.

    Raises:
        StudyError: as `read_rows`; the file has no form, or an item lacks one that others have.
    """
    rows = read_rows(texts, ItemTexts)
    forms = [form for form in FORMS if any(getattr(row, form) for _, row in rows)]
    if not forms:
        raise StudyError(
            f"{texts}: has no item texts. Allowed: the column 'neutral' alone, which serves everybody, or "
            f"one for each gender among the personas: {', '.join(FORMS)}."
        )
    for line, row in rows:
        if lacking := [form for form in forms if not getattr(row, form)]:
            raise StudyError(
                f"{texts}: line {line}: item {row.item} has no text in the column '{lacking[0]}', which others "
                "have. Fill it, or leave the column out."
            )
    if forms == ["neutral"]:
        return [(line, _in_all_forms(row.item, row.neutral)) for line, row in rows]
    return rows


def load_instrument(
    resources: Path, name: str, items: Path | None = None, sha256: str | None = None
) -> Instrument:
    """Return an instrument by its name; arguments and errors as `read_instrument`."""
    return read_instrument(find_instrument(resources, name), items, sha256)


def texts_file(resources: Path, name: str, items: Path | None = None) -> Path:
    """Return the file of an instrument's item texts; arguments and errors as `load_instrument`."""
    path = find_instrument(resources, name)
    return _texts_file(path, _written(path), items)


def write_instrument(instrument: Instrument, output: Path) -> None:
    """Write the complete instrument as JSON, for the rooms that follow; without what is as by default."""
    text = instrument.model_dump_json(indent=1, exclude_defaults=True) + "\n"
    write_whole(output, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_design_instrument(path: Path) -> Instrument:
    """Return an instrument that `write_instrument` wrote; raise StudyError if it can't be read."""
    try:
        return Instrument.model_validate_json(read_text(path))
    except ValidationError:
        raise StudyError(f"{path}: is no questionnaire. Remove it to make it anew.") from None
