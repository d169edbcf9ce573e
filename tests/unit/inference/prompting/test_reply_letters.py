"""Which option an answer names, by its words or its tokens; what is unclear names none."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.inference.prompting.reply_letters import named_option

CASES = Path(__file__).resolve().parents[3] / "cases"
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


def cases(name: str = "letters") -> list[tuple[str, str]]:
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [(row["reply"], row["letter"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(("text", "letter"), cases())
@pytest.mark.parametrize("options", [(), OPTIONS])
def test_replies_of_services(text: str, letter: str, options: list[str]) -> None:
    own = [o for o in OPTIONS if o != "like me"]
    among = [own[0], "like me", *own[1:]] if options else []
    assert named_option(text, LETTERS, among) == letter


@pytest.mark.parametrize(("text", "letter"), cases("letters_languages"))
def test_replies_in_other_languages(text: str, letter: str) -> None:
    assert named_option(text, "ABCDEFGHIJKLMNO", OPTIONS) == named_option(text, LETTERS) == letter


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A", "A"), (" (B)", "B"), ("D.", "D"), ("E) like me", "E"), ("(f)", "F"), ("Answer: (C", "C"),
        ("F - not at all", "F"), ("I would say (B) here.", "B"), ("B because I care", "B"),
        ("**(B)** like me", "B"), ("**Answer:** B", "B"), ("`B`", "B"), ("_B_", "B"), ("> B", "B"),
        ("'B'", "B"), ("“B”", "B"), ("«B»", "B"), ("【B】", "B"), ("[B]", "B"), ("{B}", "B"), ("((B))", "B"),
        ("Ⓑ", "B"), ("⒝", "B"), ("B。", "B"), ("\u200bB", "B"), ("<b>B</b>", "B"), ("<answer>B</answer>", "B"),
        ("$\\boxed{\\text{B}}$", "B"), ("\\(B\\)", "B"), ("Therefore \\boxed{B}.", "B"), ("### B", "B"),
        ("My choice is B.", "B"), ("I choose b", "B"), ("Option B fits me best.", "B"), ("option b.", "B"),
        ("The answer is **B** because I care.", "B"), ("答案：B", "B"), ("答案是B。", "B"), ("Antwort: B", "B"),
        ("Not (A), but (B)", "B"), ("The answer is not A. The answer is B.", "B"), ("b) like me", "B"),
        ("[THINK](C)[/THINK]B", "B"), ("hm, (C)?</think>\n\nB", "B"),
        ("A) or B)", ""), ("A or B", ""), ("B, C", ""), ("A/B", ""), ("Either A or B.", ""), ("(A) and B", ""),
        ("Not B.", ""), ("I would not choose B.", ""), ("not (B)", ""), 
        ("The answer is not B.", ""),
        ("The answer is a mystery", ""), ("The answer is A mystery", ""), ("C is tempting", ""),
        ("a horse", ""),
        ("Because", ""), ("I am like that", ""), ("Answer B or C", ""), ("(A) through (F)", ""),
        ("e.g. tea", ""),
        ("[THINK](C)", ""), ("vitamin C", ""), ("a", "A"),
    ],
)  # fmt: skip
def test_neighbours_of_these_replies(text: str, letter: str) -> None:
    assert named_option(text, LETTERS) == letter


@pytest.mark.parametrize(
    "text", ["I", "I don't know", "I, for one, like tea", "i.e. tea", "B. I value it", "I think that B. I do"]
)  # fmt: skip
def test_a_ninth_letter_is_also_a_word(text: str) -> None:
    wanted = {"I": "I", "B. I value it": "B"}
    assert named_option(text, "ABCDEFGHI") == wanted.get(text, "")
