"""The response store: the only memory of paid work.

Append-only Parquet segments of answers by their key, each written under a temporary name, synced and
renamed. Every writer has files of its own, so the store works on a network file system.
"""

import hashlib
import json
import logging
import os
import socket
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.files import write_whole
from holdfast.inference.backend import Answer

logger = logging.getLogger(__name__)

SEGMENT = pa.schema(
    [
        ("key", pa.string()),
        ("text", pa.string()),
        ("tokens", pa.int64()),
        ("status", pa.string()),
        ("logprobs", pa.list_(pa.float64())),
        ("mass", pa.float64()),
    ]
)


def key(about: dict[str, object]) -> str:
    """Return the key of an answer: a hash of everything that decides it."""
    text = json.dumps(about, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Store:
    """One model's answers. `get` knows what any earlier job saved; `add` saves as it goes."""

    def __init__(self, folder: Path, save_every: float = 30.0) -> None:
        """Open the store.

        Args:
            folder: the model's folder; it is made at the first save.
            save_every: seconds of work that may be lost if the job dies.
        """
        self.folder = folder
        self.save_every = save_every
        self._answers: dict[str, Answer] = {}
        self._unsaved: dict[str, Answer] = {}
        self._saved_at = time.monotonic()
        for path in sorted(folder.glob("*.parquet")):
            self._answers.update(_read_segment(path))

    def get(self, key: str) -> Answer | None:
        """Return the answer under a key, or None."""
        return self._answers.get(key)

    def add(self, key: str, answer: Answer) -> Answer:
        """Remember an answer, and save if the last save is long enough ago.

        Returns:
            The answer as `get` returns it, now and in later jobs: halves of surrogate pairs, which no
            file can hold, are replaced.
        """
        kept = replace(answer, text=answer.text.encode("utf-8", "replace").decode())
        self._answers[key] = self._unsaved[key] = kept
        if time.monotonic() - self._saved_at > self.save_every:
            self.save()
        return kept

    def save(self) -> None:
        """Write what is not saved yet as a segment of its own."""
        if self._unsaved:
            name = f"{time.strftime('%Y%m%dT%H%M%S')}-{socket.gethostname()}-{os.getpid()}"
            table = _segment(self._unsaved.items())
            path = self.folder / f"{name}-{uuid.uuid4().hex[:8]}.parquet"
            write_whole(path, lambda t: pq.write_table(table, t, write_page_checksum=True))
            self._unsaved = {}
        self._saved_at = time.monotonic()


def _segment(answers: Iterable[tuple[str, Answer]]) -> pa.Table:
    rows = [
        {
            "key": k,
            "text": a.text,
            "tokens": a.tokens,
            "status": a.status,
            "logprobs": list(a.logprobs),
            "mass": a.mass,
        }
        for k, a in answers
    ]
    return pa.Table.from_pylist(rows, schema=SEGMENT)


def _read_segment(path: Path) -> dict[str, Answer]:
    try:
        table = pq.read_table(path, partitioning=None, page_checksum_verification=True)
        if not table.schema.equals(SEGMENT) or any(c.null_count for c in table.columns):
            raise ValueError("not the columns of a segment")
        columns = table.to_pydict()
    except (OSError, ValueError, pa.ArrowException) as e:
        aside = path.with_suffix(".damaged")
        logger.warning("%s is damaged (%s): set aside as %s; its answers are computed again.",
                       path, str(e).splitlines()[0], aside.name)  # fmt: skip
        with suppress(FileNotFoundError):  # another job was faster
            path.replace(aside)
        return {}
    return {
        k: Answer(text, tokens, status, tuple(logprobs), mass)
        for k, text, tokens, status, logprobs, mass in zip(*columns.values(), strict=True)
    }
