"""Tables written and read in parts are those that are written and read at once."""

import numpy as np
import pandas as pd
import pytest

from holdfast.errors import StudyError
from holdfast.tables import large_tables as table_parts
from holdfast.tables import table_files as tables
from holdfast.tables.large_tables import read_parts, table_writer
from holdfast.tables.table_files import read_table, write_table


def responses(rows: int) -> pd.DataFrame:
    """Return answers of which some have no log-probabilities."""
    some = np.random.default_rng(3)
    logs = [list(some.normal(size=3)) if i % 3 else [] for i in range(rows)]
    text = {c: [f"{c}{i % 7}" for i in range(rows)] for c in ("respondent", "context", "answer")}
    same = dict.fromkeys(
        ("model", "population", "instrument", "status", "readout", "revision"), "x"
    )
    return pd.DataFrame(text).assign(
        **same, replicate=1, item=range(rows), order=[[3, 1, 2]] * rows, logprobs=logs,
        mass=some.random(rows), prompt=[f"p{i}" for i in range(rows)],
    )  # fmt: skip


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS", 10)
    monkeypatch.setattr(table_parts, "ROWS", 10)


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 11, 25, 30])
@pytest.mark.parametrize("size", [1, 7, 10, 13, 100])
def test_bytes_depend_on_the_rows_and_not_on_the_parts(tmp_path, rows, size):
    table = responses(30)[:rows].reset_index(drop=True)
    write_table(table, "responses", tmp_path / "whole.parquet")
    with table_writer("responses", tmp_path / "parts.parquet") as add:
        add(table[:0])
        for start in range(0, rows, size):
            add(table[start : start + size])
    whole, parts = (tmp_path / f"{n}.parquet" for n in ("whole", "parts"))
    if rows > 1:  # a lone row without log-probabilities says nothing of their type
        assert parts.read_bytes() == whole.read_bytes()
    back = list(read_parts(parts, "responses"))
    assert all(len(p) <= 10 for p in back)
    pd.testing.assert_frame_equal(
        pd.concat(back, ignore_index=True), read_table(whole, "responses")
    )


def test_a_first_part_without_log_probabilities_may_be_followed_by_one_with_them(tmp_path):
    table = responses(40)
    table["logprobs"] = [[]] * 20 + [[0.5, 0.25]] * 20
    with table_writer("responses", tmp_path / "t.parquet") as add:
        add(table[:20])
        add(table[20:])
    assert list(map(len, read_table(tmp_path / "t.parquet", "responses")["logprobs"])) == [
        *[0] * 20, *[2] * 20
    ]  # fmt: skip


def test_an_error_leaves_no_file(tmp_path):
    with pytest.raises(StudyError, match="schema"), table_writer("values", tmp_path / "t") as add:
        add(pd.DataFrame({"model": ["m"]}))
    with pytest.raises(KeyError), table_writer("responses", tmp_path / "t") as add:
        add(responses(250))
        raise KeyError("in the middle")
    assert not list(tmp_path.iterdir())


def test_a_damaged_or_foreign_table_is_refused(tmp_path):
    path = tmp_path / "t.parquet"
    with pytest.raises(StudyError, match="can't be read as a table"):
        list(read_parts(path, "responses"))
    write_table(responses(150), "responses", path)
    with pytest.raises(StudyError, match="schema 'values'"):
        list(read_parts(path, "values"))
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 255
    path.write_bytes(content)
    with pytest.raises(StudyError, match="can't be read as a table"):
        list(read_parts(path, "responses"))
