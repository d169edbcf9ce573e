"""Reading YAML and CSV: what is accepted, and what a user is told of a mistake."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from holdfast.errors import StudyError
from holdfast.yaml_and_csv import (
    Strict,
    check,
    digest,
    read_csv,
    read_mapping,
    read_text,
    read_yaml,
)


class Row(Strict):
    name: str
    age: int = Field(ge=0)
    note: str = ""


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def complaint(function, *arguments) -> str:
    with pytest.raises(StudyError) as caught:
        function(*arguments)
    return str(caught.value)


def test_missing_file_names_the_nearest_one(tmp_path):
    written(tmp_path / "smoke.yaml", "")
    said = complaint(read_text, tmp_path / "smok.yaml")
    assert str(tmp_path / "smok.yaml") in said
    assert "Did you mean 'smoke.yaml'?" in said


@pytest.mark.parametrize("name", ["nowhere/file.yaml", "."])
def test_file_that_can_not_be_read_is_a_study_error(tmp_path, name):
    assert str(tmp_path) in complaint(read_text, tmp_path / name)


def test_text_that_is_not_utf8_is_told_with_its_line(tmp_path):
    said = complaint(read_text, written(tmp_path / "a.csv", "eins\nzwei\ndréi".encode("latin-1")))
    assert "line 3" in said
    assert "0xe9" in said


def test_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = written(tmp_path / "a.yaml", b"\xef\xbb\xbfseed: 1\n")
    assert read_mapping(path) == {"seed": 1}


def test_empty_file_is_an_empty_mapping(tmp_path):
    assert read_mapping(written(tmp_path / "a.yaml", "# nothing\n")) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed: 1\nseed: 2\n", "line 2: not valid YAML: the key 'seed' is given twice"),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", "line 4: not valid YAML: the key 'b' is given twice"),
        ("a:\n- b: 1\n  b: 3\n", "line 3: not valid YAML: the key 'b' is given twice"),
        ("a: {1: x, 1: y}\n", "line 1: not valid YAML: the key '1' is given twice"),
        ("a: 1\nb: [1, 2\n", "not valid YAML"),
        ("a: b: c\n", "line 1: not valid YAML"),
        ("a: !!python/object/apply:os.getpid []\n", "line 1: not valid YAML"),
        ("a: 2024-13-45\n", "not valid YAML"),
        ("{[1]: 2}\n", "not valid YAML"),
        ("a: \x00\n", "not valid YAML"),
        ("- 1\n", "must be a mapping"),
        ("just text\n", "must be a mapping"),
        ("1: 2\n", "must be a mapping"),
        ("[" * 1200, "not valid YAML"),
    ],
)
def test_what_is_no_mapping_is_told(tmp_path, text, told):
    path = written(tmp_path / "study.yaml", text)
    said = complaint(read_mapping, path)
    assert said.startswith(f"{path}: ")
    assert told in said


def test_anchors_and_merged_keys_work(tmp_path):
    text = "base: &base {x: 1, y: 2}\none: {<<: *base, y: 3}\ntwo: *base\n"
    data = read_mapping(written(tmp_path / "a.yaml", text))
    assert data["one"] == {"x": 1, "y": 3}
    assert data["two"] == data["base"] == {"x": 1, "y": 2}


def test_same_key_at_two_places_is_not_twice(tmp_path):
    data = read_mapping(written(tmp_path / "a.yaml", "a: {x: 1}\nb: {x: 2}\nc: [{x: 3}, {x: 4}]\n"))
    assert data == {"a": {"x": 1}, "b": {"x": 2}, "c": [{"x": 3}, {"x": 4}]}


def test_read_yaml_returns_the_typed_document(tmp_path):
    assert read_yaml(written(tmp_path / "a.yaml", "{name: Ada, age: 36}"), Row) == Row(
        name="Ada", age=36
    )


@pytest.mark.parametrize("value", [True, False])
def test_truth_values_are_no_numbers(value):
    said = complaint(check, Row, {"name": "Ada", "age": value}, "study.yaml")
    assert said.startswith(f"study.yaml: age: {value} is not valid. Must be a number")


def test_numbers_are_finite():
    class Number(Strict):
        x: float

    for value in (float("inf"), float("-inf"), float("nan")):
        assert "x: " in complaint(check, Number, {"x": value}, "a")


def test_csv_rows_become_documents(tmp_path):
    text = '\ufeffname,age,note\r\n"Lovelace, Ada",36,two lines\r\n\r\nBob,4,\r\n'
    assert read_csv(written(tmp_path / "a.csv", text), Row) == [
        Row(name="Lovelace, Ada", age=36, note="two lines"),
        Row(name="Bob", age=4),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty, so the column 'name' is missing"),
        ("\ufeff\r\n ,,\n", "the file is empty"),
        ("name\nAda\n", "the column 'age' is missing. The header has: name. Needed: name, age."),
        ("name,age,nota\nAda,1,x\n", "unknown column 'nota'. Did you mean 'note'?"),
        ("name,age,age\nAda,1,2\n", "the column 'age' is given twice, as columns 2 and 3"),
        ("name, Age,,AGE \nAda,1,,2\n", "the column 'age' is given twice, as columns 2 and 4"),
        ("Ada,36,x\n", "Allowed: name, age, note. The first line must name the columns."),
        ("name|age|note\nAda|1|x\n", "a single cell, 'name|age|note'"),
        (
            "name,age,\nAda,1,x\n",
            "line 2: 3 cells, but the header has 2. The first too many is 'x'",
        ),
        ("name,,age\nAda,x,1\n", "line 2: 'x' stands in column 2, which has no name"),
        ("name,age\nAda\n", "line 2: 1 cells, but the header has 2. The last is 'Ada'"),
        ("name;age\nLove;Ada;36\n", "A text with a semicolon must stand in double quotes."),
        ("name,age\n“Love, Ada”,3\n", "line 2: 3 cells, but the header has 2. Curly quotes hold"),
        ("name,age\nAda;3\n", "line 2: 1 cells, but the header has 2. It has semicolons"),
        ('name,age\n"Ada,3"\n', "The whole row stands in one pair of double quotes"),
        ("name,age\n", "has no rows"),
        ("name,age\nAda,1\nLovelace, Ada,36\n", "line 3: 3 cells, but the header has 2"),
        ('name,age\n"two\nlines",1\nBob\n', "line 4: 1 cells"),
        ("name,age\nAda,1\n\n\nBob,x\n", "line 5: age: 'x' is not valid"),
        ("name,age\nAda,-1\n", "line 2: age: '-1' is not valid"),
        (
            "name,age\n  ,1\n",
            "line 2: the column 'name' must not be empty. The row begins with '1' in",
        ),
        ('name,age\nAda,1\n"Bob"x,1\n', "line 3: not a valid CSV row"),
        ('name,age\nAda,1\n"Bob,1\n', "line 3: not a valid CSV row"),
    ],
)
def test_wrong_csv_is_told_with_file_and_line(tmp_path, text, told):
    path = written(tmp_path / "people.csv", text)
    said = complaint(read_csv, path, Row)
    assert said.startswith(f"{path}: ")
    assert told in said


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=3), x, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.text(max_size=3), plain, max_size=5), st.randoms())
def test_digest_does_not_depend_on_the_order_of_keys(data, random):
    keys = list(data)
    random.shuffle(keys)
    assert digest({k: data[k] for k in keys}) == digest(data)


@pytest.mark.parametrize(
    ("a", "b"),
    [({"a": 1}, {"a": "1"}), ([1, 2], [2, 1]), ({"a": None}, {}), ("ab", ["ab"]), ("é", "e\u0301")],
)
def test_digest_tells_different_data_apart(a, b):
    assert digest(a) != digest(b)


def test_digest_takes_any_text():
    assert len(digest("\ud800")) == 16
