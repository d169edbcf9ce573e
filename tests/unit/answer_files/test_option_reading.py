"""What answers of every kind name: ratings, codes, letters, words, and replies."""

import pytest

from holdfast.answer_files.option_reading import Meaning, options_shown, read_option
from holdfast.answer_files.tool_records import Record, field_of, list_of
from holdfast.design.instruments import load_instrument
from holdfast.errors import StudyError
from projects import ROOT

PVQ = load_instrument(ROOT / "resources", "pvq21")
SIX_FIRST = [6, 5, 4, 3, 2, 1]
TURNED = [
    "not like me at all",
    "very much like me",
    "like me",
    "somewhat like me",
    "a little like me",
    "not like me",
]


def rating(
    said: object, texts: list[str] | None = None, *, labels: str = "letters", as_code: bool = False,
    codes: dict[str, int] | None = None, after: str = "",
) -> int | str:  # fmt: skip
    """Return the rating that an answer means, or its status."""
    ratings = codes or {str(r): r for r in SIX_FIRST}
    shown = options_shown(texts or [], PVQ, ratings, labels, "F: options")
    meaning = Meaning(ratings, frozenset({"77"}), as_code, after)
    place, status = read_option(said, shown, meaning, "F: answer", PVQ.name)
    return shown.codes[place] if place >= 0 else status


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (5, 5), (5.0, 5), ("5", 5), ("B", 5), ("(B)", 5), ("Like me.", 5), ("I'd go with **(B)**.", 5),
        ("", "empty"), (None, "empty"), (float("nan"), "empty"), (77, "empty"), ("None", "invalid"),
        ("(A) or (B)", "invalid"), ("7", "invalid"), ("<think>(A)</think> (F)", 1),
    ],
)  # fmt: skip
def test_replies(said: object, meant: int | str) -> None:
    assert rating(said) == meant


def test_letters_count_in_the_order_shown_and_ratings_do_not() -> None:
    assert rating("A", TURNED) == 1 and rating("B", TURNED) == 6 and rating("2", TURNED) == 2
    assert rating("2", TURNED, labels="digits") == 6
    assert (
        rating("A", TURNED, labels="none") == "invalid"
        and rating("like me", TURNED, labels="none") == 5
    )


def test_codes_of_the_mapping() -> None:
    codes = {"1": 6, "6": 1, "trifft zu": 5}
    assert rating("1", codes=codes) == 6 and rating("trifft zu", codes=codes, as_code=True) == 5
    shown = ["6", "5", "trifft zu", "3"]
    with pytest.raises(StudyError, match="F: options: '5' is no option of 'pvq21'"):
        rating("A", shown, codes=codes)


def test_only_what_comes_after_a_mark_is_read() -> None:
    reply = "It could be (A). But no.\nANSWER: C"
    assert rating(reply) == "invalid" and rating(reply, after="ANSWER:") == 4
    assert rating("(A)", after="ANSWER:") == "invalid"


def test_an_answer_that_must_be_a_code() -> None:
    assert rating("b", as_code=True) == 5 and rating(" Like me ", as_code=True) == 5
    with pytest.raises(StudyError, match="F: answer: 'I think B' is no answer to 'pvq21'"):
        rating("I think B", as_code=True)


def test_fields_are_found_whether_flat_or_within_others() -> None:
    record = Record("F: line 1", {"a.b": 1, "c": {"d": {"e": 2}}, "f": {"g.h": 3}})
    assert [field_of(record, name, "M: x") for name in ("a.b", "c.d.e", "f.g.h")] == [1, 2, 3]
    with pytest.raises(
        StudyError, match=r"F: line 1: .* 'c.d.x', which M: x names. Did you mean 'c.d.e'\?"
    ):
        field_of(record, "c.d.x", "M: x")


def test_lists_of_options_in_csv_tables() -> None:
    assert (
        list_of('["a", "b"]')
        == list_of("['a', 'b']")
        == list_of({"x": "a", "y": "b"})
        == ["a", "b"]
    )
    assert list_of("a, b") == list_of(None) == []
