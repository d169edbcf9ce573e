"""How a questionnaire is gone through: every item by itself, or list by list as the SVS (methods 3)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field

from holdfast.errors import StudyError
from holdfast.yaml_and_csv import Strict

Protocol = Literal["independent", "cumulative"]
End = Literal["most", "least"]
ENDS: tuple[End, ...] = get_args(End)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FEWEST = 3  # items of a list: the most important, the least important, and one more

Text = Annotated[str, Field(pattern=r"\S")]


class ItemList(Strict):
    """One list of a cumulative questionnaire: the items whose numbers are from first to last."""

    first: int = Field(ge=1)
    last: int = Field(ge=1)


class Choosing(Strict):
    """What is asked before the items of a list are rated."""

    introduction: Text
    most: Text
    least: Text


def items_of(lists: Sequence[ItemList], items: Sequence[int]) -> list[list[int]]:
    """Return the numbers of each list's items, in their order."""
    return [[i for i in items if part.first <= i <= part.last] for part in lists]


def check_protocol(
    path: Path, protocol: Protocol, lists: Sequence[ItemList], choosing: Choosing | None,
    items: Sequence[int],
) -> None:  # fmt: skip
    """Check that a questionnaire's protocol, lists and items fit each other.

    Args:
        path: the questionnaire's file, for messages.
        protocol: how it is gone through.
        lists: its lists.
        choosing: what is asked of a whole list.
        items: the numbers of all items.

    Raises:
        StudyError: a list is too short or too long, an item is in none or in two, or a key is missing.
    """
    given = {"lists": bool(lists), "choosing": choosing is not None}
    cumulative = protocol == "cumulative"
    if wrong := [key for key, there in given.items() if there != cumulative]:
        need = "needs it" if cumulative else "has none; it is for 'protocol: cumulative'"
        raise StudyError(f"{path}: {wrong[0]}: the protocol '{protocol}' {need}.")
    for part, own in zip(lists, items_of(lists, items), strict=True):
        if not FEWEST <= len(own) <= len(LETTERS):
            raise StudyError(
                f"{path}: lists: the one from {part.first} to {part.last} has {len(own)} items. "
                f"Allowed: {FEWEST} to {len(LETTERS)}, a letter each."
            )
    _check_cover(path, lists, items if cumulative else [])


def _check_cover(path: Path, lists: Sequence[ItemList], items: Sequence[int]) -> None:
    for item in items:
        held = sum(part.first <= item <= part.last for part in lists)
        if held != 1:
            where = "no list" if not held else f"{held} lists"
            raise StudyError(f"{path}: lists: item {item} is in {where}; it must be in one.")
