"""Receipts: what was paid for is on disk at once, and stays there until a segment has it.

A job appends each answer of a service to a file of its own, one a line with a checksum. A process that is
killed leaves the file behind, and whoever opens the store next reads it. A line that was cut short is no
receipt.
"""

import fcntl
import hashlib
import json
import os
import uuid
from contextlib import suppress
from pathlib import Path

from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Answer

ENDING = ".receipts"


class Receipts:
    """The receipts of a model's folder: this process's own, and those that others left behind.

    Whoever writes a file holds its lock, so that nobody else removes it.
    """

    def __init__(self, folder: Path) -> None:
        """Prepare; nothing is read or written yet.

        Args:
            folder: the model's folder in the store.
        """
        self.folder = folder
        self._own: tuple[Path, int] | None = None
        self._found: dict[Path, int] = {}  # how many bytes of each were read

    def read(self) -> dict[str, Answer]:
        """Return the answers of all files, with their keys; also of those that are still written.

        Raises:
            StudyError: a file can't be read.
        """
        found: dict[str, Answer] = {}
        for path in sorted(self.folder.glob(f"*{ENDING}")):
            try:
                content = path.read_bytes()
            except FileNotFoundError:  # a segment has it by now
                continue
            except OSError as e:
                raise StudyError(f"{path}: can't be read: {e.strerror or e}.") from None
            self._found[path] = len(content)
            found |= dict(filter(None, map(_read, content.splitlines())))
        return found

    def write(self, key: str, answer: Answer) -> None:
        """Append an answer; it is with the operating system when this returns.

        Raises:
            StudyError: it can't be written.
        """
        content = json.dumps({"key": key} | vars(answer) | {"place": None}).encode()
        try:
            if self._own is None:
                self._own = _begun(self.folder)
            os.write(self._own[1], _checksum(content) + b" " + content + b"\n")
        except OSError as e:
            raise StudyError(f"{self.folder}: can't be written: {e.strerror or e}.") from None

    def saved(self) -> None:
        """Remove the files, for segments have all that was read and written; not those of other living jobs."""
        if self._own is not None:
            path, handle = self._own
            self._own = None
            path.unlink(missing_ok=True)
            os.close(handle)
        for path, size in self._found.items():
            _remove_if_left(path, size)
        self._found = {}


def _begun(folder: Path) -> tuple[Path, int]:
    """Return a new file and its handle; it has its name once it is locked."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}{ENDING}"
    hidden = path.with_name(f".{path.name}.part")
    handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    with suppress(OSError):  # not all file systems can
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    hidden.rename(path)
    return path, handle


def _remove_if_left(path: Path, size: int) -> None:
    """Remove a file that no process writes any more; where that can't be known, it stays.

    So does one that has grown since `size` bytes of it were read: its writer was killed later.
    """
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_size == size:
                path.unlink()
        finally:
            os.close(handle)


def _read(line: bytes) -> tuple[str, Answer] | None:
    checksum, _, content = line.partition(b" ")
    if checksum != _checksum(content):
        return None
    about = json.loads(content)
    about["logprobs"] = tuple(about["logprobs"])
    return about.pop("key"), Answer(**about)


def _checksum(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=8).hexdigest().encode()
