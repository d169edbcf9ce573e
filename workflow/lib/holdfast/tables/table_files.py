"""Writing and reading tables: whole or not at all, and checked against their schemas both times."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from pandas.api.types import is_float_dtype
from pyarrow import ArrowException

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError

ROWS = 2**17
"""Rows that stand side by side in a file, and are read at a time where not all are needed at once."""


def write_table(table: pd.DataFrame, schema: str, output: Path) -> None:
    """Check a table against its schema and write it as Parquet, whole or not at all.

    Args:
        table: the table; columns in any order.
        schema: its name in SCHEMAS.
        output: the file; its folder is made.

    Raises:
        StudyError: the table does not fit, or the file can't be written.
    """
    rows = checked(table, schema, str(output))
    options: dict[str, Any] = {"row_group_size": ROWS, "write_page_checksum": True}
    write_whole(output, lambda t: rows.to_parquet(t, index=False, **options))


def read_table(path: Path, schema: str) -> pd.DataFrame:
    """Return a table that `write_table` wrote, checked again.

    Raises:
        StudyError: the file is missing, damaged, or does not fit its schema.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read().to_pandas()
    except (OSError, ValueError, ArrowException) as e:
        raise unreadable(path, e) from None
    return validated(table, schema, str(path))


def unreadable(path: Path, error: Exception) -> StudyError:
    """Return the message for a file that is no table."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return StudyError(f"{path}: can't be read as a table: {reason}. Remove it to make it anew.")


def checked(table: pd.DataFrame, schema: str, where: str) -> pd.DataFrame:
    """Return a table as its schema has it, whatever the order of its columns; StudyError if it does not fit."""
    from holdfast.tables.schemas import SCHEMAS

    columns = list(SCHEMAS[schema])
    return validated(table[[c for c in columns if c in table]], schema, where)


def validated(table: pd.DataFrame, schema: str, where: str) -> pd.DataFrame:
    """Return a table as its schema has it; StudyError if its columns or their order are others."""
    from holdfast.tables.schemas import SCHEMAS

    def misfit(reason: str) -> StudyError:
        return StudyError(f"{where}: does not fit the schema '{schema}': {reason}.")

    columns = SCHEMAS[schema]
    if missing := [c for c, about in columns.items() if about.required and c not in table]:
        raise misfit(f"no column '{missing[0]}'")
    if unknown := [c for c in table if c not in columns]:
        raise misfit(f"unknown column '{unknown[0]}'")
    if list(table) != (order := [c for c in columns if c in table]):
        raise misfit(f"the columns are not in the order {', '.join(order)}")
    for name in order:
        about, column = columns[name], table[name]
        fractions = is_float_dtype(column) and about.dtype in ("int64", "Int64")
        if (
            fractions and not (cut := column[column % 1 != 0].dropna()).empty
        ):  # a cast would cut them off
            raise misfit(f"{name}: {cut.iloc[0]} is no whole number")
        if not about.nullable and column.isna().any():
            raise misfit(f"{name}: an empty cell")
    try:
        return table.astype({c: columns[c].dtype for c in order})
    except (TypeError, ValueError) as e:
        raise misfit(str(e)) from None
