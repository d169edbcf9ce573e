"""The order in which the options of an item are shown."""

import hashlib
from collections.abc import Sequence
from typing import Literal

from holdfast.design.scoring_keys import is_rating

Unit = Literal["item", "replicate", "fixed"]
OptionOrder = Literal["drawn", "high_first", "low_first"]
"""Levels of the facet `option_order`; drawn: as the unit says."""

DRAWN: OptionOrder = "drawn"


def option_order(
    unit: Unit,
    seed: int,
    ratings: Sequence[int],
    replicate: int,
    respondent: str,
    context: str,
    item: int | str,
) -> tuple[int, ...]:
    """Return the ratings in the order in which their options are shown, as (A), (B), ….

    Args:
        unit: `item`: an order for each respondent, item and context, as in the original study;
            `replicate`: one for each respondent and item in a replicate, the same in all contexts;
            `fixed`: the scale's own order for all (methods 3.2).
        seed: the study's seed.
        ratings: what stands for the scale's options, in its own order.
        replicate: which repetition.
        respondent: who answers.
        context: what precedes the questionnaire.
        item: the item's number, or which choice from a list; then the "ratings" are its items' numbers.
    """
    if unit == "fixed":
        return tuple(ratings)
    about = (seed, "option order", replicate, respondent, context if unit == "item" else "", item)
    text = "\x1f".join(str(a) for a in about).encode()
    # four bytes of hash an option are its sort key: a uniform permutation, and the same on any machine
    keys = hashlib.blake2b(text).digest() + hashlib.blake2b(text + b"\x1f").digest()
    order = sorted(range(len(ratings)), key=lambda i: keys[4 * i : 4 * i + 4])
    return tuple(ratings[i] for i in order)


def from_one_end(level: str, codes: Sequence[int]) -> tuple[int, ...]:
    """Return the ratings from the highest (high_first) or from the lowest (low_first); then what is none."""
    ratings = sorted((c for c in codes if is_rating(c)), reverse=level == "high_first")
    return (*ratings, *(c for c in codes if not is_rating(c)))
