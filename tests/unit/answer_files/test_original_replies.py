"""Which answers of the original study's newer protocol were drawn at random, told from its files' replies."""

from typing import Any

import numpy as np
import pytest

from holdfast.answer_files.original_replies import random_ones

THOUGHT = (
    "The person in the description keeps to what was agreed, and so do I, most of the time. " * 2
)


def told(replies: list[str], letters: str, logs: list[float] | None = None) -> Any:
    """Return what is told of one respondent's answers."""
    made = logs or [-100.0, -0.01, -100.0]
    data = {"generations": [{"pvq": replies}], "lprobs": [{"pvq": [made] * len(replies)}]}
    found = random_ones(data, "pvq", [list(letters)], 3)
    return found if found is None else found[0].tolist()


def test_in_a_chain_of_thought_the_letter_stands_after_the_one_cue() -> None:
    replies = [
        f"{THOUGHT}(A) is too much. Answer: (B)",
        f"{THOUGHT}So I would say (B).",  # no cue
        f"Answer: (A)? {THOUGHT} Answer: (B)",  # two
        f"{THOUGHT}Answer: it depends on the day and on the people, but (A)",  # too late
        f"{THOUGHT}Answer: (C) or (B)",  # the first in the alphabet
    ]
    assert told(replies, "BCABB") == [False, True, True, True, False]


def test_without_a_chain_of_thought_it_stands_anywhere() -> None:
    assert told(["(A)", "Answer: (C)", "like me", " (B) like me"], "ACBB") == [
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("replies", "letters"),
    [(["A", "C", "B"], "ACB"), (["(A)", "(C)"], "AB")],
    ids=["bare letters, the rule before", "another rule"],
)
def test_files_of_other_rules_tell_nothing(replies: list[str], letters: str) -> None:
    assert told(replies, letters) is None


def test_log_probabilities_of_a_model_are_never_drawn() -> None:
    assert told(["A", "x"], "AB", [-0.2, -1.9, -4.0]) == [False, False]
    assert random_ones({"answers": []}, "pvq", [["A"]], 3) is None


def test_a_reply_too_few_is_refused() -> None:
    data = {"generations": [{"pvq": ["(A)"]}], "lprobs": [{"pvq": [[-0.01, -100]]}]}
    with pytest.raises(ValueError, match="a reply for each answer"):
        random_ones(data, "pvq", [["A", "B"]], 2)
    assert np.array(random_ones(data, "pvq", [["A"]], 2)).shape == (1, 1)
