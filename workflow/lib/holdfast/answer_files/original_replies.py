"""Which answers the original study's code drew at random, told from the replies that its files hold.

Since commit e3dd748 of flowersteam/value_stability, models reply freely, most of them after a chain of thought.
The code looks for "(A)" in the reply, in a chain of thought only in the first 40 characters after its one
"Answer:", and takes the first option in the alphabet that it finds. Where it finds none, it draws one. Its
files do not say so, but they hold the replies, and so the same reading tells it (models/utils.py and
models/vllmmodel.py there).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from holdfast.design.administration_modes import LETTERS

BoolArray = npt.NDArray[np.bool_]

MADE_UP = {-0.01, -100.0}
"""What the code writes as log-probabilities where it read a text: of the option taken, and of the others."""

CUE = "Answer:"
ANSWER_LENGTH = 40
"""Characters of a reply that are read after the cue."""

DIRECT_LENGTH = 100
"""More than the ten tokens have that a model may write without a chain of thought."""


def random_ones(
    data: Mapping[str, Any], test: str, letters: Sequence[Sequence[str]], options: int
) -> BoolArray | None:
    """Return which answers were drawn at random (respondents, items); None: the file does not tell.

    Args:
        data: the file.
        test: the name of the questionnaire in it.
        letters: the answers' letters, by respondent and item.
        options: how many an item has.

    Raises:
        ValueError: there are not as many replies as answers.
    """
    if not data.get("generations") or not data.get("lprobs"):
        return None
    replies = [
        ["" if text is None else str(text) for text in one[test]] for one in data["generations"]
    ]
    if [len(one) for one in replies] != [len(one) for one in letters]:
        raise ValueError("generations: there must be a reply for each answer")
    logs = {float(x) for one in data["lprobs"] for item in one[test] for x in item}
    if logs - MADE_UP:  # real ones: the letter is the most likely token, and never drawn
        return np.zeros((len(letters), len(letters[0])), dtype=bool)
    pairs = [
        (x, r)
        for row, own in zip(letters, replies, strict=True)
        for x, r in zip(row, own, strict=True)
    ]
    reasoned = max(len(reply) for _, reply in pairs) > DIRECT_LENGTH
    read = [_first(reply, options, reasoned) for _, reply in pairs]
    if any(found and found != letter for found, (letter, _) in zip(read, pairs, strict=True)):
        return None  # by another rule than this one
    bare = [(x, r) for x, r in pairs if re.fullmatch(r"\W*[A-Z]\W*", r) and f"({x})" not in r]
    if bare and all(letter in reply for letter, reply in bare):
        return None  # the rule before, which also read bare letters
    return np.array([not found for found in read]).reshape(len(letters), -1)


def _first(reply: str, options: int, reasoned: bool) -> str:
    """Return the letter that the original reads in a reply; empty: none."""
    if reasoned:
        parts = reply.split(CUE)
        reply = parts[1][:ANSWER_LENGTH] if len(parts) == 2 else ""
    return next((x for x in LETTERS[:options] if f"({x})" in reply), "")
