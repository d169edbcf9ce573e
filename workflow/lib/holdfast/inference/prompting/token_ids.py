"""Tokens of letters, and tokens that prompts have in common."""

from collections.abc import Sequence
from typing import Any


def letter_ids(tokenizer: Any, letters: str) -> list[list[int]]:
    """Return, for each letter, every vocabulary id that decodes to it, with or without a space.

    Raises:
        ValueError: a letter has no id of its own.
    """
    decoded = tokenizer.batch_decode([[i] for i in range(len(tokenizer))])
    ids: dict[str, list[int]] = {letter: [] for letter in letters}
    for i, text in enumerate(decoded):
        if text.strip() in ids:
            ids[text.strip()].append(i)
    if missing := [letter for letter, found in ids.items() if not found]:
        raise ValueError(f"the tokenizer has no token for the letter {missing[0]}")
    return [ids[letter] for letter in letters]


def common_prefix(sequences: Sequence[list[int]]) -> int:
    """Return how many leading tokens all sequences share, leaving each at least one of its own."""
    limit = min(len(s) for s in sequences) - 1
    low, high = min(sequences), max(sequences)  # what these two share, all in between share
    return next((i for i in range(limit) if low[i] != high[i]), limit)
