"""Some requests at a time, each answer as soon as it is there."""

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


def in_parallel(
    work: Callable[[Asked], Answered],
    requests: Sequence[Asked],
    workers: int,
    stop: threading.Event,
) -> Iterator[tuple[int, Answered]]:
    """Yield the place of each request and what the work returned for it, in the order of completion.

    A worker begins its next request once the caller has asked for more, and so has done what it does with
    the answer. Whatever ends the process, no more than one answer a worker was not yet dealt with.

    After an error no further request is begun; those in flight are waited for and yielded first. The
    workers are daemons: a process that is told to end does not wait for a server.

    Args:
        work: called in a worker with one request.
        requests: what to work through.
        workers: at most so many at a time.
        stop: set when nothing further is to be begun; is set at the end.

    Raises:
        Exception: the first that the work raised.
    """
    todo: SimpleQueue[tuple[int, Asked]] = SimpleQueue()
    for place, request in enumerate(requests):
        todo.put((place, request))
    done: SimpleQueue[tuple[int, Answered] | BaseException | None] = SimpleQueue()
    taken = threading.Semaphore(0)

    def run() -> None:
        try:
            while not stop.is_set():
                place, request = todo.get_nowait()
                done.put((place, work(request)))
                taken.acquire()
        except Empty:
            pass
        except BaseException as e:
            stop.set()
            done.put(e)
        done.put(None)

    running = min(workers, len(requests))
    for _ in range(running):
        threading.Thread(target=run, daemon=True).start()
    try:
        got: tuple[int, Answered]
        for got in _collected(done, running):
            yield got
            taken.release()
    finally:
        stop.set()
        for _ in range(running):
            taken.release()


def _collected(done: SimpleQueue, running: int) -> Iterator[tuple[int, Answered]]:  # type: ignore[type-arg]
    error: BaseException | None = None
    while running:
        got = done.get()
        if got is None:
            running -= 1
        elif isinstance(got, BaseException):
            error = error or got
        else:
            yield got
    if error is not None:
        raise error
