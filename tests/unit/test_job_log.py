"""Logs and progress."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast import job_log as progress
from holdfast.errors import StudyError
from holdfast.job_log import Progress, duration, logged


@pytest.fixture(autouse=True)
def root_logger():
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield root
    assert root.handlers == handlers, "logged() left a handler behind"
    root.setLevel(level)


def test_log_goes_to_file_and_terminal(tmp_path, capsys):
    with logged(tmp_path / "a.log", "llama × fictional"):
        logging.getLogger("holdfast.x").info("%d answers — ü", 3)
    text = (tmp_path / "a.log").read_text(encoding="utf-8")
    assert text.endswith(" llama × fictional: 3 answers — ü\n")
    assert capsys.readouterr().err == text


def test_mistake_of_the_user_ends_with_one_message_and_no_traceback(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught, logged(tmp_path / "a.log"):
        raise StudyError("config.yaml: seed: -1 is not valid.")
    assert caught.value.code == 1
    for text in ((tmp_path / "a.log").read_text(), capsys.readouterr().err):
        assert text.count("config.yaml: seed: -1 is not valid.") == 1
        assert text.count("\n") == 1
        assert "Traceback" not in text


def test_any_other_failure_is_logged_with_its_traceback(tmp_path):
    with pytest.raises(SystemExit) as caught, logged(tmp_path / "a.log"):
        _ = 1 / 0
    assert caught.value.code == 1
    text = (tmp_path / "a.log").read_text()
    assert "Traceback" in text
    assert "ZeroDivisionError" in text


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit(3)])
def test_interruptions_pass(tmp_path, error):
    with pytest.raises((KeyboardInterrupt, SystemExit)) as caught, logged(tmp_path / "a.log"):
        raise error
    assert getattr(caught.value, "code", None) != 1


def test_log_of_an_earlier_run_is_replaced(tmp_path):
    for word in ("first", "second"):
        with logged(tmp_path / "a.log"):
            logging.getLogger("x").info(word)
    assert "first" not in (tmp_path / "a.log").read_text()


def test_other_libraries_do_not_chatter(tmp_path):
    with logged(tmp_path / "a.log"):
        logging.getLogger("httpx2").info("GET")
        logging.getLogger("httpx2").warning("slow")
    text = (tmp_path / "a.log").read_text()
    assert "GET" not in text
    assert "slow" in text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (0.4, "0 s"), (45, "45 s"), (59.4, "59 s"), (59.6, "1 min 0 s"),
        (185, "3 min 5 s"), (3599.4, "59 min 59 s"), (3599.7, "1 h 0 min"),
        (7800, "2 h 10 min"), (7859, "2 h 10 min"), (360000, "100 h 0 min"),
    ],
)  # fmt: skip
def test_duration(seconds, said):
    assert duration(seconds) == said


@given(st.floats(0, 1e7))
def test_duration_says_the_time_to_its_last_unit(seconds):
    units = {"s": 1, "min": 60, "h": 3600}
    words = duration(seconds).split()
    told = sum(int(n) * units[u] for n, u in zip(words[::2], words[1::2], strict=True))
    assert -0.5 <= seconds - told < (60 if "h" in words else 0.51)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    return clock


def test_progress_says_share_rate_and_time_left(clock, caplog):
    caplog.set_level(logging.INFO)
    counted = Progress("answers", 100)
    clock.now += 10
    counted.step(20)
    assert caplog.messages == ["answers: 20 of 100 (20 %), 2.0/s, 40 s left"]


def test_progress_speaks_at_most_every_few_seconds_and_at_the_end(clock, caplog):
    caplog.set_level(logging.INFO)
    counted = Progress("answers", 50, every=5)
    for _ in range(50):
        clock.now += 1
        counted.step()
    assert [m.split()[1] for m in caplog.messages] == ["5", "10", "15", "20", "25", "30", "35", "40",
                                                       "45", "50"]  # fmt: skip
    assert caplog.messages[-1].endswith("(100 %), 1.0/s, 0 s left")


def test_progress_does_not_guess_too_early(clock, caplog):
    caplog.set_level(logging.INFO)
    counted = Progress("answers", 1000)
    clock.now += 60
    counted.step(9)
    assert not caplog.messages
    counted.step()
    assert len(caplog.messages) == 1


def test_progress_without_time_passed_does_not_divide_by_zero(clock, caplog):
    caplog.set_level(logging.INFO)
    Progress("answers", 1).step()
    assert caplog.messages[0].startswith("answers: 1 of 1 (100 %)")
