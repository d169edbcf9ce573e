"""How a questionnaire's items are shown: each alone, with earlier answers in view, or all on one sheet."""

from collections.abc import Sequence
from typing import Literal

from holdfast.seeds import derive

Presentation = Literal["alone", "in_view", "lines", "json"]
"""Levels of the facet `presentation`."""

ItemOrder = Literal["numbered", "reversed", "shuffled"]
"""Levels of the facet `item_order`."""

SHEETS = ("lines", "json")
"""Presentations in which all items are answered at once, in one text."""


def in_order(level: str, numbers: Sequence[int], seed: int) -> list[int]:
    """Return items in the order in which they are shown.

    Args:
        level: numbered, reversed or shuffled.
        numbers: of the items, as the questionnaire has them.
        seed: of this administration, for `shuffled`.
    """
    if level == "reversed":
        return list(numbers)[::-1]
    if level == "shuffled":
        return sorted(numbers, key=lambda number: derive(seed, "place", number))
    return list(numbers)
