"""Facets: which levels are combined, what contexts are called, and which conversations they share."""

import pytest

from holdfast.design.contexts import context_rows
from holdfast.design.facets.facets import at_first, combinations, crossed, levels_of, twice

TOPICS = [{"topic": t, "domain": "social", "opening": f"{t}?"} for t in ("joke", "chess")]
TWO = {"wording": ["plain", "survey"], "option_order": ["drawn", "high_first", "low_first"]}


def names(rows: list[dict[str, object]], column: str = "context") -> list[object]:
    return [row[column] for row in rows]


@pytest.mark.parametrize("wording", ["plain", "survey"])
def test_a_study_of_one_wording_has_the_rows_that_it_had(wording: str) -> None:
    had = context_rows(TOPICS, 3, True, [1], True)
    assert context_rows(TOPICS, 3, True, [1], True, facets={"wording": [wording]}) == had
    assert "wording" not in had[0] and all(at_first(had)) and levels_of(had) == {}


def test_another_wording_has_conversations_of_its_own() -> None:
    levels = {"wording": ["plain", "survey"]}
    rows = context_rows(TOPICS[:1], 3, True, [1], True, facets=levels)
    assert names(rows) == ["none", "joke@1", "joke", "none~survey", "joke@1~survey", "joke~survey"]
    assert names(rows, "conversation") == [
        "",
        "joke",
        "joke",
        "~survey",
        "joke~survey",
        "joke~survey",
    ]
    assert names(rows, "wording") == ["plain"] * 3 + ["survey"] * 3
    assert at_first(rows) == [True] * 3 + [False] * 3 and levels_of(rows) == levels


def test_a_facet_of_the_questionnaire_shares_the_conversation() -> None:
    rows = crossed(context_rows(TOPICS[:1], 3, False, [1], True), TWO, "full")
    assert names(rows)[:6] == [
        f"joke{n}{x}" for n in ("@1", "") for x in ("", "~high_first", "~low_first")
    ]
    assert names(rows)[6:8] == ["joke@1~survey", "joke@1~survey~high_first"]
    assert names(rows, "conversation") == ["joke"] * 6 + ["joke~survey"] * 6
    assert sum(at_first(rows)) == 2 and levels_of(rows) == TWO
    assert len(set(names(rows))) == len(rows)


def test_single_puts_each_level_beside_the_first_alone() -> None:
    rows = crossed(context_rows(TOPICS[:1], 3, False), TWO, "single")
    assert names(rows) == ["joke", "joke~high_first", "joke~low_first", "joke~survey"]
    assert len(combinations(TWO, "full")) == 6 and len(combinations(TWO, "single")) == 4


def test_a_name_of_two_facets_is_found() -> None:
    assert twice({"a": ["x", "y"], "b": ["z", "y"]}) == "y"
    assert twice({"a": ["x", "y"], "b": ["z"]}) == ""
