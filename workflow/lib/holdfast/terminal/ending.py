"""The last lines of a run: what came out, where it is, and what to do next."""

import csv
from collections import Counter
from collections.abc import Container
from pathlib import Path

from holdfast.job_log import duration
from holdfast.terminal.run_state import Failure, Run
from holdfast.terminal.screens import Kind
from holdfast.terminal.told_study import Told

Line = tuple[str, Kind]
MOST_FAILURES = 3
"""Failed jobs that are named at the end; more are only counted."""


def finished(run: Run, now: float, told: Told | None) -> list[Line]:
    """Return the lines of a run that did all that it should."""
    done = f"Done in {duration(now - run.begun)}: {counted(run.done, 'job')}"
    if told is None or not run.whole or not told.page.exists():
        return [(f"{done}, {warned(run)}.", "headline")]
    words, next_step = _checks(told.results / "checks.csv")
    lines: list[Line] = [(f"{done}, {warned(run)}{words}.", "headline"), *_headline(told)]
    return [*lines, (f"Page: {told.page}", "headline"), (f"Next: {next_step}", "note")]


def nothing(told: Told | None) -> list[Line]:
    """Return the lines of a run that had nothing to do."""
    lines: list[Line] = [("Nothing to be done: all that was asked for is there.", "headline")]
    if told is not None and told.page.exists():
        lines.append((f"Page: {told.page}", "headline"))
    return lines


def failed(
    run: Run, now: float, log: Path | None, fresh: Container[int] = frozenset()
) -> list[Line]:
    """Return the lines of a run in which jobs failed, or that the user stopped.

    Args:
        run: the run.
        now: the time on its clock in seconds.
        log: Snakemake's own log.
        fresh: jobs whose failure stands just above these lines.
    """
    spent = f"after {duration(now - run.begun)}"
    done = f"{run.done} of {counted(run.total, 'job')} done"
    if run.stopped:
        said = f"Stopped {spent}: {done}. What was saved is kept."
        return [(said, "headline"), ("Next: the same command goes on from there.", "note")]
    failures = [failure for job, failure in run.failures.items() if job not in fresh]
    many = f"{counted(len(run.failures), 'job')} failed, " if run.failures else ""
    lines: list[Line] = [(f"Failed {spent}: {many}{done}, {warned(run)}.", "headline")]
    lines += [line for f in failures[:MOST_FAILURES] for line in _failure(f)]
    if log is not None:
        more = len(failures) - MOST_FAILURES
        also = f", with {counted(more, 'more failed job')}" if more > 0 else ""
        lines.append((f"Snakemake's log{also}: {log}", "note"))
    mend = "mend the cause, then run the same command again: it goes on from what is done."
    return [*lines, (f"Next: {mend}", "note")]


def counted(n: int, what: str) -> str:
    """Return a number of things: 1 job, 2 jobs, no warnings."""
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


def warned(run: Run) -> str:
    """Return how many different warnings there were."""
    return counted(len(run.warnings), "warning")


def _failure(failure: Failure) -> list[Line]:
    """Return which job failed, why in one line, and where its log is."""
    lines: list[Line] = [(f"  {failure.name}: {failure.why.splitlines()[0]}", "error")]
    return [*lines, (f"    log: {failure.log}", "note")] if failure.log else lines


def _checks(path: Path) -> tuple[str, str]:
    """Return how many of the study's checks failed, and what to do next."""
    look = "open the page in a browser; docs/reading.md explains it."
    try:
        with path.open(encoding="utf-8", newline="") as file:
            states = Counter(row["state"] for row in csv.DictReader(file))
    except (OSError, KeyError, ValueError):
        return "", look
    bad, judged = states["failed"], states["failed"] + states["warning"] + states["passed"]
    said = f", {bad or 'none'} of {counted(judged, 'check')} failed"
    if states["warning"]:
        said += f", {states['warning']} with a warning"
    if bad or states["warning"]:
        look = "open the page in a browser, and read its section of checks first."
    return said, look


def _headline(told: Told) -> list[Line]:
    """Return the page's first sentence, and what limits it; nothing where it can't be made."""
    from holdfast.errors import StudyError
    from holdfast.report.wording.model_labels import kind
    from holdfast.report.wording.summary import summaries
    from holdfast.tables.table_files import read_table

    try:
        estimates, comparisons = (
            read_table(told.results / f"{name}.parquet", name)
            for name in ("estimates", "comparisons")
        )
    except StudyError:
        return []
    found = summaries(estimates, told.models, comparisons)
    if not found:
        return []
    first = f"{found[0].scene}: " if len(found) > 1 else ""
    lines: list[Line] = [(f"{first}{found[0].headline}", "headline")]
    if any(kind(entry) == "miniature" for entry in told.models.values()):
        said = "Miniatures are fixtures of this project: none of it says anything about the real families."
        lines.append((said, "note"))
    return lines
