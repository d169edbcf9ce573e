"""The view, fed with what Snakemake reports."""

import logging
import os
import subprocess
import sys

import pytest

from holdfast.terminal import told_study as study
from holdfast.terminal.view import MOST_ERRORS, MOST_WARNINGS, View


class Written:
    """A screen that keeps what it is told."""

    every = 0.01

    def __init__(self):
        self.said, self.closed = [], False

    def say(self, text, kind="note"):
        self.said.append((text, kind))

    def draw(self, run, now):
        self.run = run

    def close(self):
        self.closed = True

    @property
    def text(self):
        return "\n".join(text for text, _ in self.said)


@pytest.fixture
def screen():
    return Written()


@pytest.fixture
def view(screen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(study, "_told", [])
    view = View(tmp_path / "snakemake.log", screen, clock=lambda: 100.0)
    yield view
    if not screen.closed:
        view.close()


def begin(view, total=3):
    view.planned({"infer": total - 1, "study": 1, "total": total})


def write(path, *lines):
    path.write_text("".join(f"12:00:00 a × b: {line}\n" for line in lines))


def test_a_run_that_did_all(view, screen):
    begin(view)
    view.started(1, "infer", {"model": "a", "population": "b"}, ["a.log"])
    assert screen.run.running[1].name == "infer a × b"
    view.finished(1)
    view.progressed(3, 3)
    view.close()
    assert not screen.run.running
    assert "3 jobs to do; log: snakemake.log" in screen.said[0][0]
    assert screen.said[-1] == ("Done in 0 s: 3 jobs, no warnings.", "headline")


def test_warnings_of_jobs_are_shown_once_and_counted(view, screen, tmp_path):
    begin(view)
    for job in (1, 2):
        view.started(job, "infer", {"model": "a"}, [f"{job}.log"])
        write(tmp_path / f"{job}.log", "warning: memory is short", "warning: memory is short")
        view.finished(job)
    assert screen.text.count("warning: infer a: memory is short") == 1
    view.progressed(3, 3)
    view.close()
    assert "1 warning." in screen.said[-1][0]


def test_warnings_are_read_while_the_job_runs(view, screen, tmp_path):
    begin(view)
    view.started(1, "infer", {"model": "a"}, ["a.log"])
    write(tmp_path / "a.log", "warning: slow")
    for _ in range(500):
        if "warning: infer a: slow" in screen.text:
            break
        view._closed.wait(0.01)
    assert ("warning: infer a: slow", "warning") in screen.said


def test_a_flood_of_warnings_is_only_counted(view, screen):
    begin(view)
    for i in range(50):
        view.words(f"thing {i} is odd", logging.WARNING)
    assert len(screen.said) == 1 + MOST_WARNINGS + 1
    assert "only counted" in screen.said[-1][0]
    view.progressed(1, 3)
    view.close()
    assert "50 warnings" in screen.text


def test_a_failed_job_is_told_at_once_and_at_the_end(view, screen, tmp_path):
    begin(view)
    view.started(1, "infer", {"model": "a"}, ["a.log"])
    write(tmp_path / "a.log", "error: models: 'a' can't be loaded\nfrom here\nor there\nor any")
    assert view.failed(1, "infer", ["a.log"])
    told = screen.said[-1]
    assert told[1] == "error" and told[0].startswith("error: infer a: models: 'a' can't be loaded")
    assert "or there\n…" in told[0] and "or any" not in told[0] and "its log: a.log" in told[0]
    view.words("another job is odd", logging.WARNING)
    view.close()
    end = [text for text, _ in screen.said[-5:]]
    assert end[0] == "Failed after 0 s: 1 job failed, 0 of 3 jobs done, 1 warning."
    assert end[1] == "  infer a: models: 'a' can't be loaded" and end[2] == "    log: a.log"
    assert end[3] == "Snakemake's log: snakemake.log" and "same command again" in end[4]


def test_a_failure_that_was_the_last_word_is_not_told_twice(view, screen):
    begin(view)
    view.failed(1, "infer", ["a.log"], said="no room")
    view.close()
    assert screen.text.count("no room") == screen.text.count("a.log") == 1
    assert [text.split(" ")[0] for text, _ in screen.said[-3:]] == [
        "Failed",
        "Snakemake's",
        "Next:",
    ]


def test_many_failures_are_few_lines(view, screen, tmp_path):
    begin(view, 100)
    for i in range(50):
        view.started(i, "infer", {"model": str(i)}, [f"{i}.log"])
        write(tmp_path / f"{i}.log", f"error: {i}\nb\nc\nd\ne")
        view.failed(i, "infer", [f"{i}.log"])
    view.close()
    assert screen.text.count("error: infer") == MOST_ERRORS
    assert "50 jobs failed" in screen.text and "with 44 more failed jobs" in screen.text
    assert len(screen.text.splitlines()) < 35


def test_a_job_that_is_tried_again_and_done_has_not_failed(view, screen):
    begin(view)
    for _ in range(2):
        view.started(1, "infer", {"model": "a"}, [])
        view.failed(1, "infer", [], said="SLURM says: OUT_OF_MEMORY")
    assert "error: infer a: SLURM says: OUT_OF_MEMORY" in screen.text
    view.started(1, "infer", {"model": "a"}, [])
    view.finished(1)
    view.progressed(3, 3)
    view.close()
    assert screen.said[-1][0].startswith("Done in")


def test_of_a_group_only_jobs_that_say_an_error_have_failed(view, screen, tmp_path):
    begin(view)
    for job in (1, 2):
        view.started(job, "scores", {"model": str(job)}, [f"{job}.log"])
    write(tmp_path / "2.log", "error: bad")
    assert not view.failed(1, "scores", ["1.log"], sure=False)
    assert view.failed(2, "scores", ["2.log"], sure=False)
    assert list(screen.run.failures) == [2]


def test_ctrl_c_is_no_failure(view, screen):
    begin(view)
    view.started(1, "infer", {"model": "a"}, [])
    view.words("Terminating processes on user request, this might take some time.", logging.INFO)
    view.failed(1, "infer", [])
    view.error("At least one job did not complete successfully.", "WorkflowError")
    view.close()
    assert "error" not in [kind for _, kind in screen.said] and not screen.run.failures
    assert screen.said[-2][0] == "Stopped after 0 s: 0 of 3 jobs done. What was saved is kept."


def test_what_keeps_a_run_from_beginning_is_said_and_nothing_else(view, screen):
    view.error("LockException:\nError: Directory cannot be locked.", "LockException")
    view.close()
    assert screen.said == [("LockException:\nError: Directory cannot be locked.", "error")]


def test_what_ends_a_run_besides_jobs_is_a_failure(view, screen):
    begin(view)
    view.progressed(3, 3)
    view.error("disk full", "WorkflowError")
    view.close()
    assert screen.said[1][0] == "disk full" and screen.said[2][0].startswith("Failed after")


def test_nothing_to_do_says_where_the_page_is(view, screen, tmp_path):
    study.tell("s", tmp_path / "results", {})
    (tmp_path / "results/report").mkdir(parents=True)
    (tmp_path / "results/report/index.html").touch()
    view.words("Nothing to be done (all requested files are present).", logging.INFO)
    view.close()
    assert [text.split(":")[0] for text, _ in screen.said] == ["Nothing to be done", "Page"]


def test_snakemake_s_usual_words_stay_in_its_log(view, screen):
    begin(view)
    for text in ("Select jobs to execute...", "Execute 2 jobs...", "Using shell: /bin/bash"):
        view.words(text, logging.INFO)
    view.error("CalledProcessError in file 'x'", "RuleException")
    assert len(screen.said) == 1
    view.words("Creating conda environment envs/report.yaml...", logging.INFO)
    assert len(screen.said) == 2


REDIRECTED = """
import os, subprocess, sys
from pathlib import Path
from holdfast.terminal.redirect import Aside
print("before")
aside = Aside(Path(sys.argv[1]))
print("python")
os.system("echo child; echo child error >&2")
print("to the terminal", file=aside.stream, flush=True)
aside.close()
print("after")
"""


def test_what_jobs_print_is_kept_and_the_terminal_left_alone(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("snakemake\n")
    library = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", REDIRECTED, str(log)], capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": library}, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("before\nafter\n", "to the terminal\n")
    kept = log.read_text().splitlines()
    assert kept[0] == "snakemake" and sorted(kept[1:]) == ["child", "child error", "python"]
