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

    columns = list(SCHEMAS[schema].columns)
    return validated(table[[c for c in columns if c in table]], schema, where)


def validated(table: pd.DataFrame, schema: str, where: str) -> pd.DataFrame:
    """Return a table as its schema has it; StudyError if its columns or their order are others."""
    from pandera.errors import SchemaError, SchemaErrors  # slow to load; a plan needs no table

    from holdfast.tables.schemas import SCHEMAS

    for name, column in SCHEMAS[schema].columns.items():  # coercion would cut the fraction off
        whole = str(column.dtype) == "int64" and name in table and is_float_dtype(table[name])
        if whole and not (cut := table[name][table[name] % 1 != 0]).empty:
            raise StudyError(
                f"{where}: does not fit the schema '{schema}': {name}: {cut.iloc[0]} is no whole number."
            )
    try:
        return SCHEMAS[schema].validate(table)
    except (SchemaError, SchemaErrors) as e:
        raise StudyError(f"{where}: does not fit the schema '{schema}': {e}") from None
