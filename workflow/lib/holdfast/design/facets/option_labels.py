"""What stands before an option, by which an answer names it."""

from typing import Literal

from holdfast.design.administration_modes import LETTERS

Labels = Literal["letters", "digits", "words"]
"""Levels of the facet `labels`; words: options have no labels and are named by their own words."""

DIGITS = "123456789"


def option_labels(level: str, count: int) -> str:
    """Return the labels of so many options, a character each; empty: they are named by their words."""
    return {"letters": LETTERS, "digits": DIGITS, "words": ""}[level][:count]
