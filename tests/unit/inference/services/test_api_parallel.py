"""Requests in parallel: never more than allowed at a time, each answered once, an error ends it."""

import threading
import time

import pytest

from holdfast.inference.services.api_parallel import in_parallel


@pytest.mark.parametrize("workers", [1, 3, 50])
def test_no_more_than_so_many_at_a_time_and_each_once(workers: int) -> None:
    lock, flying, most = threading.Lock(), 0, 0

    def work(number: int) -> int:
        nonlocal flying, most
        with lock:
            flying += 1
            most = max(most, flying)
        time.sleep(0.01)
        with lock:
            flying -= 1
        return number * number

    answers = dict(in_parallel(work, range(20), workers, threading.Event()))
    assert answers == {n: n * n for n in range(20)}
    assert most <= workers


def test_so_many_do_run_at_a_time() -> None:
    """Each of three waits for the two others."""
    together = threading.Barrier(3)
    answers = in_parallel(lambda _: together.wait(timeout=60), range(6), 3, threading.Event())
    assert sorted(place for place, _ in answers) == list(range(6))


def test_after_an_error_nothing_further_begins_and_what_is_in_flight_is_kept() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise ValueError("broken")
        time.sleep(0.05)
        return number

    kept = []
    with pytest.raises(ValueError, match="broken"):
        for place, _ in in_parallel(work, range(100), 4, threading.Event()):
            kept.append(place)
    assert sorted(kept) == sorted(set(begun) - {3}) and len(begun) < 20


def test_no_worker_begins_anew_before_its_answer_was_dealt_with() -> None:
    begun: list[int] = []
    answers = in_parallel(begun.append, range(20), 3, threading.Event())
    for dealt_with, _ in enumerate(answers):
        time.sleep(0.01)
        assert len(begun) <= dealt_with + 3
    assert sorted(begun) == list(range(20))
