"""Lines for pipes, bars for terminals."""

import io
import sys

import pytest
from rich.console import Console

from holdfast.terminal.bars import Bars, drawn
from holdfast.terminal.job_progress import Count, JobLog
from holdfast.terminal.lines import Lines, make_screen
from holdfast.terminal.run_state import Job, Run, job_name, progress_words


def job(name, tmp_path, count=None, begun=0.0):
    log = JobLog(tmp_path / "a.log")
    if count:
        log._counts[count.what] = count
    return Job(name, log, begun, counted=begun)


def lines_of(run, clock, steps):
    stream = io.StringIO()
    screen = Lines(stream)
    for now, done in zip(clock, steps, strict=True):
        run.done = done
        screen.draw(run, now)
    return stream.getvalue().splitlines()


def test_lines_come_at_tenths_of_the_jobs_and_not_in_bursts():
    said = lines_of(Run(0.0, total=100), range(0, 200, 2), range(100))
    assert len(said) == 9
    assert "10 of 100 jobs done after 20 s" in said[0]
    burst = lines_of(Run(0.0, total=100), [10 + i / 100 for i in range(100)], range(100))
    assert len(burst) == 1


def test_silence_grows_so_that_the_longest_run_says_little(tmp_path):
    run = Run(0.0, total=10)
    run.running[1] = job("infer llama × a", tmp_path, Count("answers", 20, 100, 0.001))
    run.running[2] = job("page", tmp_path)
    said = lines_of(run, range(0, 86400, 10), [0] * 8640)
    assert 8 <= len(said) <= 13
    assert "infer llama × a: 20 of 100 answers" in said[0] and said[0].endswith("; 1 more")


def test_lines_say_nothing_before_and_after():
    run = Run(0.0)
    assert lines_of(run, [0, 1e6], [0, 0]) == []
    run.total = 5
    assert lines_of(run, [0, 1e6], [5, 5]) == []


class Gone(io.StringIO):
    def write(self, _):
        raise BrokenPipeError


@pytest.mark.parametrize("screen", [Lines, Bars])
def test_a_reader_that_went_away_ends_no_run(screen):
    shown = screen(Gone())
    shown.say("a")
    shown.draw(Run(0.0, total=3), 100.0)
    shown.close()


@pytest.mark.parametrize(
    ("terminal", "environment", "kind"),
    [
        (True, {"TERM": "xterm"}, Bars),
        (False, {"TERM": "xterm"}, Lines),
        (True, {"TERM": "dumb"}, Lines),
        (True, {}, Lines),
        (True, {"TERM": "xterm", "HOLDFAST_TERMINAL": "lines"}, Lines),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, Bars),
    ],
)
def test_bars_are_for_terminals_that_can_draw_them(terminal, environment, kind, monkeypatch):
    for name in ("TERM", "HOLDFAST_TERMINAL", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert type(make_screen(io.StringIO(), terminal)) is kind


def test_without_rich_there_are_lines(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("HOLDFAST_TERMINAL", raising=False)
    monkeypatch.setitem(sys.modules, "holdfast.terminal.bars", None)
    assert type(make_screen(io.StringIO(), terminal=True)) is Lines


def shown(run, now, width, height=30):
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    console.print(drawn(run, now, width, height))
    return console.file.getvalue().splitlines()


@pytest.fixture
def run(tmp_path):
    run = Run(0.0, total=30, done=6)
    count = Count("answers", 1200, 3096, 38.0)
    run.running[1] = job("infer llama-mini × townsfolk", tmp_path, count)
    run.running[2] = job("model stability mixtral-mini × townsfolk", tmp_path)
    run.running[2].log = None
    return run


def test_bars_say_what_is_done_rate_and_time_left(run):
    everything, one, other = shown(run, 12.0, 100)
    assert everything.startswith("all jobs ") and "6 of 30  12 s" in everything
    assert one.startswith("infer llama-mini × townsfolk ")
    assert "1,200 of 3,096 answers  38/s  38 s left" in one
    assert one.count("━") == 20 * 1200 // 3096 and one.count("─") == 20 - one.count("━")
    assert other.rstrip().endswith("12 s") and "━" not in other


@pytest.mark.parametrize("width", [40, 60, 80, 90, 100, 200])
def test_bars_fit_the_terminal(run, width):
    lines = shown(run, 12.0, width)
    assert len(lines) == 3 and max(len(line.rstrip()) for line in lines) <= width - 2
    if width >= 60:
        assert lines[1].startswith("infer llama-mini × townsfolk") and "38 s left" in lines[1]


def test_more_jobs_than_lines_are_counted(run):
    for i in range(3, 50):
        run.running[i] = run.running[2]
    lines = shown(run, 12.0, 100, height=10)
    assert len(lines) <= 9 and lines[-1].startswith("and 42 more")


def test_bars_tell_of_trouble(run):
    run.warnings, run.failures = {"a": 3, "b": 1}, {7: None}
    assert shown(run, 12.0, 100)[0].rstrip().endswith("1 failed  2 warnings")


def test_bars_are_taken_away_at_the_end(run, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    bars = Bars(stream)
    bars.draw(run, 1.0)
    bars.say("a warning", "warning")
    assert "\x1b[?25l" in stream.getvalue(), "the cursor is hidden"
    bars.close()
    end = stream.getvalue().rpartition("\x1b[?25h")[2]
    assert end.count("\x1b[1A\x1b[2K") == 3, "the cursor is back, and three lines are gone"


def test_no_color_is_heeded(run, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    for no_color, coloured in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", no_color)
        stream = io.StringIO()
        Bars(stream).say("failed", "error")
        assert ("\x1b[31m" in stream.getvalue()) is coloured


@pytest.mark.parametrize(
    ("rule", "wildcards", "name"),
    [
        ("infer", {"model": "a", "population": "b"}, "infer a × b"),
        ("infer_shard", {"model": "a", "population": "b", "shard": "1", "shards": "4"},
         "infer a × b, part 1 of 4"),
        ("observed_scores", {"observer": "o", "model": "a", "population": "b"},
         "observed scores o on a × b"),
        ("models_figure", {}, "models figure"),
    ],
)  # fmt: skip
def test_names_of_jobs(rule, wildcards, name):
    assert job_name(rule, wildcards) == name


def test_a_job_that_counted_all_is_told_by_its_time(tmp_path):
    done = job("infer a", tmp_path, Count("answers", 9, 9, 1.0))
    assert progress_words(done, 61.0) == "1 min 1 s"
