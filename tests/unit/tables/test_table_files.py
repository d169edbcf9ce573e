"""Tables come back as they were written, and a damaged or foreign one is refused."""

import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import StudyError
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table, write_table

EXAMPLES = {
    "str": ["ä “x”\n", "", "c"],
    "int64": [0, -1, 2**40],
    "float64": [0.1, np.nan, -1e300],
    "Int64": [1, None, 3],
    "object": [[6, 5, 4], [], [1, 2, 3]],
}


def example(schema: str) -> pd.DataFrame:
    """Return three rows with awkward values in every column."""
    columns = SCHEMAS[schema]
    kinds = {name: column.dtype for name, column in columns.items()}
    table = pd.DataFrame({name: EXAMPLES[kind] for name, kind in kinds.items()})
    return table.astype({name: kind for name, kind in kinds.items() if kind != "object"})


def plain(table: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {k: list(v) if isinstance(v, (list, np.ndarray)) else None if pd.isna(v) else v
         for k, v in row.items()}
        for row in table.to_dict("records")
    ]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS)
def test_table_comes_back_as_written(tmp_path, schema):
    table = example(schema)
    path = tmp_path / "folder" / "table.parquet"
    write_table(table[table.columns[::-1]], schema, path)  # columns in any order
    back = read_table(path, schema)
    assert list(back.columns) == list(SCHEMAS[schema])
    assert plain(back) == plain(table)
    assert back.dtypes.to_dict() == table.dtypes.to_dict()


@pytest.mark.parametrize("schema", SCHEMAS)
def test_empty_table_comes_back(tmp_path, schema):
    write_table(example(schema).iloc[:0], schema, tmp_path / "t.parquet")
    back = read_table(tmp_path / "t.parquet", schema)
    assert len(back) == 0
    assert list(back.columns) == list(SCHEMAS[schema])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_column_says_what_it_is(schema):
    assert all(c.description for c in SCHEMAS[schema].values())


text = st.text(st.characters(codec="utf-8"), max_size=6)
number = st.none() | st.floats(allow_nan=False)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(text, st.integers(-(2**63), 2**63 - 1), number), max_size=5))
def test_any_value_comes_back(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "any.parquet"
    table = pd.DataFrame(dict.fromkeys(SCHEMAS["values"], "x"), index=range(len(rows)))
    table["respondent"] = pd.Series([r[0] for r in rows], dtype="str")
    table["replicate"] = pd.Series([r[1] for r in rows], dtype="int64")
    table["score"] = pd.Series([r[2] for r in rows], dtype="float64")
    write_table(table.assign(items=1, centred=np.nan), "values", path)
    back = read_table(path, "values")
    assert [(r["respondent"], r["replicate"], r["score"]) for r in plain(back)] == rows


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("score", ["a", "b", "c"]),
        ("items", ["a", "b", "c"]),
        ("items", [1, None, 3]),
        ("items", [1.0, 1.5, 2.0]),
        ("items", [1.0, np.inf, 2.0]),
        ("replicate", [1.0, np.nan, 2.0]),
        ("model", ["a", None, "c"]),
    ],
)
def test_wrong_type_is_refused_and_nothing_is_written(tmp_path, column, values):
    path = tmp_path / "values.parquet"
    with pytest.raises(StudyError) as caught:
        write_table(example("values").assign(**{column: values}), "values", path)
    assert str(caught.value).startswith(f"{path}: does not fit the schema 'values'")
    assert column in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_whole_numbers_in_a_float_column_are_taken(tmp_path):
    write_table(example("values").assign(items=[1.0, 2.0, 3.0]), "values", tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet", "values")["items"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("column", SCHEMAS["values"])
def test_missing_column_is_refused(tmp_path, column):
    with pytest.raises(StudyError, match=column):
        write_table(example("values").drop(columns=column), "values", tmp_path / "t.parquet")


def test_table_of_another_schema_is_refused_when_read(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(example("values"), "values", path)
    with pytest.raises(StudyError, match=r"t\.parquet: does not fit the schema 'ratings'"):
        read_table(path, "ratings")


def test_foreign_column_is_refused_when_read(tmp_path):
    example("values").assign(extra=1).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(StudyError, match="extra"):
        read_table(tmp_path / "t.parquet", "values")


def test_missing_file_is_a_study_error(tmp_path):
    with pytest.raises(StudyError, match=r"none\.parquet: can't be read as a table"):
        read_table(tmp_path / "none.parquet", "values")


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"no table at all", b"PAR1" + b"\0" * 99 + b"PAR1"]
)
def test_file_that_is_no_table_is_a_study_error(tmp_path, content):
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    with pytest.raises(StudyError, match="Remove it to make it anew"):
        read_table(path, "values")


def test_damaged_table_is_refused_or_unharmed(tmp_path):
    """Flip bytes all over the file: never another table, never another kind of error."""
    path, damaged = tmp_path / "t.parquet", tmp_path / "d.parquet"
    write_table(example("values"), "values", path)
    whole, good = path.read_bytes(), plain(example("values"))
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    places = [*range(0, footer, 9), *range(footer, len(whole), 61)]
    refused = 0
    for place in places:
        shutil.copy(path, damaged)
        with damaged.open("r+b") as file:
            file.seek(place)
            file.write(bytes([whole[place] ^ 0xFF]))
        try:
            assert plain(read_table(damaged, "values")) == good, f"byte {place}"
        except StudyError:
            refused += 1
    assert refused > len(places) / 3


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_cut_table_is_refused(tmp_path, share):
    path = tmp_path / "t.parquet"
    write_table(example("responses"), "responses", path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(StudyError, match="can't be read as a table"):
        read_table(path, "responses")
