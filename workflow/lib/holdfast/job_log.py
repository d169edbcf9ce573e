"""Logs that say how far a long job is: done of total, rate and time left."""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holdfast.errors import StudyError
from holdfast.interrupts import Stopped, stoppable

logger = logging.getLogger(__name__)


@contextmanager
def logged(log: str | Path, name: str = "") -> Iterator[None]:
    """Send the library's log to a file and to the terminal; show a user's mistake without traceback.

    A signal that asks the job to end is told in one line as well.

    Args:
        log: the log file.
        name: what the job is called on the terminal.
    """
    logging.raiseExceptions = False  # a log that can't be written, on a full disk, stops no job
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for noisy in ("httpx2", "httpcore2", "matplotlib", "fontTools"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [
        logging.FileHandler(log, mode="w", encoding="utf-8"),
        logging.StreamHandler(sys.stderr),
    ]
    prefix = f"{name}: " if name else ""
    for handler in handlers:
        handler.setFormatter(_Marked(f"%(asctime)s {prefix}%(message)s", "%H:%M:%S"))
        root.addHandler(handler)
    try:
        with stoppable():
            yield
    except Stopped as e:
        logger.warning(
            "ended by %s; what was saved is kept, and the next run goes on from it", e.signal
        )
        raise SystemExit(e.code) from None
    except StudyError as e:
        logger.error("%s", e)
        raise SystemExit(1) from None
    except Exception:
        logger.exception("failed")
        raise SystemExit(1) from None
    finally:
        if os.environ.get("CONDA_PREFIX"):
            logger.info("packages from %s", sys.prefix)
        for handler in handlers:
            root.removeHandler(handler)
            with suppress(OSError):
                handler.close() if isinstance(handler, logging.FileHandler) else handler.flush()


class _Marked(logging.Formatter):
    """Says of a warning and of an error that it is one: the terminal shows them as they come."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        if record.levelno >= logging.WARNING:
            record.message = f"{record.levelname.lower()}: {record.message}"
        return super().formatMessage(record)


class Progress:
    """Says in the log how much is done, at most every few seconds."""

    def __init__(self, what: str, total: int, every: float = 5.0) -> None:
        """Begin.

        Args:
            what: what is counted, as "answers".
            total: how many there will be.
            every: seconds between lines.
        """
        self.what, self.total, self.every = what, total, every
        self.done = 0
        self.start = self.said = time.monotonic()

    def step(self, n: int = 1) -> None:
        """Count `n` more; say so if it is time, and at the end."""
        self.done += n
        now = time.monotonic()
        early = 100 * self.done < self.total  # too few to tell the time left
        if (now - self.said >= self.every and not early) or self.done == self.total:
            self.said = now
            rate = self.done / max(now - self.start, 1e-9)
            left = (self.total - self.done) / max(rate, 1e-9)
            logger.info("%s: %d of %d (%.0f %%), %.1f/s, %s left", self.what, self.done, self.total,
                        100 * self.done / self.total, rate, duration(left))  # fmt: skip


def duration(seconds: float) -> str:
    """Return a time span as people say it: 45 s, 3 min 5 s, 2 h 10 min."""
    s = round(seconds)
    if s < 60:
        return f"{s} s"
    if s < 3600:
        return f"{s // 60} min {s % 60} s"
    return f"{s // 3600} h {s % 3600 // 60} min"
