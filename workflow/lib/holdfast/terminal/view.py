"""The view of a run, fed with what Snakemake reports."""

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from holdfast.report.wording.text_format import visible
from holdfast.terminal import ending
from holdfast.terminal.job_progress import JobLog, from_output
from holdfast.terminal.lines import make_screen
from holdfast.terminal.redirect import Aside
from holdfast.terminal.run_state import Failure, Job, Run, job_name
from holdfast.terminal.screens import Kind, Screen
from holdfast.terminal.told_study import told

MOST_WARNINGS = 8
"""Warnings that are shown as they come; more are only counted, and stand in Snakemake's log."""
MOST_ERRORS = 3
MOST_LINES = 3
"""Lines of one error that are shown."""
_SHOWN = re.compile("conda environment|Trying to restart job|Will exit after finishing")
_TOLD_OTHERWISE = re.compile(
    "Exiting because a job execution failed|At least one job did not complete successfully"
    "|Cancelling snakemake on user request|Complete log|CalledProcessError in file"
)


class View:
    """Shows a run. Its methods may be called by several threads."""

    def __init__(
        self, log: Path | None, screen: Screen | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """Begin; what jobs print goes to Snakemake's log from now on.

        Args:
            log: Snakemake's log; None where there is none.
            screen: where the run is shown; by default this process's standard error.
            clock: a clock in seconds.

        Raises:
            OSError: standard output or error can't be put aside.
        """
        self._aside = Aside(log)
        self._screen = screen or make_screen(
            self._aside.stream, self._aside.terminal and log is not None
        )
        self._clock, self._lock = clock, threading.RLock()
        self._run, self._nothing, self._error = Run(clock()), False, ""
        self._closed = threading.Event()
        self._outputs: dict[int, int] = {}
        self._fresh: set[int] = set()  # jobs whose failure was told, and nothing since
        self._thread = threading.Thread(target=self._tick, daemon=True)
        self._thread.start()

    def planned(self, stats: Mapping[str, int]) -> None:
        """Take note of the jobs to do: how many of each rule, and in all under `total`."""
        with self._lock:
            self._run.total = stats["total"]
            self._run.whole = bool({"study", "all"} & stats.keys())
            study = told()
            about = f"study {study.name}: " if study else ""
            log = f"; log: {_near(self._aside.path)}" if self._aside.path else ""
            self._say(f"{about}{ending.counted(self._run.total, 'job')} to do{log}")
            self._screen.draw(self._run, self._clock())

    def started(
        self, job: int, rule: str, wildcards: Mapping[str, str], logs: Sequence[str]
    ) -> None:
        """Take note of a job that is started, or put into a cluster's queue."""
        with self._lock:
            log = JobLog(Path(logs[0])) if logs else None
            self._run.failures.pop(job, None)  # tried again
            self._run.running[job] = Job(job_name(rule, dict(wildcards)), log, self._clock())
            self._outputs[job] = self._aside.size()

    def finished(self, job: int) -> None:
        """Take note of a job that is done."""
        with self._lock:
            if ended := self._run.running.pop(job, None):
                self._read(ended)

    def progressed(self, done: int, total: int) -> None:
        """Take note of how many jobs are done; `total` may have grown."""
        with self._lock:
            self._run.done, self._run.total = done, total
            self._screen.draw(self._run, self._clock())

    def failed(
        self, job: int, rule: str, logs: Sequence[str], said: str = "", sure: bool = True
    ) -> bool:
        """Take note of a job that failed, and say why.

        Args:
            job: Snakemake's number of the job.
            rule: the job's rule.
            logs: its log, and those of a cluster.
            said: what Snakemake or the cluster says of it.
            sure: whether it failed itself; of others in its group only those count that say an error.

        Returns:
            Whether it counts as failed.
        """
        with self._lock:
            known = self._run.running.pop(job, None)
            log = known.log if known else None
            if known:
                self._read(known)
            if self._run.stopped:  # the user ended it
                return True
            why = log.why() if log else None
            if why is None and not sure:
                return False
            name = known.name if known else job_name(rule, {})
            why = why or from_output(self._aside.said(self._outputs.get(job, 0)), rule, name)
            why = why or visible(said) or "it ended without a word"
            failure = Failure(name, logs[0] if logs else "", why)
            self._run.failures[job] = failure
            if len(self._run.failures) <= MOST_ERRORS:
                self._screen.say(_told(failure), "error")
                self._fresh.add(job)
            return True

    def error(self, text: str, exception: str = "") -> None:
        """Take note of what ended the run, or kept it from beginning."""
        with self._lock:
            self._run.stopped |= exception == "KeyboardInterrupt"
            if not _TOLD_OTHERWISE.search(text):
                self._error = text
                self._say(visible(text).strip(), "error")

    def words(self, text: str, level: int) -> None:
        """Take note of anything else that Snakemake says."""
        with self._lock:
            self._nothing |= text.startswith("Nothing to be done")
            if text.startswith("Terminating processes on user request"):
                self._run.stopped = True
                self._say("Stopping: jobs save what they have.", "warning")
            elif _TOLD_OTHERWISE.search(text):
                return
            elif level >= logging.ERROR:
                self._say(visible(text).strip(), "error")
            elif level >= logging.WARNING:
                self._warn(visible(text).strip())
            elif _SHOWN.search(text):
                self._say(visible(text).strip())

    def close(self) -> None:
        """Say how the run ended, and give standard output and error back."""
        self._closed.set()
        self._thread.join(5)
        with self._lock:
            self._screen.close()
            try:
                for text, kind in self._ending():
                    self._screen.say(text, kind)
            finally:
                self._aside.close()

    def _ending(self) -> list[ending.Line]:
        run, now = self._run, self._clock()
        if self._nothing:
            return ending.nothing(told())
        if not run.total:  # it never began: what kept it has been said
            return []
        if run.done == run.total and not (run.failures or run.stopped or self._error):
            return ending.finished(run, now, told())
        log = _near(self._aside.path) if self._aside.path else None
        return ending.failed(run, now, log, self._fresh)

    def _tick(self) -> None:
        while not self._closed.wait(self._screen.every):
            with self._lock:
                for job in list(self._run.running.values()):
                    self._read(job)
                self._screen.draw(self._run, self._clock())

    def _read(self, job: Job) -> None:
        """Read what a job's log has that is new, and show its warnings."""
        if job.log is None:
            return
        before = job.log.count
        for warning in job.log.warnings():
            self._warn(f"{job.name}: {warning}")
        if job.log.count != before:
            job.counted = self._clock()

    def _say(self, text: str, kind: Kind = "note") -> None:
        self._fresh.clear()
        self._screen.say(text, kind)

    def _warn(self, text: str) -> None:
        self._run.warnings[text] = self._run.warnings.get(text, 0) + 1
        if self._run.warnings[text] > 1:
            return
        if len(self._run.warnings) <= MOST_WARNINGS:
            self._say(f"warning: {text}", "warning")
        elif len(self._run.warnings) == MOST_WARNINGS + 1:
            self._say("further warnings are only counted here", "warning")


def _told(failure: Failure) -> str:
    """Return a failure with its first lines and its log."""
    first, *rest = failure.why.splitlines()[: MOST_LINES + 1]
    lines = [f"error: {failure.name}: {first}", *rest[: MOST_LINES - 1]]
    lines += ["…"] if len(rest) == MOST_LINES else []
    return "\n".join([*lines, f"  its log: {failure.log}"] if failure.log else lines)


def _near(path: Path) -> Path:
    """Return a path from the current folder, where it is inside."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
