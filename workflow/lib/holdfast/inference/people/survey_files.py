"""Survey files: CSV, or Parquet, of which only the columns that a mapping names are read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from pyarrow import ArrowException

from holdfast.errors import StudyError
from holdfast.inference.people.coded_answers import code_text
from holdfast.inference.people.people_mapping import PeopleMapping
from holdfast.spreadsheets import place_of, read_columns
from holdfast.yaml_and_csv import read_bytes

PARQUET = (".parquet", ".pq")


def read_survey(
    path: Path, mapping: PeopleMapping, where: Path, items: Sequence[int]
) -> pd.DataFrame:
    """Return the columns that a mapping names as text, with the row's place in the file as index.

    Args:
        path: the file; one that ends in .parquet is read as Parquet, any other as CSV.
        mapping: names the columns.
        where: the mapping's file, for messages.
        items: numbers of the questionnaire's items.

    Raises:
        StudyError: the file can't be read, or has no such column.
    """
    needed = {name: f"{where}: {key}" for name, key in mapping.columns(items).items()}
    if path.suffix.lower() in PARQUET:
        table = _parquet(path, needed)
    else:
        lines, columns = read_columns(path, read_bytes(path), needed, mapping.header_rows)
        table = pd.DataFrame(columns, index=pd.Index(lines))
    return table.apply(_as_codes)


def check_columns(path: Path, mapping: PeopleMapping, where: Path, items: Sequence[int]) -> None:
    """Raise StudyError if a survey's file is not there, or lacks a column that a mapping names.

    Of a Parquet file only the header is read. A CSV file is read as far as its separator needs.
    """
    needed = {name: f"{where}: {key}" for name, key in mapping.columns(items).items()}
    if path.suffix.lower() in PARQUET:
        _places(path, needed)
    else:
        read_columns(path, _beginning(path, mapping.header_rows), needed, mapping.header_rows)


def row_word(path: Path) -> str:
    """Return what a row's place in a file is called."""
    return "row" if path.suffix.lower() in PARQUET else "line"


def _beginning(path: Path, header_rows: int) -> bytes:
    """Return the beginning of a CSV file: its header and a row, with cells of several lines whole."""
    data = read_bytes(path)
    end = 0
    for _ in range(header_rows + 1):
        while (end := data.find(b"\n", end) + 1) and data.count(b'"', 0, end) % 2:
            pass
        if not end:
            return data
    return data[:end]


def _parquet(path: Path, needed: Mapping[str, str]) -> pd.DataFrame:
    _places(path, needed)
    try:
        with pq.ParquetFile(path) as file:
            table: pd.DataFrame = file.read(columns=list(needed)).to_pandas()[list(needed)]
    except (OSError, ValueError, ArrowException) as e:
        raise StudyError(f"{path}: can't be read: {str(e).splitlines()[0]}.") from None
    if table.empty:
        raise StudyError(f"{path}: has no rows.")
    table.index = pd.RangeIndex(1, len(table) + 1)
    return table


def _places(path: Path, needed: Mapping[str, str]) -> None:
    if not path.is_file():
        read_bytes(path)  # says which files are beside it
    try:
        with pq.ParquetFile(path) as file:
            header = list(file.schema_arrow.names)
    except (OSError, ValueError, ArrowException) as e:
        raise StudyError(f"{path}: is no Parquet file: {str(e).splitlines()[0]}.") from None
    for name, why in needed.items():
        place_of(path, name, header, why)


def _as_codes(column: pd.Series) -> pd.Series:
    """Return a column as text; nothing is an empty text."""
    known = {v: code_text(v) for v in column.dropna().unique()}
    return column.map(known).fillna("").astype(str)
