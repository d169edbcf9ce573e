"""What a message about a mistake holds."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from holdfast.errors import StudyError, nearest, shown, unknown
from holdfast.yaml_and_csv import Strict, check


class Inner(Strict):
    size: int = Field(1, ge=0)
    order: Literal["item", "fixed"] = "item"


class Outer(Strict):
    name: str
    inner: Inner = Inner()
    many: list[Inner] = Field([])
    either: Inner | str = ""
    named: dict[str, Inner] = Field({})


def complaint(data: object) -> str:
    with pytest.raises(StudyError) as caught:
        check(Outer, data, "a.yaml")
    return str(caught.value)


def test_nearest_names_the_closest_and_all_allowed():
    assert (
        nearest("grammer", ["joke", "grammar"]) == "Did you mean 'grammar'? Allowed: joke, grammar."
    )


def test_nearest_does_not_guess_wildly():
    assert nearest("xyz", ["joke", "grammar"]) == "Allowed: joke, grammar."


def test_nearest_does_not_list_without_end():
    said = nearest("x", range(1000))
    assert said.endswith(", 39, ….")


def test_unknown_names_place_key_and_value():
    said = str(unknown("models/", "models", "rndom", ["random"]))
    assert said == "models/: models: 'rndom' is unknown. Did you mean 'random'? Allowed: random."


@given(st.text(), st.integers(2, 90))
def test_shown_value_is_short_and_on_one_line(value, limit):
    text = shown(value, limit)
    assert len(text) <= limit
    assert "\n" not in text
    assert text == repr(value) or text == repr(value)[: limit - 1] + "…"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "a.yaml: the key 'name' is missing."),
        ({"name": "x", "inner": {"size": -1}},
         "a.yaml: inner.size: -1 is not valid. Input should be greater than or equal to 0."),
        ({"name": "x", "inner": {"sise": 1}},
         "a.yaml: unknown key 'inner.sise'. Did you mean 'size'? Allowed: order, size."),
        ({"name": "x", "many": [{}, {"sise": 1}]},
         "a.yaml: unknown key 'many.1.sise'. Did you mean 'size'? Allowed: order, size."),
        ({"name": "x", "named": {"k": {"sise": 1}}}, "a.yaml: unknown key 'named.k.sise'."),
        ({"name": "x", "inner": {"order": "items"}},
         "a.yaml: inner.order: 'items' is not valid. Not one of the allowed values. "
         "Did you mean 'item'? Allowed: item, fixed."),
        ({"name": "x", "inner": 3},
         "a.yaml: inner: 3 is not valid. Must be a mapping with some of the keys order, size."),
        ({"name": "x", "inner": None}, "a.yaml: inner: None is not valid. Must be a mapping"),
        (None, "a.yaml: None is not valid. Must be a mapping with some of the keys either, inner"),
        (["x"], "a.yaml: ['x'] is not valid."),
    ],
)  # fmt: skip
def test_message_names_file_key_value_and_what_is_allowed(data, said):
    assert complaint(data).startswith(said)


@pytest.mark.parametrize("key", ["Inner", "Outer", "str", "int", "none", "x[0]", "naem"])
def test_any_unknown_key_is_told(key):
    said = complaint({"name": "x", key: 1})
    assert said.startswith(f"a.yaml: unknown key '{key}'.")
    assert "Allowed: either, inner, many, name, named." in said


def test_branch_of_a_union_is_no_part_of_the_key():
    assert "a.yaml: either.size: -1 is not valid." in complaint(
        {"name": "x", "either": {"size": -1}}
    )


def test_all_mistakes_are_told_at_once_and_each_once():
    lines = complaint({"inner": {"size": -1}, "nama": 1}).splitlines()
    assert len(lines) == len(set(lines)) == 3
    assert any("the key 'name' is missing" in line for line in lines)
    assert any("inner.size" in line for line in lines)
    assert any("Did you mean 'name'?" in line for line in lines)
