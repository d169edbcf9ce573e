"""A job's log, as the terminal reads it."""

import logging
import os

import pytest

from holdfast.errors import StudyError
from holdfast.job_log import Progress, logged
from holdfast.terminal.job_progress import Count, JobLog, from_output

LINE = "12:00:00 llama × a: "


@pytest.fixture
def log(tmp_path):
    return tmp_path / "a.log"


def add(log, *lines):
    with log.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_reads_what_a_job_really_writes(log):
    read = JobLog(log)
    with pytest.raises(SystemExit), logged(log, "llama × a"):
        Progress("answers", 2).step(2)
        logging.getLogger("holdfast.x").warning("memory is short: %s", "2 at once")
        raise StudyError("config.yaml: seed: wrong\nconfig.yaml: name: wrong")
    assert read.warnings() == ["memory is short: 2 at once"]
    assert (read.count.what, read.count.done, read.count.total) == ("answers", 2, 2)
    assert read.why() == "config.yaml: seed: wrong\nconfig.yaml: name: wrong"


def test_an_exception_is_told_by_its_last_words_and_not_by_its_traceback(log):
    read = JobLog(log)
    with pytest.raises(SystemExit), logged(log, "llama × a"):
        raise ValueError("no such\nthing")
    assert read.why() == "ValueError: no such\nthing"


def test_a_job_ended_by_a_signal_says_so_and_that_is_no_warning(log):
    read = JobLog(log)
    add(log, f"{LINE}warning: ended by SIGTERM; what was saved is kept")
    assert read.warnings() == []
    assert read.why() == "ended by SIGTERM; what was saved is kept"


def test_what_an_earlier_run_left_is_passed_over_until_the_job_writes(log):
    add(log, f"{LINE}answers: 5 of 9 (56 %), 1.0/s, 4 s left", f"{LINE}error: old")
    read = JobLog(log)
    assert (read.warnings(), read.count, read.why()) == ([], None, None)
    log.write_text(f"{LINE}answers: 1 of 9 (11 %), 1.0/s, 8 s left\n")
    os.utime(log, ns=(1, 1))
    assert read.warnings() == [] and read.count.done == 1


def test_answers_count_more_than_messages_and_only_new_lines_are_read(log):
    read = JobLog(log)
    add(log, f"{LINE}messages: 3 of 4 (75 %), 1.0/s, 1 s left", f"{LINE}warning: first")
    assert read.warnings() == ["first"]
    assert read.count == Count("messages", 3, 4, 1.0)
    with log.open("a") as file:
        file.write(f"{LINE}answers: 20 of 100 (20 %), 4.0/s, 20 s left\n{LINE}warning: half a li")
    assert read.warnings() == []
    assert read.count == Count("answers", 20, 100, 4.0)
    add(log, "ne")
    assert read.warnings() == ["half a line"]


def test_control_characters_do_not_reach_the_terminal(log):
    read = JobLog(log)
    add(log, f"{LINE}warning: a\x1b[2Jb", f"{LINE}error: c\x1b]0;d\x07")
    assert "\x1b" not in read.warnings()[0] and "\x1b" not in read.why()


@pytest.mark.parametrize(
    ("rate", "since", "left"), [(4.0, 0, 20.0), (4.0, 5, 15.0), (4.0, 99, 0.0), (0.0, 5, None)]
)
def test_time_left_goes_on_between_two_lines(rate, since, left):
    assert Count("answers", 20, 100, rate).left(since) == left


COMMAND = "Command 'set -e; python /p/.snakemake/scripts/tmp1.{}.py' {}."


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (COMMAND.format("infer", "died with <Signals.SIGKILL: 9>"),
         "its process was ended by SIGKILL, as the system does when memory runs out"),
        (COMMAND.format("infer", "returned non-zero exit status 143"),
         "its process was ended by signal 15"),
        (COMMAND.format("page", "died with <Signals.SIGKILL: 9>"), None),
        ("OSError: [Errno 30] Read-only file system: 'results'\n" +
         COMMAND.format("infer", "returned non-zero exit status 1"),
         "OSError: [Errno 30] Read-only file system: 'results'"),
        ("12:00:00 a × b: error: the disk is full\n12:00:01 c × d: error: another\nRuleException:",
         "the disk is full"),
        ("12:00:00 error: the disk is full\nRuleException:\n", "the disk is full"),
        ("12:00:00 error: failed\nTraceback (most recent call last):\n  a\nValueError: b\n[Sat]\n",
         "ValueError: b"),
        ("", None),
    ],
)  # fmt: skip
def test_a_job_without_a_word_in_its_log_is_told_by_what_its_process_left(said, why):
    assert from_output(said, "infer", "infer a × b") == why


def test_a_log_that_can_not_be_read_says_nothing(tmp_path):
    read = JobLog(tmp_path / "none" / "a.log")
    assert (read.warnings(), read.why(), read.count) == ([], None, None)
