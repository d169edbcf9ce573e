"""Which option an answer names, by its words or its tokens; what is unclear names none."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.inference.prompting.reply_letters import (
    Token,
    named_letter,
    named_option,
    option_logprobs,
)

LETTERS = "ABCDEF"
OPTIONS = [
    "somewhat like me", "not like me at all", "very much like me", "not like me", "like me", "a little like me",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("C", "C"),
        (" C.\n", "C"),
        ("(C)", "C"),
        ("( c )", "C"),
        ("Answer: C", "C"),
        ("Answer: (C)", "C"),
        ("C) very much like me", "C"),
        ("I choose (C).", "C"),
        ("(C), yes, (C)!", "C"),
        ("Very much like me.", "C"),
        ("I would say: like me", "E"),
        ("Not like\nme", "D"),
        ("Hm.\n not like me \nThat is all.", "D"),
        ("F: a little like me", "F"),
        ("(C) very much like me. Others are not like me.", "C"),
    ],
)
def test_a_letter_or_the_option_s_own_text_names_it(text: str, letter: str) -> None:
    assert named_option(text, LETTERS, OPTIONS) == letter


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "(A) or (B)",
        "(A) very much like me",
        "C. No: (D)",
        "like me, or not like me",
        "Like me. Or not like me.",
        "Like me.\nThough somewhat like me at times.",
        "This is really not like me in any way",
        "A horse",
        "A dog, that is what I am",
        "I think that he is like me in that",
        "(G)",
        "G",
        "Answer",
        "c",
        "Answer with one letter",
    ],
)
def test_what_is_unclear_names_nothing(text: str) -> None:
    assert named_option(text, LETTERS, OPTIONS) == ""


@given(st.permutations(OPTIONS), st.integers(0, 5))
def test_letter_and_text_agree_whatever_the_order(options: list[str], place: int) -> None:
    """Each alone and both together name the option; a letter with another option's text names none."""
    letter, own, other = LETTERS[place], options[place], options[(place + 1) % 6]
    for text in (f"({letter})", own, f"({letter}) {own}", f"{letter}. {own.capitalize()}."):
        assert named_option(text, LETTERS, options) == letter
    assert named_option(f"({letter}) {other}", LETTERS, options) == ""


@given(st.text())
def test_any_text_names_one_of_the_options_or_none(text: str) -> None:
    assert named_option(text, LETTERS, OPTIONS) in {*LETTERS, ""}


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A", "A"), (" (B)", "B"), ("Answer: (C)", "C"), ("D.", "D"), ("E) like me", "E"), ("(f)", "F"),
        ("F - not at all", "F"), ("I would say (B) here.", "B"), ("A) or B)", "A"), ("Answer: (C", "C"),
        ("A horse walks in", ""), ("", ""), ("(G)", ""), ("Between (A) and (B).", ""), ("Because", ""),
        ("I am like that", ""),
    ],
)  # fmt: skip
def test_letter_that_a_reply_names(text: str, letter: str) -> None:
    assert named_letter(text, "ABCDEF") == letter


def test_log_probabilities_of_a_reply() -> None:
    half = math.log(0.5)
    tokens = [
        Token(" (", {}),
        Token("B", {"B": half, " B": math.log(0.25), "C": math.log(0.1), "x": -9.0}),
    ]
    found = option_logprobs(tokens, "ABC")
    assert math.isnan(found[0]) and found[1:] == pytest.approx([math.log(0.75), math.log(0.1)])
    article = [Token(" A", {"A": half}), Token(" horse", {})]
    assert option_logprobs(article, "ABC") == ()
    assert option_logprobs([Token("Well", {}), Token("A", {"A": half})], "ABC") == ()
    assert option_logprobs([], "ABC") == ()
