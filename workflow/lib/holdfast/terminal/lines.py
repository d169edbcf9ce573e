"""A line now and then: the view of a run where nothing can be drawn, and the choice between it and the bars."""

import os
import time
from contextlib import suppress
from typing import TextIO

from holdfast.job_log import duration
from holdfast.terminal.run_state import Run, progress_words
from holdfast.terminal.screens import Kind, Screen


class Lines:
    """Plain lines, for files, pipes and terminals that can't move the cursor.

    A line comes at each tenth of the jobs, and else after ever longer silence. So there are few, however
    long a run is.
    """

    every = 1.0
    _PAUSE, _SILENCE = 5.0, 30.0  # seconds between lines, at least; and at most, at first

    def __init__(self, stream: TextIO) -> None:
        """Begin on a stream."""
        self._stream = stream
        self._said: float | None = None
        self._tenth, self._silence = 0, self._SILENCE

    def say(self, text: str, kind: Kind = "note") -> None:
        """Write a line; a reader that went away ends no run."""
        with suppress(OSError, ValueError):
            print(text, file=self._stream, flush=True)

    def draw(self, run: Run, now: float) -> None:
        """Write how far the run is, if it is time."""
        if not run.total or run.done == run.total:
            return
        last = run.begun if self._said is None else self._said
        tenth, silent = 10 * run.done // run.total, now - last
        if silent >= self._silence:
            self._silence *= 2
        elif tenth == self._tenth or silent < self._PAUSE:
            return
        self._tenth, self._said = tenth, now
        under_way = [f"{job.name}: {progress_words(job, now)}" for job in run.running.values()]
        more = f"; {under_way[0]}" if under_way else ""
        more += f"; {len(under_way) - 1} more" if len(under_way) > 1 else ""
        done = f"{run.done} of {run.total} jobs done after {duration(now - run.begun)}"
        self.say(f"{time.strftime('%H:%M:%S')} {done}{more}")

    def close(self) -> None:
        """Nothing is to be taken away."""


def make_screen(stream: TextIO, terminal: bool) -> Screen:
    """Return the bars where they can be drawn, else the lines.

    Args:
        stream: where to write.
        terminal: whether a person sees all that is written.
    """
    wanted = os.environ.get("HOLDFAST_TERMINAL") != "lines"
    if not terminal or not wanted or os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return Lines(stream)
    try:
        from holdfast.terminal.bars import Bars
    except ImportError:  # where Snakemake comes without rich
        return Lines(stream)
    return Bars(stream)
