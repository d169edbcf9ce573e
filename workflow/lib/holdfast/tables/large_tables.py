"""Large tables part by part: written and read without ever having all of their rows in memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ArrowException

from holdfast.atomic_writes import whole
from holdfast.tables.table_files import ROWS, checked, unreadable, validated

Add = Callable[[pd.DataFrame], None]


@contextmanager
def table_writer(schema: str, output: Path) -> Iterator[Add]:
    """Give a function that adds rows to a table; the file is there, and whole, when all went well.

    Its bytes depend on the rows alone, not on the parts in which they came.

    Args:
        schema: the table's schema, by its name.
        output: the Parquet file; its folder is made.

    Raises:
        StudyError: a part does not fit the schema, or the file can't be written.
    """
    with whole(output) as temporary:
        parts = _Parts(schema, temporary, str(output))
        try:
            yield parts.add
            parts.end()
        finally:
            parts.close()


def read_parts(path: Path, schema: str) -> Iterator[pd.DataFrame]:
    """Yield a table's rows in their order, so many at a time as a writer puts side by side.

    A table without rows is one part without rows.

    Raises:
        StudyError: the file is missing, damaged, or does not fit its schema.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for number in range(file.num_row_groups):
                yield validated(file.read_row_group(number).to_pandas(), schema, str(path))
            if not file.num_row_groups:
                yield validated(file.read().to_pandas(), schema, str(path))
    except (OSError, ValueError, ArrowException) as e:
        raise unreadable(path, e) from None


class _Parts:
    """Rows that wait until there are enough of them for a row group."""

    def __init__(self, schema: str, path: Path, where: str) -> None:
        self.schema, self.path, self.where = schema, path, where
        self.waiting: list[pa.Table] = []
        self.columns: pa.Schema | None = None
        self.any = False
        self.file: pq.ParquetWriter | None = None

    def add(self, part: pd.DataFrame) -> None:
        rows = checked(part, self.schema, self.where)
        if self.columns is None or not self.any:  # types of lists are known only when there is one
            found = pa.Table.from_pandas(rows, preserve_index=False).schema
            self.columns, self.any = pa.schema([_filled(f) for f in found]), len(rows) > 0
        if len(rows):
            self.waiting.append(pa.Table.from_pandas(rows, self.columns, preserve_index=False))
        while sum(map(len, self.waiting)) >= ROWS:
            self._write()

    def _write(self) -> None:
        """Write a row group: the first so many rows that wait, or all if they are fewer."""
        rows = pa.concat_tables(self.waiting)
        self._open(rows.schema).write_table(
            rows[:ROWS].combine_chunks(),  # bytes depend on where chunks end
            row_group_size=ROWS,
        )
        self.waiting = [rows[ROWS:]] if len(rows) > ROWS else []

    def _open(self, schema: pa.Schema) -> pq.ParquetWriter:
        self.file = self.file or pq.ParquetWriter(self.path, schema, write_page_checksum=True)
        return self.file

    def end(self) -> None:
        """Write what still waits; a table without rows has its columns alone."""
        if self.waiting:
            self._write()
        if self.file is None:
            assert self.columns is not None, "nothing was added, not even a part without rows"
            self._open(self.columns).write_table(self.columns.empty_table())

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


def _filled(field: pa.Field) -> pa.Field:
    """Return a column of lists as one of numbers where the first part has no list with anything in it."""
    if pa.types.is_list(field.type) and pa.types.is_null(field.type.value_type):
        return field.with_type(pa.list_(pa.float64()))
    return field
