"""Questionnaires: the committed one, other texts in its place, and what does not fit."""

import csv
import hashlib
import re
import shutil
from pathlib import Path

import pytest
import yaml

from holdfast.design.instruments import (
    load_instrument,
    read_design_instrument,
    read_instrument,
    texts_file,
    write_instrument,
)
from holdfast.design.item_forms import check_forms
from holdfast.design.personas import FORMS, Persona
from holdfast.design.scoring_keys import remarks
from holdfast.errors import StudyError

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
# methods, section 4
PVQ40_KEY = """Conformity 7 16 28 36 · Tradition 9 20 25 38 · Benevolence 12 18 27 33 ·
Universalism 3 8 19 23 29 40 · Self-Direction 1 11 22 34 · Stimulation 6 15 30 · Hedonism 10 26 37 ·
Achievement 4 13 24 32 · Power 2 17 39 · Security 5 14 21 31 35"""


@pytest.fixture(scope="module")
def pvq40():
    return load_instrument(RESOURCES, "pvq40")


@pytest.fixture
def own(tmp_path):
    """Return a copy of the instrument's folder."""
    shutil.copytree(RESOURCES / "pvq", tmp_path / "pvq")
    return tmp_path / "pvq"


def change(folder: Path, **keys: object) -> Path:
    """Replace keys of the copy's document."""
    path = folder / "pvq40.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | keys))
    return path


def items_file(path: Path, numbers: list[int], text: str = "Official {n}") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["item", "female", "male", "neutral"])
        writer.writerows([n, *(f"{text.format(n=n)}, {f}." for f in "fmn")] for n in numbers)
    return path


def complaint(function, *arguments, **keywords) -> str:
    with pytest.raises(StudyError) as caught:
        function(*arguments, **keywords)
    return str(caught.value)


def test_key_of_the_pvq40_is_that_of_the_methods(pvq40):
    key = {part.split()[0]: [int(n) for n in part.split()[1:]] for part in PVQ40_KEY.split("·")}
    assert pvq40.values == key


def test_pvq40_has_forty_items_and_six_options_from_high_to_low(pvq40):
    assert [i.item for i in pvq40.items] == list(range(1, 41))
    assert [o.rating for o in pvq40.options] == [6, 5, 4, 3, 2, 1]
    assert pvq40.letters() == "ABCDEF"
    assert pvq40.wording == "own"


# methods, section 4
SVS_KEY = """Conformity 11 20 40 47 · Tradition 18 32 36 44 51 · Benevolence 33 45 49 52 54 ·
Universalism 1 17 24 26 29 30 35 38 · Self-Direction 5 16 31 41 53 · Stimulation 9 25 37 ·
Hedonism 4 50 57 · Achievement 34 39 43 55 · Power 3 12 27 46 · Security 8 13 15 22 56"""
COMMITTED = {  # name: framework, items, values, ratings from the highest to the lowest
    "pvq40": ("schwartz", 40, 10, range(6, 0, -1)),
    "pvq21": ("schwartz", 21, 10, range(6, 0, -1)),
    "pvq21_de": ("schwartz", 21, 10, range(6, 0, -1)),
    "svs": ("schwartz", 46, 10, range(7, -2, -1)),
    "rokeach_terminal": ("rokeach", 18, 18, range(7, 0, -1)),
    "rokeach_instrumental": ("rokeach", 18, 18, range(7, 0, -1)),
    "pvqrr": ("schwartz19", 57, 19, range(6, 0, -1)),
    "hofstede": ("hofstede", 26, 5, range(5, 0, -1)),
    "ipip50": ("bigfive", 50, 5, range(1, 6)),
    "foundations": ("foundations", 32, 5, range(5, -1, -1)),
    "donation": ("behaviour", 100, 5, range(10, -1, -2)),
    "stealing": ("behaviour", 100, 5, range(6, 0, -1)),
    "religion": ("behaviour", 5, 1, range(5, 0, -1)),
}
OBSERVED = ("pvq40", "pvq21", "pvqrr", "pvq21_de", "ipip50")


@pytest.mark.parametrize("name", COMMITTED)
def test_committed_questionnaires_are_what_their_readme_says(name):
    found = load_instrument(RESOURCES, name)
    framework, items, values, ratings = COMMITTED[name]
    assert (found.framework, len(found.items), len(found.values)) == (framework, items, values)
    assert found.codes() == list(ratings)
    for form in ("female", "male", "neutral"):
        texts = [getattr(i, form) for i in found.items]
        assert len(set(texts)) == items and all(texts)


def test_no_committed_questionnaire_is_left_out_of_the_tests():
    others = ("personas", "topics", "texts", "prompts", "models", "miniatures", "reference")
    files = [p for p in RESOURCES.glob("*/*.yaml") if p.parent.name not in others]
    forms = {f"{name}_observer" for name in OBSERVED}
    assert {p.stem for p in files} == set(COMMITTED) | forms


@pytest.mark.parametrize("name", OBSERVED)
def test_forms_for_observers_ask_about_somebody_else(name):
    own, form = (load_instrument(RESOURCES, n) for n in (name, f"{name}_observer"))
    assert (form.observes, form.values, form.codes()) == (name, own.values, own.codes())
    assert (form.framework, form.language, form.centred) == (
        own.framework,
        own.language,
        own.centred,
    )
    about = [form.question, *(i.neutral for i in form.items)]
    about += [o.text for o in form.options]
    assert not {"i", "me", "my", "you", "your", "ich", "mir", "dir", "du"} & {
        word for text in about for word in re.findall(r"[^\W_]+", text.lower())
    }


def test_short_form_is_of_the_long_one_s_portraits(pvq40):
    short, long = load_instrument(RESOURCES, "pvq21"), {i.item: i for i in pvq40.items}
    of = pvq40.value_of() | {21: "Hedonism"}
    assert short.value_of() == {n: of[n] for n in range(1, 22)}
    for item in short.items:
        same = long[37 if item.item == 21 else item.item]
        assert item.model_dump(exclude={"item"}) == same.model_dump(exclude={"item"})


def test_the_german_short_form_has_the_key_and_scale_of_the_english_one():
    english, german = (load_instrument(RESOURCES, name) for name in ("pvq21", "pvq21_de"))
    assert (english.language, german.language) == ("en", "de")
    assert german.values == english.values
    assert [o.rating for o in german.options] == [o.rating for o in english.options]
    for item in german.items:
        female, male, neutral = (x.split() for x in (item.female, item.male, item.neutral))
        assert len(female) == len(male) <= len(neutral) and item.female != item.male, item.item
        assert "Person" in item.neutral and "Person" not in item.female + item.male, item.item


def test_key_of_the_svs_is_that_of_the_methods():
    key = {part.split()[0]: [int(n) for n in part.split()[1:]] for part in SVS_KEY.split("·")}
    assert load_instrument(RESOURCES, "svs").values == key


def test_numbers_with_gaps_have_places_without():
    svs = load_instrument(RESOURCES, "svs")
    places = svs.places()
    assert sorted(p for value in places.values() for p in value) == list(range(1, 47))
    assert places["Hedonism"] == [3, 39, 46]
    assert [svs.numbers()[p - 1] for p in places["Hedonism"]] == svs.values["Hedonism"]


@pytest.mark.parametrize("framework", ["rokeach", "hofstede", "bigfive", "foundations"])
def test_other_frameworks_have_values_of_their_own(framework, pvq40):
    own = [n for n, about in COMMITTED.items() if about[0] == framework]
    for name in own:
        assert not set(load_instrument(RESOURCES, name).values) & set(pvq40.values)


def test_each_item_belongs_to_its_value(pvq40):
    value = pvq40.value_of()
    assert sorted(value) == list(range(1, 41))
    assert (value[1], value[2], value[35]) == ("Self-Direction", "Power", "Security")


THEY = {"she": "they", "he": "they", "her": "their", "his": "their", "him": "them", "hers": "theirs",
        "herself": "themself", "himself": "themself", "themselves": "themself"}  # fmt: skip
VERBS = {"is": "are", "has": "have", "does": "do", "goes": "go", "was": "were", "tries": "try",
         "relies": "rely", "enjoys": "enjoy"}  # fmt: skip


def words(text: str) -> list[str]:
    return re.findall(r"[a-z'-]+", text.lower())


def same_word(a: str, b: str) -> bool:
    """Say whether a word differs from its neutral form at most by pronoun or verb agreement."""
    if a == b or THEY.get(a) == THEY.get(b, b) or VERBS.get(a) == b:
        return True
    if a == "her" and b in ("them", "their"):
        return True
    return a in (b + "s", b + "es") or (b.endswith("y") and a == b[:-1] + "ies")


def test_forms_differ_in_nothing_but_pronouns(pvq40):
    male = {"she": "he", "herself": "himself", "hers": "his"}
    for item in pvq40.items:
        f, m, n = words(item.female), words(item.male), words(item.neutral)
        assert len(f) == len(m) == len(n), item.item
        for a, b in zip(f, m, strict=True):
            assert b == male.get(a, a) or (a == "her" and b in ("his", "him")), (item.item, a, b)
        for a, b in zip(f, n, strict=True):
            assert same_word(a, b), (item.item, a, b)


def test_forms_use_their_own_pronouns(pvq40):
    for item in pvq40.items:
        assert {"she", "her"} & set(words(item.female)), item.item
        assert not {"he", "his", "him", "himself", "they", "their"} & set(words(item.female))
        assert {"he", "his", "him"} & set(words(item.male)), item.item
        assert not {"she", "her", "herself"} & set(words(item.male))
        assert {"they", "them", "their"} & set(words(item.neutral)), item.item
        assert not {"she", "her", "he", "his", "him"} & set(words(item.neutral))


def test_items_are_each_their_own(pvq40):
    for form in ("female", "male", "neutral"):
        assert len({getattr(i, form) for i in pvq40.items}) == 40


def test_official_texts_take_the_place_of_the_own_ones(tmp_path):
    """In any order of rows, in CSV as spreadsheets write it, with the same key and scale."""
    path = items_file(tmp_path / "official.csv", list(range(40, 0, -1)), 'She said "{n}", then')
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    own, official = (load_instrument(RESOURCES, "pvq40", i) for i in (None, path))
    assert official.wording == "official"
    assert [i.item for i in official.items] == list(range(1, 41))
    assert official.items[6].neutral == 'She said "7", then, n.'
    assert (official.values, official.options) == (own.values, own.options)


def test_checksum_of_the_texts_is_held_to(tmp_path):
    path = items_file(tmp_path / "official.csv", list(range(1, 41)))
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    load_instrument(RESOURCES, "pvq40", path, right)
    path.write_text(path.read_text() + "\n")
    said = complaint(load_instrument, RESOURCES, "pvq40", path, right)
    assert f"{path}: has the checksum" in said
    assert right in said


def test_checksum_is_held_to_for_the_own_texts_too():
    right = hashlib.sha256((RESOURCES / "pvq" / "pvq40.csv").read_bytes()).hexdigest()
    load_instrument(RESOURCES, "pvq40", sha256=right)
    assert "checksum" in complaint(load_instrument, RESOURCES, "pvq40", sha256="0" * 64)


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([*range(1, 40)], "item 40 is missing"),
        ([*range(2, 41)], "item 1 is missing"),
        ([*range(1, 41), 17], "item 17 stands there twice (lines 18 and 42)"),
        ([*range(1, 42)], "item 41 of"),
        ([*range(41)], "line 2: item: '0' is not valid"),
    ],
)
def test_items_that_do_not_fit_the_key_are_told(tmp_path, numbers, told):
    path = items_file(tmp_path / "official.csv", numbers)
    said = complaint(load_instrument, RESOURCES, "pvq40", path)
    assert told in said
    assert str(path) in said


def options(*ratings: int) -> list[dict[str, object]]:
    return [{"rating": r, "text": f"step {i}"} for i, r in enumerate(ratings)]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"scale": [1, 2, 3, 4, 5, 6], "options": options(5, 4, 3, 2, 1)}, "the scale has 6 steps"),
        ({"scale": [1, 2, 3, 4, 5], "options": options(6, 5, 4, 3, 2)}, "[1, 2, 3, 4, 5]"),
        (
            {"options": [*options(2), {"missing": True, "text": "no"}]},
            "options: 1 of 2 have a rating",
        ),
        (
            {"options": [{"missing": True, "text": t} for t in "ab"]},
            "options: 0 of 2 have a rating",
        ),
        ({"options": [*options(2, 1), {"text": "no"}]}, "options: 'no' has no rating"),
        (
            {"options": [{"rating": 3, "missing": True, "text": "no"}, *options(2, 1)]},
            "'no' has both",
        ),
        ({"options": options(2, -1000)}, "options.1.rating: -1000 is not valid"),
        ({"options": options(6, 5, 5)}, "options: two options have the same rating"),
        ({"options": [{"rating": 1, "text": "x"}, {"rating": 2, "text": "x"}]}, "the same text"),
        ({"options": options(1)}, "options: [{"),
        ({"options": options(*range(27))}, "options: [{"),
        (
            {"options": [{"rating": 1, "text": ""}, {"rating": 2, "text": "x"}]},
            "options.0.text: ''",
        ),
        ({"values": {"A": [1, 1]}}, "values.A: item 1 stands there twice"),
        ({"values": {"A": [1, 2, -1]}}, "values.A: item 1 stands there twice"),
        (
            {"values": {"A": [0, 1]}},
            "values.A: 0 is no item. Allowed: an item's number, with a minus",
        ),
        ({"values": {"": [1]}}, "values: '': a name must not be empty"),
        ({"unscored": [40]}, "unscored: item 40 is also in values.Universalism"),
        ({"unscored": [41]}, "item 41 is missing"),
        ({"unscored": [0]}, "unscored.0: 0 is not valid"),
        ({"framework": "x", "values": {"A": list(range(1, 39))}, "unscored": [40]}, "item 39 of"),
        ({"values": {"A": [], "B": [1]}}, "values.A: has no items"),
        ({"values": {}}, "values: {}"),
        ({"values": {"A": list(range(1, 40))}}, "item 40 of"),
        ({"values": {"A": list(range(1, 42))}}, "item 41 is missing"),
        ({"wording": "mine"}, "wording: 'mine' is not valid"),
        ({"values": {"A × B": list(range(1, 41))}}, "a name must not be empty or have ' × ' in it"),
        ({"centred": "perhaps"}, "centred: 'perhaps' is not valid"),
        ({"centered": False}, "unknown key 'centered'. Did you mean 'centred'?"),
        ({"items": "nowhere.csv"}, "nowhere.csv: there is no such file"),
        ({"name": "other"}, "name: 'other' is not the file's name"),
        ({"option": 1}, "unknown key 'option'. Did you mean 'options'?"),
    ],
)
def test_document_that_does_not_fit_is_told(own, keys, told):
    path = change(own, **keys)
    said = complaint(read_instrument, path)
    assert str(path.parent) in said
    assert told in said


SVS_ITEMS = sorted(load_instrument(RESOURCES, "svs").value_of())
LISTS = [{"first": 1, "last": 30}, {"first": 31, "last": 57}]
CHOOSING = {"introduction": "Read.", "most": "Most?", "least": "Least?"}


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"lists": []}, "lists: the protocol 'cumulative' needs it"),
        ({"choosing": None}, "choosing: the protocol 'cumulative' needs it"),
        ({"protocol": "independent"}, "lists: the protocol 'independent' has none"),
        ({"protocol": "cumulativ"}, "protocol: 'cumulativ' is not valid"),
        ({"lists": LISTS[:1]}, "lists: item 31 is in no list"),
        ({"lists": [*LISTS, {"first": 4, "last": 9}]}, "lists: item 4 is in 2 lists"),
        ({"lists": [{"first": 1, "last": 57}]}, "has 46 items. Allowed: 3 to 26"),
        ({"lists": [{"first": 1, "last": 4}, *LISTS]}, "item 1 is in 2 lists"),
        ({"lists": [{"first": 1, "last": 3}, {"first": 4, "last": 57}]}, "has 2 items"),
        ({"lists": [{"first": 1, "to": 30}]}, "unknown key 'lists.0.to'"),
        ({"choosing": CHOOSING | {"least": " "}}, "choosing.least: ' ' is not valid"),
        ({"choosing": {"introduction": "Read."}}, "'choosing.most' is missing"),
        (
            {"framework": "x", "values": {"A": [-1, *(n for n in SVS_ITEMS if n > 1)]}},
            "item 1 is reversed",
        ),
    ],
)
def test_protocol_that_does_not_fit_is_told(tmp_path, keys, told):
    folder = shutil.copytree(RESOURCES / "svs", tmp_path / "svs")
    path = folder / "svs.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | keys))
    said = complaint(read_instrument, path)
    assert said.startswith(str(path)) and told in said


def test_lists_of_the_svs_are_those_of_the_methods():
    svs = load_instrument(RESOURCES, "svs")
    assert svs.protocol == "cumulative" and svs.questions() == 46 + 4
    one, two = svs.listed()
    assert (one[0], one[-1], len(one)) == (1, 30, 21) and (two[0], two[-1], len(two)) == (
        31,
        57,
        25,
    )
    others = [load_instrument(RESOURCES, name) for name in COMMITTED if name != "svs"]
    assert all(i.protocol == "independent" and not i.listed() for i in others)
    assert all(i.questions() == len(i.items) for i in others)


@pytest.mark.parametrize(
    ("name", "keys", "told"),
    [
        ("pvq40", {"Powr": [2, 17, 39]}, "'Powr' is unknown. Did you mean 'Power'?"),
        (
            "pvq40",
            {"Security": [2, 17, 39, 5, 14, 21, 31, 35]},
            "Power of the framework 'schwartz'",
        ),
    ],
)
def test_values_that_are_not_the_framework_s_are_told(own, name, keys, told):
    values = yaml.safe_load((own / f"{name}.yaml").read_text())["values"]
    del values["Power"]
    assert told in complaint(read_instrument, change(own, values=values | keys))
    free = change(own, values=values | keys, framework="mine")
    assert set(read_instrument(free).values) == set(values | keys)


def test_options_go_down_or_up(own):
    said = complaint(read_instrument, change(own, options=options(3, 1, 2)))
    assert "options: 1 stands before 2, but 3 before 1" in said
    said = complaint(read_instrument, change(own, options=options(1, 3, 2)))
    assert "options: 3 stands before 2, but 1 before 3" in said
    assert read_instrument(change(own, options=options(1, 2, 4))).ratings() == [1, 2, 4]


OTHERS = [{"missing": True, "text": t} for t in ("I can't say", "That's private")]


def test_options_that_are_no_rating_have_codes(own):
    """They may stand anywhere, and have letters as the others have."""
    found = read_instrument(change(own, options=[OTHERS[0], *options(2, 1), OTHERS[1]]))
    assert (found.codes(), found.ratings()) == ([-1001, 2, 1, -1002], [2, 1])
    assert found.letters() == "ABCD" and found.ends() == 3
    write_instrument(found, own / "a.json")
    assert read_design_instrument(own / "a.json") == found


def test_reversed_items_and_items_of_no_value_and_of_two(own):
    values = {"A": [1, -2, *range(4, 38)], "B": [2, -3], "C": [-3, 38]}
    written = change(own, framework="x", values=values, unscored=[39, 40])
    found = read_instrument(written)
    assert found.values["A"][:2] == [1, -2]
    assert [found.value_of()[n] for n in (1, 2, 3, 38, 39)] == ["A", "A", "B", "C", ""]
    assert found.reversed_items() == {2, 3}
    key = found.key()
    assert [(k.item, k.value, k.reversed) for k in key[:5]] == [
        (1, "A", False), (2, "A", True), (2, "B", False), (3, "B", True), (3, "C", True),
    ]  # fmt: skip
    assert found.places()["B"] == [3, 4] and len(key) == 40
    assert remarks(found.options, found.values, found.unscored) == [
        "3 reversed", "items of several values: 2, 3", "items of no value: 39, 40",
    ]  # fmt: skip


def test_what_is_uncommon_about_a_questionnaire_is_told(own):
    found = read_instrument(change(own, options=[*options(4, 2, 1), OTHERS[0]]))
    assert remarks(found.options, found.values, found.unscored) == [
        "the ratings 1, 2, 4 are not evenly spaced", "options that are no rating: I can't say",
    ]  # fmt: skip
    assert not remarks(
        *[getattr(load_instrument(RESOURCES, "svs"), n) for n in ("options", "values", "unscored")]
    )


# the scoring keys of the sources that the questionnaires name
IPIP50_REVERSED = """6 16 26 36 46 · 2 12 22 32 · 8 18 28 38 · 4 14 24 29 34 39 44 49 · 10 20 30"""


def test_key_of_the_big_five_markers_goes_round_in_fives():
    """Item n is of trait n mod 5, in the order of the five; 24 are reversed."""
    found = load_instrument(RESOURCES, "ipip50")
    traits = list(found.values)
    assert [abs(i) for key in found.values.values() for i in key] == [
        n for first in range(1, 6) for n in [*range(first, 51, 5)]
    ]
    assert [traits[(n - 1) % 5] for n in range(1, 51)] == [
        found.value_of()[n] for n in range(1, 51)
    ]
    reversed_ones = [[-i for i in key if i < 0] for key in found.values.values()]
    assert reversed_ones == [[int(n) for n in p.split()] for p in IPIP50_REVERSED.split("·")]
    assert all(i.neutral.startswith("I ") and i.neutral.endswith(".") for i in found.items)


def test_refined_values_have_three_items_each():
    key = load_instrument(RESOURCES, "pvqrr").values
    assert {len(items) for items in key.values()} == {3}
    assert key["Benevolence Dependability"] == [19, 27, 55] and key["Face"] == [9, 24, 49]


def test_moral_foundations_have_six_items_each_and_two_checks():
    found = load_instrument(RESOURCES, "foundations")
    assert {len(items) for items in found.values.values()} == {6} and found.unscored == [6, 22]


def test_scale_may_be_stated_in_any_order(own):
    assert len(read_instrument(change(own, scale=[1, 2, 3, 4, 5, 6])).options) == 6


def test_copy_that_keeps_the_old_name_is_refused(own):
    """Two questionnaires of one name would run together in every table."""
    shutil.copy(own / "pvq40.yaml", own / "mine.yaml")
    assert "mine.yaml: name: 'pvq40'" in complaint(load_instrument, own.parent, "mine")


def test_unknown_instrument_is_told_with_what_there_is():
    said = complaint(load_instrument, RESOURCES, "pvq4")
    assert "instruments: 'pvq4' is unknown. Did you mean 'pvq40'?" in said


@pytest.mark.parametrize("other", ["llama", "topics", "fictional", "models"])
def test_other_resources_are_no_instruments(other):
    assert "is unknown" in complaint(load_instrument, RESOURCES, other)


def test_written_instrument_comes_back(tmp_path, pvq40):
    write_instrument(pvq40, tmp_path / "a" / "pvq40.json")
    assert read_design_instrument(tmp_path / "a" / "pvq40.json") == pvq40


ITEMS = [f"Holds to {n}." for n in range(1, 41)]


def in_forms(folder: Path, *forms: str, empty: tuple[int, str] | None = None) -> Path:
    """Write the copy's item texts in some forms, maybe with an empty cell; return the file."""
    rows = [[n, *(f"{form} {text}" for form in forms)] for n, text in enumerate(ITEMS, start=1)]
    if empty is not None:
        rows[empty[0] - 1][1 + forms.index(empty[1])] = ""
    with (folder / "pvq40.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["item", *forms], *rows])
    return folder / "pvq40.csv"


def test_one_form_serves_every_respondent(own):
    """A text alone is the same questionnaire as the text three times, to the byte."""
    in_forms(own, "neutral")
    alone = read_instrument(own / "pvq40.yaml")
    assert {(i.female, i.male, i.neutral) for i in alone.items} == {
        (f"neutral {t}",) * 3 for t in ITEMS
    }
    rows = "".join(f"{n},{','.join([f'neutral {t}'] * 3)}\n" for n, t in enumerate(ITEMS, start=1))
    (own / "pvq40.csv").write_text("item,female,male,neutral\n" + rows)
    thrice = read_instrument(own / "pvq40.yaml")
    assert alone.model_dump_json(exclude_defaults=True) == thrice.model_dump_json(
        exclude_defaults=True
    )
    everybody = [Persona(persona=g, gender=g) for g in FORMS]
    check_forms(alone, own / "pvq40.csv", "crew", everybody)


def test_empty_columns_of_forms_are_none(own):
    in_forms(own, "neutral")
    lines = (own / "pvq40.csv").read_text().splitlines()
    text = "\n".join(["item,neutral,female,male", *(f"{line},, " for line in lines[1:])])
    (own / "pvq40.csv").write_text(text)
    assert read_instrument(own / "pvq40.yaml").items[0].female == "neutral Holds to 1."


@pytest.mark.parametrize(
    ("forms", "fit", "other"),
    [
        (("female", "male"), ["female", "male"], "neutral"),
        (("female", "neutral"), ["female", "neutral"], "male"),
        (("male",), ["male"], "female"),
    ],
)
def test_a_form_that_a_persona_needs_is_told_if_it_is_missing(own, forms, fit, other):
    texts = in_forms(own, *forms)
    instrument = read_instrument(own / "pvq40.yaml")
    write_instrument(instrument, own / "a.json")
    assert read_design_instrument(own / "a.json") == instrument
    people = [Persona(persona=f"is-{g}", gender=g) for g in fit]
    check_forms(instrument, texts, "crew", people)
    people.append(Persona(persona="ren", gender=other))
    said = complaint(check_forms, instrument, texts, "crew", people)
    assert said.startswith(f"{texts}: has no column '{other}'") and "\n" not in said
    assert "the persona 'ren' of the population 'crew', whose gender is" in said
    assert f"It has: {', '.join(forms)}." in said


def test_texts_without_a_form_or_with_a_gap_are_told(own):
    texts = in_forms(own)
    said = complaint(read_instrument, own / "pvq40.yaml")
    assert said.startswith(f"{texts}: has no item texts.") and "'neutral' alone" in said
    in_forms(own, "female", "male", empty=(7, "male"))
    said = complaint(read_instrument, own / "pvq40.yaml")
    assert said.startswith(f"{texts}: line 8: item 7 has no text in the column 'male'")


def test_file_of_the_texts_is_that_which_is_read(own):
    assert texts_file(own.parent, "pvq40") == own / "pvq40.csv"
    assert texts_file(own.parent, "pvq40", own / "pvq21.csv") == own / "pvq21.csv"
