"""The response store: the only memory of paid work. Its files are those of `segments`."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from holdfast.inference.backends.protocol import Answer
from holdfast.inference.store.receipts import Receipts
from holdfast.inference.store.store_segments import distinct, read_segments, table_of, write_segment

MOST_PARTS = 16  # tables that are searched one after the other before they are merged


def key(about: dict[str, object]) -> str:
    """Return the key of an answer: a hash of everything that decides it."""
    text = json.dumps(about, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Part:
    """Answers in memory: as columns, which take a fifth of what objects take, sorted by key."""

    table: pa.Table
    keys: np.ndarray

    def row(self, key: str) -> int | None:
        """Return the row of a key, or None."""
        place = int(np.searchsorted(self.keys, key.encode()))
        return place if place < len(self.keys) and self.keys[place] == key.encode() else None


def _part(*tables: pa.Table) -> Part:
    table = distinct(tables)
    return Part(table, table["key"].to_numpy().astype("S"))


class Store:
    """One model's answers. `get` knows what was saved when it looked last; `save_if_due` saves as it goes."""

    def __init__(
        self, folder: Path, save_every: float = 30.0, also: Callable[[], None] | None = None
    ) -> None:
        """Open the store.

        Args:
            folder: the model's folder; it is made at the first save.
            save_every: seconds of work that may be lost if the job dies.
            also: saves what belongs to the answers, whenever they are saved.
        """
        self.folder = folder
        self.save_every = save_every
        self._parts: list[Part] = []
        self._files: set[Path] = set()
        self._unsaved: dict[str, Answer] = {}
        self._block: dict[str, Answer] = {}
        self._saved_at = time.monotonic()
        self._also = also
        self._receipts = Receipts(folder)
        left = self._receipts.read()  # before the segments, by which they may be replaced meanwhile
        self.look()
        self._unsaved |= {k: a for k, a in left.items() if k not in self}

    def look(self) -> None:
        """Read what other jobs have saved since the last look."""
        fresh = list(read_segments(self.folder, self._files))
        self._files |= {path for path, _ in fresh}
        if fresh:
            self._remember(*(table for _, table in fresh))

    def _remember(self, *tables: pa.Table) -> None:
        if len(self._parts) < MOST_PARTS:
            self._parts.append(_part(*tables))
        else:
            self._parts = [_part(*(p.table for p in self._parts), *tables)]

    def get(self, key: str) -> Answer | None:
        """Return the answer under a key, or None."""
        for held in (self._block, self._unsaved):
            if key in held:
                return held[key]
        for part in self._parts:
            row = part.row(key)
            if row is not None:
                return _answer(part.table, row)
        return None

    def __contains__(self, key: str) -> bool:
        """Tell whether there is an answer under a key."""
        held = key in self._block or key in self._unsaved
        return held or any(p.row(key) is not None for p in self._parts)

    def add(self, key: str, answer: Answer, in_block: bool = False) -> Answer:
        """Remember an answer, to be saved later.

        Args:
            key: under which it is found.
            answer: the answer.
            in_block: is it part of a block that is saved whole or not at all?

        Returns:
            The answer as `get` returns it, now and in later jobs: halves of surrogate pairs, which no
            file can hold, are replaced.
        """
        kept = replace(answer, text=_written(answer.text), thought=_written(answer.thought))
        (self._block if in_block else self._unsaved)[key] = kept
        return kept

    def keep(self, key: str, answer: Answer) -> Answer:
        """Remember an answer that was paid for, on disk from now on.

        Arguments and return as `add`, errors as `save`.
        """
        kept = self.add(key, answer)
        self._receipts.write(key, kept)
        return kept

    def end_block(self) -> None:
        """Let the block at hand be saved."""
        self._unsaved |= self._block
        self._block = {}

    def save_if_due(self) -> None:
        """Save, if the last save is long enough ago; errors as `save`."""
        if time.monotonic() - self._saved_at > self.save_every:
            self.save()

    def save(self) -> None:
        """Write what is not saved yet as a segment of its own.

        Raises:
            StudyError: it can't be written; a later call tries it again.
        """
        if self._unsaved:
            table = table_of(self._unsaved.items())
            path = write_segment(self.folder, table)
            self._unsaved = {}  # at once: a signal from here on must not let it be written twice
            self._files.add(path)
            self._remember(table)
        self._receipts.saved()
        if self._also is not None:
            self._also()
        self._saved_at = time.monotonic()


def _written(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _answer(table: pa.Table, row: int) -> Answer:
    _, text, tokens, status, logprobs, mass, thought = (c[row].as_py() for c in table.columns)
    return Answer(text, tokens, status, tuple(logprobs), mass, thought)
