"""The letters' log-probabilities in a reply's tokens."""

import math

import pytest

from holdfast.inference.prompting.token_letters import Token, option_logprobs

HALF = math.log(0.5)


def test_log_probabilities_of_a_reply() -> None:
    tokens = [
        Token(" (", {}),
        Token("B", {"B": HALF, " B": math.log(0.25), "C": math.log(0.1), "x": -9.0}),
    ]
    found = option_logprobs(tokens, "ABC")
    assert math.isnan(found[0]) and found[1:] == pytest.approx([math.log(0.75), math.log(0.1)])


@pytest.mark.parametrize(
    "words",
    [["A", " horse"], ["Well", "A"], ["I say ", "(", "A", ")"], ["A", " or", " B"], ["A", ",", " B"], []],
)  # fmt: skip
def test_no_place_to_read_them(words: list[str]) -> None:
    assert option_logprobs([Token(w, {"A": HALF}) for w in words], "ABC") == ()


@pytest.mark.parametrize(
    ("words", "top"),
    [(["**", "B", "**"], "B"), (["Answer", ":", " **", "B"], "B"), (["（", "B", "）"], "B"), (["(B)"], "(B"),
     (["b"], "b"), (["$", "\\boxed{", "B", "}$"], "B"), (["*", "*B", "**"], "*B")],
)  # fmt: skip
def test_marks_before_the_letter_are_passed_over(words: list[str], top: str) -> None:
    tokens = [Token(w, {top: HALF, "?": -3.0}) for w in words]
    assert option_logprobs(tokens, "ABC")[1] == HALF


def test_a_place_at_which_no_letter_is_likely_is_none() -> None:
    assert option_logprobs([Token("B", {"?": HALF})], "ABC") == ()
    assert option_logprobs([Token("x", {"B": HALF})], "ABC", begun=True)[1] == HALF
