"""A logger plugin of Snakemake that shows a run as `holdfast.terminal` does.

`profiles/default` asks for it where it can be imported, as in the environment that the set-up makes. What
is no run, as a dry run, and a run with `--quiet` or `--verbose`, is shown as Snakemake shows it itself; so
is every run with HOLDFAST_TERMINAL=snakemake.
"""

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake.logging import logger as words
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

if TYPE_CHECKING:
    from holdfast.terminal.view import View


class LogHandler(LogHandlerBase):
    """Puts a handler of ours in the place of Snakemake's own.

    Snakemake hands a plugin its words through a queue and in another thread. The handler is put on the logger
    itself, so that no job starts before its words are put aside, and nothing is shown too late.
    """

    def __post_init__(self) -> None:
        """Put the handler on Snakemake's logger, as Snakemake does with its own."""
        words.addHandler(Handler(self.common_settings))

    def emit(self, record: logging.LogRecord) -> None:
        """Do nothing: the handler on the logger has had the record."""

    @property
    def writes_to_stream(self) -> bool:
        """Snakemake's own handler is not wanted besides."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Snakemake's log file is its own."""
        return False

    @property
    def has_filter(self) -> bool:
        """Nothing is shown here."""
        return True

    @property
    def has_formatter(self) -> bool:
        """Nothing is shown here."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """The graph of rules is not needed."""
        return False


class Handler(logging.Handler):
    """Shows all as Snakemake does, until a run begins; then hands it to the view."""

    def __init__(self, settings: Any) -> None:
        """Begin with Snakemake's settings of its output."""
        super().__init__()
        stream = sys.stdout if settings.stdout else sys.stderr
        self._usual = ColorizingTextHandler(nocolor=settings.nocolor, stream=stream)
        self._usual.addFilter(
            DefaultFilter(
                settings.quiet, settings.debug_dag, settings.verbose, settings.dryrun,
                settings.printshellcmds,
            )
        )  # fmt: skip
        self._usual.setFormatter(DefaultFormatter(settings.quiet, settings.show_failed_logs))
        asked = (settings.quiet, settings.debug_dag, settings.verbose, settings.show_failed_logs)
        usual = os.environ.get("HOLDFAST_TERMINAL") == "snakemake"
        self._as_usual = bool(usual or settings.dryrun or any(asked))
        self._held: logging.LogRecord | None = None
        self._view: View | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record."""
        if self._as_usual:
            self._usual.handle(record)
        elif self._view is not None:
            try:
                hand_over(record, self._view)
            except Exception:  # a mistake in the view ends no run; it is told in Snakemake's log
                self.handleError(record)
        elif getattr(record, "event", None) == LogEvent.WORKFLOW_STARTED:
            self._begin(record)
        else:
            self._hold(record)

    def close(self) -> None:
        """End the view; Snakemake calls this more than once."""
        view, self._view = self._view, None
        self._release()
        if view is not None:
            view.close()
        super().close()

    def _hold(self, record: logging.LogRecord) -> None:
        """Show a record a step late: the last before a run is told by the view in its own way."""
        self._release()
        self._held = record

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._usual.handle(held)

    def _begin(self, record: logging.LogRecord) -> None:
        # only now: the Snakefile has put its own library on the path
        try:
            from holdfast.terminal.view import View

            self._view = View(_log_file())
            self._held = None
        except (ImportError, OSError):
            self._as_usual = True
            self._release()
            self._usual.handle(record)


def _log_file() -> Path | None:
    """Return where Snakemake writes its log."""
    found = [h.baseFilename for h in words.handlers if isinstance(h, logging.FileHandler)]
    return Path(found[0]) if found else None


def hand_over(record: logging.LogRecord, view: "View") -> None:
    """Tell the view what a record says."""
    said: dict[str, Any] = vars(record)
    match said.get("event"):
        case LogEvent.RUN_INFO:
            view.planned(said["stats"])
        case LogEvent.JOB_INFO:
            view.started(said["jobid"], said["rule_name"], said["wildcards"], said["log"])
        case LogEvent.JOB_FINISHED:
            view.finished(said["job_id"])
        case LogEvent.PROGRESS:
            view.progressed(said["done"], said["total"])
        case LogEvent.JOB_ERROR if not said["indent"]:
            view.failed(said["jobid"], said["rule_name"], said["log"], said["rule_msg"] or "")
        case LogEvent.GROUP_ERROR:
            _group_failed(said, view)
        case LogEvent.ERROR:
            view.error(record.getMessage(), said.get("exception") or "")
        case None if record.msg:
            view.words(record.getMessage(), record.levelno)


def _group_failed(said: dict[str, Any], view: "View") -> None:
    """Tell of the jobs of a group that say an error; where none does, of the group."""
    jobs = said["job_error_info"]
    told = [view.failed(j["jobid"], j["rule_name"], j["log"], sure=False) for j in jobs]
    if jobs and not any(told):
        name = f"group {said['groupid']}"
        view.failed(jobs[0]["jobid"], name, said["aux_logs"], jobs[0]["rule_msg"] or "")
