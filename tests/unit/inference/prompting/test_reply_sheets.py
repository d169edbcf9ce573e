"""Sheets: what a reply to a whole questionnaire says of each item."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.design.facets.option_labels import option_labels
from holdfast.inference.prompting.reply_sheets import filled_sheet, sheet_places

SCALE = ("Very much like me", "Like me", "Not like me", "Not like me at all")


def places(text: str, count: int = 3, labels: str = "ABCD") -> list[int]:
    return [place for place, _ in sheet_places(text, count, labels, SCALE)]


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=60),
    st.sampled_from(["lines", "json"]),
    st.sampled_from(["letters", "digits", "words"]),
)
def test_what_is_filled_in_as_asked_is_read(chosen: list[int], form: str, kind: str) -> None:
    labels = option_labels(kind, len(SCALE))
    said = filled_sheet([labels[i] if labels else SCALE[i] for i in chosen], form)
    assert places(said, len(chosen), labels) == chosen


@pytest.mark.parametrize(
    "text",
    [
        "1: B\n2: D\n3: A",
        "1. (B)\n2. (D)\n3. (A)",
        "**1.** B\n**2.** D\n**3.** A",
        "1) Like me\n2) Not like me at all\n3) Very much like me",
        "1: (B) Like me\n\n2: (D) Not like me at all\n\n3: (A) Very much like me",
        "| 1 | B |\n| 2 | D |\n| 3 | A |",
        "Statement 1: B\nStatement 2: D\nStatement 3: A",
        "- 1 - B\n- 2 - D\n- 3 - A",
        "1 B\n2 D\n3 A",
        "B\nD\nA",
        "Here is what I think.\n1: B\n2: D\n3: A\nThank you!",
        "1. He likes what is new.\n   Answer: B\n2. He is careful.\n   Answer: D\n3. He rests.\n   Answer: A",
        json.dumps({"1": "B", "2": "D", "3": "A"}),
        "```json\n" + json.dumps({"1": "B", "2": "(D)", "3": "Very much like me"}, indent=2) + "\n```",
        json.dumps({"answers": {"1": "B", "2": "D", "3": "A"}}),
        json.dumps({"item 1": {"answer": "B"}, "item 2": {"answer": "D"}, "item 3": {"answer": "A"}}),
        json.dumps(["B", "D", "A"]),
        "{'1': 'B', '2': 'D', '3': 'A'}",
        "<think>\n1: C\n</think>\n\n1: B\n2: D\n3: A",
        "3: A\n1: B\n2: D",
    ],
)  # fmt: skip
def test_each_item_s_option_is_found(text: str) -> None:
    assert places(text) == [1, 3, 0]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1: B\n3: A", [1, -1, 0]),  # one is left out
        ("1: B\n2: D or A\n3: A", [1, -1, 0]),
        ("1: B\n2: D\n3: A\n2: C", [1, -1, 0]),  # two answers to one item
        ('{"1": "B", "2": "D", "3', [1, 3, -1]),  # cut
        ("<think>\n1: B\n2: D\n3: A", [-1, -1, -1]),  # a thought without an end
        ("B\nD", [-1, -1, -1]),  # which items?
        ("I agree with 2 of them.", [-1, -1, -1]),
        ("", [-1, -1, -1]),
        ("1: B\n2: D\n3: A\n4: C", [1, 3, 0]),  # there is no fourth
        ("1: Z\n2: D\n3: A", [-1, 3, 0]),
    ],
)
def test_what_is_not_said_is_not_read(text: str, read: list[int]) -> None:
    assert places(text) == read


def test_digits_are_told_from_the_items_numbers() -> None:
    assert places("1: 2\n2: 4\n3: 1", labels="1234") == [1, 3, 0]
    assert places("1. (2) Like me\n2. (4)\n3. 1", labels="1234") == [1, 3, 0]
