"""The live view: one bar for all jobs, one for each job under way, drawn by rich."""

from contextlib import suppress
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from holdfast.job_log import duration
from holdfast.terminal.run_state import Run, progress_words
from holdfast.terminal.screens import Kind

_STYLES: dict[Kind, str] = {"note": "", "warning": "yellow", "error": "red", "headline": "bold"}
_WIDE = 90
"""Columns from which on rates are shown."""
_ECHO = 3
"""Columns left free at the right: ^C is written there, and must not begin a line."""
_MOST = 12
"""Jobs with a line of their own; more are only counted."""


class _Console(Console):
    """A console that leaves it to `Bars` what a terminal that went away means."""

    def on_broken_pipe(self) -> None:
        """Raise what rich would end the process for."""
        raise BrokenPipeError


class Bars:
    """Bars at the foot of the terminal; what is said goes above them and stays."""

    every = 0.5

    def __init__(self, stream: TextIO) -> None:
        """Begin on a terminal."""
        self._console = _Console(file=stream, force_terminal=True, highlight=False, markup=False)
        self._live = Live(
            console=self._console, auto_refresh=False, transient=True,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip

    def say(self, text: str, kind: Kind = "note") -> None:
        """Print a line above the bars; a terminal that went away ends no run."""
        with suppress(OSError, ValueError):
            self._console.print(Text(text, style=_STYLES[kind]))

    def draw(self, run: Run, now: float) -> None:
        """Draw all bars anew."""
        if not run.total:
            return
        with suppress(OSError, ValueError):
            if not self._live.is_started:
                self._live.start()
            size = self._console.size
            signs = "━─" if self._console.encoding.startswith("utf") else "#."
            self._live.update(drawn(run, now, size.width, size.height, signs), refresh=True)

    def close(self) -> None:
        """Take the bars away, and show the cursor again."""
        with suppress(OSError, ValueError):
            self._live.stop()


def drawn(run: Run, now: float, width: int, height: int, signs: str = "━─") -> Table:
    """Return the bars of a run.

    Args:
        run: the run.
        now: the time on its clock in seconds.
        width: columns of the terminal.
        height: lines of the terminal.
        signs: of what a bar is made: what is done, and what is left.
    """
    room, pad = width - _ECHO, 2 if width >= _WIDE else 1
    shown = list(run.running.values())[: max(1, min(_MOST, height - 3))]
    words = [progress_words(job, now, short=width < _WIDE) for job in shown]
    whole = f"{run.done} of {run.total}  {duration(now - run.begun)}{_trouble(run)}"
    bar = max(7, min(30, (width - 60) // 2))
    name = max(12, room - bar - 2 * pad - max(map(len, [whole, *words])))
    table = Table.grid(padding=(0, pad))
    # the first column is as wide as most names need, so that the bars stay where they are
    table.add_column(no_wrap=True, overflow="ellipsis", min_width=min(name, 36), max_width=name)
    table.add_column(width=bar)
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_row(
        Text("all jobs", style="bold"), _bar(run.done, run.total, bar, signs),
        Text(whole, style="bold"),
    )  # fmt: skip
    for job, said in zip(shown, words, strict=True):
        count = job.log.count if job.log else None
        counted = _bar(count.done, count.total, bar, signs) if count and not count.all else ""
        table.add_row(Text(job.name), counted, Text(said))
    if more := len(run.running) - len(shown):
        table.add_row(f"and {more} more")
    return table


def _bar(done: int, total: int, width: int, signs: str) -> Text:
    """Return a bar; its two signs tell its parts from each other where there are no colours."""
    full = width * done // max(total, 1)
    return Text(signs[0] * full, style="green").append(signs[1] * (width - full), style="dim")


def _trouble(run: Run) -> str:
    failed, warned = len(run.failures), len(run.warnings)
    said = [f"{failed} failed"] if failed else []
    said += [f"{warned} warning{'s' if warned > 1 else ''}"] if warned else []
    return "".join(f"  {s}" for s in said)
