"""Ending in order when asked to: SIGTERM and SIGINT become an exception, so that `finally` is run."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Stopped(SystemExit):
    """The process was asked to end; the exit status is that of the signal, as a shell gives it."""

    def __init__(self, number: int) -> None:
        """Name the signal."""
        super().__init__(128 + number)
        self.signal = signal.Signals(number).name


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise Stopped at the first SIGTERM or SIGINT; ignore further ones, so that nothing cuts the end short.

    Ctrl-C and schedulers send several signals one after the other.
    """
    asked: list[int] = []

    def stop(number: int, _: Any) -> None:
        asked.append(number)
        if len(asked) == 1:
            raise Stopped(number)

    before = {n: signal.signal(n, stop) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        if not asked:  # else the process is ending: what still comes is ignored
            for number, handler in before.items():
                signal.signal(number, handler)
