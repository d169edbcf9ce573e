"""Texts and numbers as they are shown."""

import math

import pytest

from holdfast.report.wording.text_format import (
    estimate_text,
    interval,
    listed,
    number,
    one_line,
    plus_minus,
    shortened,
    visible,
)


def test_control_characters_become_visible_signs() -> None:
    assert visible("a\x00b\x7f\n\t\x9b") == "a\u2400b\u2421\n\t\ufffd"


def test_what_turns_the_direction_of_text_is_replaced_and_letters_stay() -> None:
    assert visible("\u202eabc\u2067\u0634") == "\ufffdabc\ufffd\u0634"


def test_halves_of_surrogate_pairs_can_be_written_afterwards() -> None:
    assert visible("\ud83d").encode() == b"\xef\xbf\xbd"


def test_a_label_stands_on_one_line() -> None:
    assert one_line(" a\n\tb  c ") == "a b c"


def test_a_text_is_cut_at_a_word() -> None:
    assert shortened("one two three", 9) == "one two…"
    assert shortened("one", 9) == "one"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.424, ".42"),
        (-0.031, "−.03"),
        (1.0, "1.00"),
        (-0.001, ".00"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_numbers_are_written_as_the_field_does(value: float | None, text: str) -> None:
    assert number(value) == text


def test_an_interval_stands_in_brackets_or_not_at_all() -> None:
    assert interval(-0.1, 0.25) == "[−.10,\u00a0.25]"
    assert interval(math.nan, 0.25) == ""


def test_lists_are_joined_as_one_writes_them() -> None:
    assert [listed(p) for p in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_deviation_stands_beside_its_mean() -> None:
    assert plus_minus(-0.0157, 0.2, 3) == "−.016 ± .200"
    assert plus_minus(math.nan, math.nan, 3) == "–"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.9961, 2, ".996"),
        (-0.9961, 2, "−.996"),
        (1.0032, 2, "1.003"),
        (0.9949, 2, ".99"),
        (0.99999, 2, "1.000"),
        (1 + 1e-12, 2, "1.00"),
        (0.9996, 3, ".9996"),
    ],
)
def test_rounding_does_not_hide_the_distance_from_one(value: float, digits: int, text: str) -> None:
    assert number(value, digits) == text


def test_an_estimate_and_its_ends_have_the_same_digits() -> None:
    assert estimate_text(0.9984, 0.9961, 1.0) == ".998 [.996,\u00a01.000]"
    assert estimate_text(0.97, 0.9, 0.9961) == ".970 [.900,\u00a0.996]"
    assert estimate_text(1.0, 1.0, 1.0) == "1.00 [1.00,\u00a01.00]"
    assert estimate_text(0.424, 0.3, 0.5) == ".42 [.30,\u00a0.50]"
    assert estimate_text(0.424, math.nan, math.nan) == ".42"
    assert estimate_text(None, None, None) == "–"
