"""Response scales and scoring keys: what an option counts as, and which items count for what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field

from holdfast.errors import StudyError
from holdfast.yaml_and_csv import Strict

JOINT = " × "
"""Joins names in the table of estimates, so no value's name may have it."""

NO_RATING = -1000
"""Below it are the codes of options that are no rating, where an option's rating would stand."""


class Option(Strict):
    """One option: a step of the response scale, or a reply that is no rating, such as "I can't say"."""

    rating: int | None = Field(None, gt=NO_RATING)
    text: Annotated[str, Field(min_length=1)]
    missing: bool = False


@dataclass(frozen=True)
class KeyedItem:
    """An item as one value counts it.

    Attributes:
        item: its number.
        value: the value's name.
        reversed: does a high rating speak against the value?
    """

    item: int
    value: str
    reversed: bool


def is_rating(code: float) -> bool:
    """Tell whether what stands for an option is a rating, and not the code of an option that is none."""
    return code > NO_RATING


def option_codes(options: Iterable[Option]) -> list[int]:
    """Return what stands for each option: its rating; -1001, -1002, … for options that are no rating."""
    codes, others = list[int](), NO_RATING
    for option in options:
        others -= option.rating is None
        codes.append(others if option.rating is None else option.rating)
    return codes


def keyed_items(values: Mapping[str, Sequence[int]]) -> list[KeyedItem]:
    """Return the items of a key by number, one for each value that counts it; -2 is item 2, reversed."""
    found = [KeyedItem(abs(i), value, i < 0) for value, items in values.items() for i in items]
    return sorted(found, key=lambda keyed: keyed.item)


def check_options(path: Path, options: Sequence[Option], scale: Sequence[int]) -> None:
    """Check the options of a questionnaire.

    Args:
        path: its file, for messages.
        options: in the order in which they are listed.
        scale: the ratings that the key expects; empty: as the options.

    Raises:
        StudyError: an option is a rating and none, or neither; two are the same; fewer than two are ratings;
            or they go neither up nor down.
    """
    ratings = [o.rating for o in options if o.rating is not None]
    texts = [o.text for o in options]
    for option in options:
        if (option.rating is None) != option.missing:
            raise StudyError(
                f"{path}: options: '{option.text}' has {'no rating' if option.rating is None else 'both'}. "
                "Allowed: a rating, or missing: true for an option that is no rating."
            )
    if len(set(ratings)) < len(ratings) or len(set(texts)) < len(texts):
        raise StudyError(f"{path}: options: two options have the same rating or the same text.")
    if len(ratings) < 2:
        raise StudyError(
            f"{path}: options: {len(ratings)} of {len(options)} have a rating. Allowed: at least two."
        )
    if scale and sorted(scale) != sorted(ratings):
        raise StudyError(
            f"{path}: options: there are {len(ratings)} options with the ratings {sorted(ratings)}, but "
            f"the scale has {len(scale)} steps: {sorted(scale)}."
        )
    falls = ratings[0] > ratings[1]
    if wrong := [(a, b) for a, b in pairwise(ratings) if (a > b) != falls]:
        raise StudyError(
            f"{path}: options: {wrong[0][0]} stands before {wrong[0][1]}, but {ratings[0]} before "
            f"{ratings[1]}. They go from the highest rating to the lowest, or from the lowest to the highest."
        )


def check_key(
    path: Path, values: Mapping[str, Sequence[int]], unscored: Sequence[int], texts: Path,
    items: Sequence[int],
) -> None:  # fmt: skip
    """Check the scoring key of a questionnaire.

    Args:
        path: its file, for messages.
        values: each value's items; with a minus, reversed.
        unscored: items that no value counts.
        texts: the file of item texts, for messages.
        items: the numbers of the items there.

    Raises:
        StudyError: the key does not fit itself or the items.
    """
    for value, key in values.items():
        _check_value(path, value, key)
    keyed = keyed_items(values)
    if both := [k for k in keyed if k.item in unscored]:
        raise StudyError(
            f"{path}: unscored: item {both[0].item} is also in values.{both[0].value}. Leave it out of one "
            "of them."
        )
    used = {k.item for k in keyed} | set(unscored)
    if missing := sorted(used - set(items)):
        raise StudyError(f"{texts}: item {missing[0]} is missing; {path} has it in its key.")
    if extra := sorted(set(items) - used):
        raise StudyError(
            f"{path}: values: item {extra[0]} of {texts} belongs to no value. List it under `unscored` if "
            "it is asked but counts for none."
        )


def _check_value(path: Path, value: str, key: Sequence[int]) -> None:
    """Check one value's name and items."""
    numbers = [abs(i) for i in key]
    if JOINT in value or not value:
        raise StudyError(
            f"{path}: values: '{value}': a name must not be empty or have '{JOINT}' in it."
        )
    if not key:
        raise StudyError(f"{path}: values.{value}: has no items.")
    if 0 in numbers:
        raise StudyError(
            f"{path}: values.{value}: 0 is no item. Allowed: an item's number, with a minus if it is reversed, "
            "as in [1, -2]."
        )
    if twice := sorted({i for i in numbers if numbers.count(i) > 1}):
        raise StudyError(f"{path}: values.{value}: item {twice[0]} stands there twice.")


def remarks(
    options: Sequence[Option], values: Mapping[str, Sequence[int]], unscored: Sequence[int]
) -> list[str]:
    """Return what a reader of a questionnaire's scores should know of its options and its key."""
    keyed, said = keyed_items(values), []
    ratings = sorted(o.rating for o in options if o.rating is not None)
    if len({b - a for a, b in pairwise(ratings)}) > 1:
        said.append(f"the ratings {', '.join(map(str, ratings))} are not evenly spaced")
    if turned := sum(k.reversed for k in keyed):
        said.append(f"{turned} reversed")
    if twice := sorted({a.item for a, b in pairwise(keyed) if a.item == b.item}):
        said.append(f"items of several values: {', '.join(map(str, twice))}")
    if unscored:
        said.append(f"items of no value: {', '.join(map(str, sorted(unscored)))}")
    if others := [o.text for o in options if o.rating is None]:
        said.append(f"options that are no rating: {'; '.join(others)}")
    return said
