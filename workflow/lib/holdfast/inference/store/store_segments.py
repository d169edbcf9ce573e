"""The response store's files: segments of answers, each with a checksum of all its bytes in its name.

A segment is never changed. Every one has a name of its own, so no two writers share a file.
"""

import hashlib
import logging
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.atomic_writes import sync_folder, write_whole
from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import UNENDED, Answer

logger = logging.getLogger(__name__)

SEGMENT = pa.schema(
    [
        ("key", pa.string()),
        ("text", pa.string()),
        ("tokens", pa.int64()),
        ("status", pa.string()),
        ("logprobs", pa.list_(pa.float64())),
        ("mass", pa.float64()),
        ("thought", pa.string()),
    ]
)
WITHOUT_THOUGHTS = SEGMENT.remove(
    SEGMENT.get_field_index("thought")
)  # of stores from before November 2026
ENDING, DAMAGED = ".parquet", ".damaged"
FORGOTTEN = 3600  # seconds after which a temporary file is nobody's any more


def segment_paths(folder: Path) -> list[Path]:
    """Return a model's segments, the oldest first."""
    return sorted(folder.glob(f"*{ENDING}"))


def table_of(answers: Iterable[tuple[str, Answer]]) -> pa.Table:
    """Return answers and their keys as a segment's columns."""
    rows = [{"key": k} | vars(a) | {"logprobs": list(a.logprobs)} for k, a in answers]
    return pa.Table.from_pylist(rows, schema=SEGMENT)


def write_segment(folder: Path, table: pa.Table, since: str = "") -> Path:
    """Write a segment, whole or not at all.

    Args:
        folder: the model's folder in the store.
        table: the answers.
        since: the time in its name, by which segments are ordered; now if empty.

    Raises:
        StudyError: it can't be written.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content = sink.getvalue()
    stamp = since or datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    path = folder / f"{stamp}-{uuid.uuid4().hex[:12]}-{_checksum(content)}{ENDING}"
    write_whole(path, lambda temporary: temporary.write_bytes(content))
    return path


def read_segments(folder: Path, known: Iterable[Path] = ()) -> Iterator[tuple[Path, pa.Table]]:
    """Yield every segment that is not known yet, the oldest first.

    A damaged one is set aside and named in the log. One that a compaction removes meanwhile is no loss:
    its answers are in a newer one, for which the folder is looked through again.

    Raises:
        StudyError: a segment can't be read for another reason than damage.
    """
    seen, vanished = set(known), True
    while vanished:
        vanished = False
        for path in segment_paths(folder):
            if path in seen:
                continue
            seen.add(path)
            try:
                table = _read(path)
            except FileNotFoundError:
                vanished = True
                continue
            if table is not None:
                yield path, table


def distinct(tables: Iterable[pa.Table]) -> pa.Table:
    """Return all answers in the order of their keys, each key once; the oldest answer is kept."""
    table = pa.concat_tables([SEGMENT.empty_table(), *tables])
    _, first = np.unique(table["key"].to_numpy().astype("S"), return_index=True)
    return table.take(pa.array(first)).combine_chunks()


def compact(folder: Path) -> int:
    """Merge a model's segments into one; return how many there were.

    The new one is whole and on disk, under a name that nothing had before, when the first old one is
    removed. So whatever dies meanwhile, and whoever reads or writes, each answer is in a file.

    Raises:
        StudyError: a segment can't be read, or the new one can't be written.
    """
    _remove_forgotten(folder)
    read = list(read_segments(folder))
    if len(read) > 1:
        merged = distinct(table for _, table in read)
        write_segment(folder, merged, since=read[0][0].name.partition("-")[0])
        sync_folder(folder)
        for path, _ in read:
            path.unlink(missing_ok=True)
    return len(read)


def _remove_forgotten(folder: Path) -> None:
    for path in folder.glob(f".*{ENDING}.*.part"):
        with suppress(FileNotFoundError):  # its writer was alive after all
            if time.time() - path.stat().st_mtime > FORGOTTEN:
                path.unlink()


def _checksum(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _read(path: Path) -> pa.Table | None:
    """Return a segment's table, or None after it was set aside."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as e:
        raise StudyError(f"{path}: can't be read: {e.strerror or e}.") from None
    if path.stem.rpartition("-")[2] != _checksum(content):
        _set_aside(path, "its checksum is not that of its name")
        return None
    # A thread that lets go of Python's bytes after the interpreter's end would abort the process.
    table = pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
    if table.schema.equals(WITHOUT_THOUGHTS):
        table = _brought_up_to_date(table)
    if not table.schema.equals(SEGMENT) or any(c.null_count for c in table.columns):
        _set_aside(path, "it has not the columns of a segment")
        return None
    return table


def _brought_up_to_date(table: pa.Table) -> pa.Table:
    """Return an older segment's table with all of today's columns, and today's word for a status."""
    words = [UNENDED if s == "unended" else s for s in table["status"].to_pylist()]
    renamed = table.set_column(
        table.column_names.index("status"), "status", pa.array(words, pa.string())
    )
    return renamed.append_column("thought", pa.array([""] * table.num_rows, pa.string()))


def _set_aside(path: Path, reason: str) -> None:
    aside = path.with_suffix(DAMAGED)
    logger.warning(
        "%s is damaged (%s): set aside as %s; its answers are computed again.",
        path, reason, aside.name,
    )  # fmt: skip
    with suppress(OSError):  # another job was faster, or the folder is read-only
        path.replace(aside)
