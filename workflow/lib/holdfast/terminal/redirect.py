"""Jobs' own words, put aside: their processes write to the terminal too, and would tear the view."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO


class Aside:
    """Standard output and error of this process and those that it starts, appended to a file for a while.

    What the processes print is kept, and none of it reaches the terminal. `stream` still does.
    """

    def __init__(self, path: Path | None) -> None:
        """Begin.

        Args:
            path: the file; None leaves all as it is.

        Raises:
            OSError: the file can't be opened, or there is no standard output or error.
        """
        self.path, self._kept = path, (os.dup(1), os.dup(2))
        self.terminal = all(map(os.isatty, self._kept))
        encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
        self.stream: TextIO = open(  # noqa: SIM115 - closed by `close`
            os.dup(2), "w", encoding=encoding, errors="replace"
        )
        if path is not None:
            _flush()
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            for number in (1, 2):
                os.dup2(file, number)
            os.close(file)

    def said(self, since: int) -> str:
        """Return what the file holds after a number of bytes."""
        if self.path is None:
            return ""
        try:
            with self.path.open("rb") as file:
                file.seek(since)
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def size(self) -> int:
        """Return how many bytes the file has."""
        try:
            return self.path.stat().st_size if self.path is not None else 0
        except OSError:
            return 0

    def close(self) -> None:
        """Give standard output and error back."""
        _flush()
        for number, kept in zip((1, 2), self._kept, strict=True):
            os.dup2(kept, number)
            os.close(kept)
        with suppress(OSError):  # its reader may have gone away
            self.stream.close()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
