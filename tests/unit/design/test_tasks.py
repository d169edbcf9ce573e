"""Behaviour tasks: the committed ones, items from a template, and what does not fit."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml

from holdfast.design.instruments import (
    load_instrument,
    read_design_instrument,
    read_instrument,
    write_instrument,
)
from holdfast.errors import StudyError

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
KINDS = {
    "Elves": "an Elf",
    "Dwarves": "a Dwarf",
    "Humans": "a human",
    "Hobbits": "a Hobbit",
    "Orcs": "an Orc",
}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a copy of the tasks' folder."""
    shutil.copytree(RESOURCES / "tasks", tmp_path / "tasks")
    return tmp_path / "tasks"


def change(folder: Path, **keys: object) -> Path:
    path = folder / "donation.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | keys))
    return path


@pytest.mark.parametrize("name", ["donation", "stealing"])
def test_twenty_of_each_people_are_met(name: str) -> None:
    task = load_instrument(RESOURCES, name)
    assert task.is_task() and not task.centred
    texts = {i.item: i.neutral for i in task.items}
    for people, items in task.values.items():
        assert len(items) == 20
        assert all(texts[i].endswith(f", {KINDS[people]}.") for i in items), people
    assert all(i.female == i.male == i.neutral for i in task.items)


def test_questionnaires_of_values_are_no_tasks_and_are_centred() -> None:
    for name in ("pvq40", "svs", "hofstede"):
        asked = load_instrument(RESOURCES, name)
        assert asked.centred and not asked.is_task()


def test_item_is_the_template_with_the_rows_words(own: Path) -> None:
    task = read_instrument(change(own, template="{kind} {{!}} called {name}, {kind}"))
    first = (own / "people.csv").read_text().splitlines()[1].split(",")
    assert task.items[0].male == f"{first[2]} {{!}} called {first[1]}, {first[2]}"


def test_names_of_the_people_are_each_their_own() -> None:
    rows = (RESOURCES / "tasks" / "people.csv").read_text(encoding="utf-8").splitlines()[1:]
    names = Counter(row.split(",")[1] for row in rows)
    assert len(names) == 100 and all(re.fullmatch("[A-Z][a-z]+( [A-Z][a-z]+)?", n) for n in names)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("The beggar is there.", "names no column"),
        ("{name} and {kin}", "people.csv: unknown column 'kind'. Did you mean 'kin'?"),
        ("{name}", "people.csv: unknown column 'kind'"),
        ("{name}, {kind}, {age}", "people.csv: the column 'age' is missing"),
        ("{name}, {kind", "expected '}'"),
        ("{name}, {}", "'{}' can't be filled"),
        ("{name.upper}, {kind}", "'{name.upper}' can't be filled"),
        ("{name!r}, {kind}", "'{name}' can't be filled"),
        ("{item}, {name}, {kind}", "'{item}' can't be filled"),
    ],
)
def test_template_that_does_not_fit_is_told(own: Path, template: str, told: str) -> None:
    with pytest.raises(StudyError) as caught:
        read_instrument(change(own, template=template))
    assert told in str(caught.value) and str(own) in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("1,Ithriel,an Elf", "1,,an Elf", "line 2: the column 'name' must not be empty"),
        ("1,Ithriel,an Elf", "0,Ithriel,an Elf", "line 2: item: '0' is not valid"),
        ("2,Saelorn,an Elf", "1,Saelorn,an Elf", "item 1 stands there twice (lines 2 and 3)"),
        ("2,Saelorn,an Elf\n", "", "item 2 is missing"),
        ("1,Ithriel,an Elf", "1,Ithriel,the fair,an Elf", "4 cells, but the header has 3"),
    ],
)
def test_table_of_words_that_does_not_fit_is_told(own: Path, old: str, new: str, told: str) -> None:
    path = own / "people.csv"
    text = path.read_text(encoding="utf-8")
    assert f"\n{old}" in text
    path.write_text(text.replace(f"\n{old}", f"\n{new}", 1), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_instrument(own / "donation.yaml")
    assert told in str(caught.value) and "people.csv" in str(caught.value)


def test_written_task_comes_back_and_others_documents_stay_as_they_were(tmp_path: Path) -> None:
    """What is as by default is not written, so that a study from before does not run again."""
    for name in ("donation", "pvq40"):
        asked = load_instrument(RESOURCES, name)
        write_instrument(asked, tmp_path / f"{name}.json")
        assert read_design_instrument(tmp_path / f"{name}.json") == asked
        written = json.loads((tmp_path / f"{name}.json").read_text())
        assert ("centred" in written) == (name == "donation")
