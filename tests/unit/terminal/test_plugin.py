"""The plugin: Snakemake's own words until a run begins, then the view."""

import logging
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

import snakemake_logger_plugin_holdfast as plugin


class Listener:
    """Notes what it is told."""

    def __init__(self, *_):
        self.told = []

    def __getattr__(self, name):
        def note(*given, **more):
            self.told.append((name, *given, *more.items()))
            return name != "failed" or not more

        return note


def record(text="", event=None, level=logging.INFO, **more):
    made = logging.LogRecord("snakemake", level, "", 0, text, (), None)
    vars(made).update(more | ({"event": event} if event else {}))
    return made


def settings(**changed):
    usual = {
        "dryrun": False, "quiet": None, "debug_dag": False, "verbose": False, "nocolor": True,
        "show_failed_logs": False, "stdout": False, "printshellcmds": False,
    }  # fmt: skip
    return SimpleNamespace(**usual | changed)


@pytest.fixture
def said(monkeypatch, capsys):
    """Return what tells what reached the terminal in Snakemake's own way."""
    monkeypatch.setattr("holdfast.terminal.view.View", Listener)
    monkeypatch.delenv("HOLDFAST_TERMINAL", raising=False)
    return lambda: "".join(capsys.readouterr())


HEADER = (
    "datetime", "workflow_id", "platform", "host", "user", "snakemake_version", "python_version",
    "cmd", "snakefile_main", "basedir", "rundir", "cwd", "configfiles", "config_md5",
)  # fmt: skip
STARTED = record("Workflow has started!", LogEvent.WORKFLOW_STARTED, **dict.fromkeys(HEADER, "x"))


def test_until_a_run_begins_all_is_snakemake_s(said):
    handler = plugin.Handler(settings())
    handler.emit(record("Building DAG of jobs..."))
    handler.emit(record("Report created: a.zip."))
    handler.close()
    assert said() == "Building DAG of jobs...\nReport created: a.zip.\n"


def test_a_run_is_the_view_s(said):
    handler = plugin.Handler(settings())
    for one in (record("Assuming unrestricted shared filesystem usage."), STARTED, record("x")):
        handler.emit(one)
    view = handler._view
    handler.close()
    handler.close()
    assert said() == ""
    assert view.told == [("words", "x", logging.INFO), ("close",)]


@pytest.mark.parametrize(
    "changed",
    [{"dryrun": True, "stdout": True}, {"quiet": {"rules"}}, {"verbose": True},
     {"debug_dag": True}, {"show_failed_logs": True}],
)  # fmt: skip
def test_what_asks_for_snakemake_s_words_gets_them(said, changed):
    handler = plugin.Handler(settings(**changed))
    for one in (record("first"), STARTED, record("last")):
        handler.emit(one)
    text = said()
    assert text.startswith("first\n") and text.endswith("last\n") and "SNAKEMAKE" in text


def test_the_environment_may_ask_for_them_too(said, monkeypatch):
    monkeypatch.setenv("HOLDFAST_TERMINAL", "snakemake")
    handler = plugin.Handler(settings())
    handler.emit(STARTED)
    assert handler._view is None and "SNAKEMAKE" in said()


def test_without_standard_error_a_run_is_shown_as_usual(said, monkeypatch):
    def broken(_):
        raise OSError("no standard error")

    monkeypatch.setattr("holdfast.terminal.view.View", broken)
    handler = plugin.Handler(settings())
    for one in (record("first"), STARTED, record("last")):
        handler.emit(one)
    text = said()
    assert text.startswith("first\n") and text.endswith("last\n")


def test_a_mistake_in_the_view_ends_no_run(said, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", True)
    handler = plugin.Handler(settings())
    handler.emit(STARTED)
    handler._view.words = None
    handler.emit(record("x"))
    assert "TypeError" in said(), "in the log, where standard error goes meanwhile"


JOB = {"jobid": 3, "rule_name": "infer", "log": ["a.log"], "rule_msg": None, "indent": False}
GROUP = {"groupid": "analysis", "aux_logs": ["slurm.log"], "job_error_info": [JOB]}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (record("", LogEvent.RUN_INFO, stats={"total": 3}), [("planned", {"total": 3})]),
        (record("", LogEvent.JOB_INFO, wildcards={"model": "m"}, **JOB),
         [("started", 3, "infer", {"model": "m"}, ["a.log"])]),
        (record("", LogEvent.JOB_FINISHED, job_id=3), [("finished", 3)]),
        (record("", LogEvent.PROGRESS, done=1, total=3), [("progressed", 1, 3)]),
        (record("", LogEvent.JOB_ERROR, **JOB), [("failed", 3, "infer", ["a.log"], "")]),
        (record("", LogEvent.JOB_ERROR, **JOB | {"indent": True}), []),
        (record("", LogEvent.GROUP_ERROR, **GROUP),
         [("failed", 3, "infer", ["a.log"], ("sure", False)),
          ("failed", 3, "group analysis", ["slurm.log"], "")]),
        (record("no", LogEvent.ERROR, exception="WorkflowError"), [("error", "no", "WorkflowError")]),
        (record("careful", level=logging.WARNING), [("words", "careful", logging.WARNING)]),
        (record("", LogEvent.SHELLCMD), []),
        (record(None), []),
    ],
)  # fmt: skip
def test_records_are_handed_over(given, told):
    view = Listener()
    plugin.hand_over(given, view)
    assert view.told == told


def test_snakemake_finds_it_and_puts_no_handler_of_its_own():
    from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

    before = list(plugin.words.handlers)
    try:
        made = plugin.LogHandler(settings(), None)
        assert made.writes_to_stream and not made.writes_to_file
        [added] = [h for h in plugin.words.handlers if h not in before]
        assert isinstance(added, plugin.Handler)
    finally:
        plugin.words.handlers[:] = before
    assert LoggerPluginRegistry().is_installed("holdfast")
