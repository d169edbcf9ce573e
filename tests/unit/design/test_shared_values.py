"""Which questionnaires measure the same values: the ten, nineteen joined to ten, and none."""

from pathlib import Path

import pytest

from holdfast.design.frameworks import FRAMEWORKS, Joined, check_joined
from holdfast.design.instruments import load_instrument, read_instrument
from holdfast.design.shared_values import shared_items, shared_values
from holdfast.errors import StudyError
from projects import ROOT

RESOURCES = ROOT / "resources"
TEN = set(FRAMEWORKS["schwartz"][0])
ORIGINAL_KEY = {
    "Self-Direction": [1, 16, 23, 30, 39, 56], "Stimulation": [10, 28, 43], "Hedonism": [3, 36, 46],
    "Achievement": [17, 32, 48], "Power": [6, 12, 20, 29, 41, 44],
    "Security": [2, 13, 26, 35, 50, 53], "Conformity": [4, 15, 22, 31, 42, 51],
    "Tradition": [7, 18, 33, 38, 40, 54], "Benevolence": [11, 19, 25, 27, 47, 55],
    "Universalism": [5, 8, 14, 21, 34, 37, 45, 52, 57],
}  # fmt: skip
"""The ten values' items in the PVQ-RR, as its instructions for coding have them (Schwartz 2021)."""


def loaded(*names: str):  # type: ignore[no-untyped-def]
    return [load_instrument(RESOURCES, name) for name in names]


def test_questionnaires_of_the_ten_values_share_them_and_others_do_not() -> None:
    asked = loaded(
        "pvq40", "rokeach_terminal", "svs", "rokeach_instrumental", "hofstede", "pvqrr", "donation"
    )
    [group] = shared_values(asked)
    assert (group.framework, set(group.values)) == ("schwartz", TEN)
    assert list(group.parts) == ["pvq40", "svs", "pvqrr"]


def test_the_nineteen_values_make_the_ten_by_the_published_key() -> None:
    [asked] = loaded("pvqrr")
    assert asked.joined is not None
    items = {
        value: sorted(i for part in parts for i in asked.values[part])
        for value, parts in asked.joined.values.items()
    }
    assert items == ORIGINAL_KEY


def test_two_questionnaires_of_nineteen_values_share_all_of_them() -> None:
    """And the ten with a third one, which has no more."""
    [refined, ten] = loaded("pvqrr", "pvq40")
    again = refined.model_copy(update={"name": "again"})
    found = {g.framework: g for g in shared_values([refined, again, ten])}
    assert list(found["schwartz19"].parts) == ["pvqrr", "again"]
    assert set(found["schwartz19"].values) == set(FRAMEWORKS["schwartz19"][0])
    assert list(found["schwartz"].parts) == ["pvqrr", "again", "pvq40"]


def test_a_questionnaire_with_some_of_the_values_is_compared_in_these() -> None:
    [whole] = loaded("hofstede")
    own = whole.model_copy(update={"framework": "own"})
    few = dict(list(own.values.items())[1:3])
    short = own.model_copy(update={"name": "short", "values": few})
    one = own.model_copy(update={"name": "one", "values": dict(list(own.values.items())[:1])})
    [group] = shared_values([own, short, one])
    assert group.values == tuple(few) and list(group.parts) == ["hofstede", "short"]


def test_the_short_portraits_are_among_the_long_ones() -> None:
    """So the two do not agree for their values alone, which the estimates say."""
    long, short, survey = loaded("pvq40", "pvq21", "svs")
    assert shared_items(long, short) == shared_items(short, long) == 21
    assert shared_items(long, survey) == 0


def test_a_join_of_what_is_not_there_is_refused() -> None:
    path, own = Path("q.yaml"), ["Care", "Thrift"]
    for values, said in (
        ({"Good": ["Care", "Thrif"]}, "'Thrif'.*Thrift"),
        ({"Good": ["Care"], "Sober": ["Thrift", "Care"]}, "'Care' is in Good and in Sober"),
        ({"Good": []}, "Good has no parts"),
    ):
        with pytest.raises(StudyError, match=said):
            check_joined(path, own, Joined(framework="mine", source="", values=values))


def test_a_file_that_joins_to_half_a_theory_is_refused(tmp_path: Path) -> None:
    text = (RESOURCES / "pvq/pvqrr.yaml").read_text(encoding="utf-8")
    (tmp_path / "pvqrr.csv").write_bytes((RESOURCES / "pvq/pvqrr.csv").read_bytes())
    (tmp_path / "pvqrr.yaml").write_text(
        text[: text.index("    Universalism: [")], encoding="utf-8"
    )
    with pytest.raises(StudyError, match="Universalism of the framework 'schwartz' has no items"):
        read_instrument(tmp_path / "pvqrr.yaml")
