"""Going on when memory runs out: half as much at once, and never more again."""

import ctypes
import gc
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import torch

from holdfast.errors import StudyError

logger = logging.getLogger(__name__)
SAID = (
    "can't allocate memory", "not enough memory", "out of memory", "bad_alloc", "ALLOC_FAILED",
    "could not create a primitive",  # what oneDNN says
)  # fmt: skip

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # names of glibc's settings, mallopt(3)
KEPT = {
    MMAP_THRESHOLD: 2**25,
    TRIM_THRESHOLD: 2**29,
}  # bytes; 32 MiB is the most that the first may be

Work = TypeVar("Work")
Result = TypeVar("Result")


class Limit:
    """How much is computed at once. It is halved when memory runs out, and stays so."""

    def __init__(self, unit: str, value: int) -> None:
        """Begin.

        Args:
            unit: what is counted, as "messages".
            value: how many are computed at once, as long as memory allows.
        """
        self.unit, self.value = unit, value

    def lower(self, value: int) -> None:
        """Let go of unused memory, and go on with so much at once if it is less than now; say so."""
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if 1 <= value < self.value:
            self.value = value
            logger.warning("out of memory: going on with %d %s at once", value, self.unit)


def keep_freed_memory() -> bool:
    """Let glibc keep freed memory for the next result; tell whether it could be told.

    By default it gives large blocks back to the system, and every pass then waits for the system to clear
    the same memory anew.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False  # another C library
    return all(mallopt(name, size) for name, size in KEPT.items())


def give_freed_memory_back() -> None:
    """Let glibc give the system what was freed and is kept."""
    with suppress(OSError, AttributeError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that memory ran out: the GPU's, or the machine's."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(s in str(error) for s in SAID)


def halving(
    run: Callable[[Sequence[Work]], list[Result]],
    work: Sequence[Work],
    limit: Limit,
    halves: Callable[[Sequence[Work]], Sequence[Sequence[Work]]] | None = None,
    allowed: int | None = None,
) -> list[Result]:
    """Return what a function returns for all work, in order; halve the work when memory runs out.

    Args:
        run: computes; it is called anew with less after it ran out of memory.
        work: what to compute.
        limit: is lowered with the work, so that what comes later is cut smaller as well.
        halves: splits work in two, or returns it whole; in the middle if not given.
        allowed: what the limit was when the work was cut; now, if not given.

    Raises:
        StudyError: there is not enough memory for the smallest piece.
    """
    try:
        return run(work)
    except (MemoryError, RuntimeError) as e:
        if not out_of_memory(e):
            raise
        reason = str(e).strip() or type(e).__name__
    # only here, outside the handler, nothing holds the failed computation's memory any more
    smaller = (halves or middle)(work)
    if len(smaller) < 2:
        raise StudyError(
            "Not enough memory for a single prompt: it needs a larger machine "
            f"({reason.splitlines()[0]})."
        )
    half = (allowed or limit.value) // 2
    limit.lower(half)
    return [found for part in smaller for found in halving(run, part, limit, halves, half)]


def middle(work: Sequence[Work]) -> Sequence[Sequence[Work]]:
    """Return the two halves of a sequence; the whole if it has one element."""
    half = len(work) // 2
    return [work[:half], work[half:]] if half else [work]
