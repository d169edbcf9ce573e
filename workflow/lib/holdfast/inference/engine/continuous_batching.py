"""Messages written by many respondents at once: one that ends makes room for one that waits."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from holdfast.inference.engine.key_value_slots import Slots, token_bytes
from holdfast.inference.engine.option_scores import MOST_TOKENS, NOTHING, free_memory
from holdfast.inference.engine.prefix_packing import Known

MOST_ROWS = 128  # messages at a time: more gain little and take memory
FREE_SHARE = (
    8  # waiting messages enter when one slot in so many is free, so that they enter together
)
SHARE_OF_MEMORY = 0.25  # of what is free, for the messages being written

Choose = Callable[[Tensor, Sequence["Writing"]], list[int]]


@dataclass(eq=False)
class Writing:
    """A message being written.

    Attributes:
        number: which request.
        prompt: its tokens.
        limit: tokens at most.
        uniform: the numbers that its tokens are drawn by, one a token.
        known: what was computed before, of the prompt's beginning.
        said: the tokens so far.
    """

    number: int
    prompt: Sequence[int]
    limit: int
    uniform: Sequence[float]
    known: Known = NOTHING
    said: list[int] = field(default_factory=list)

    @property
    def start(self) -> int:
        """Return how many of the prompt's tokens need not be computed; the last one always is."""
        return self.known.of(self.prompt[:-1])

    @property
    def ids(self) -> list[int]:
        """Return all tokens so far."""
        return [*self.prompt, *self.said]


def write(
    model: Any, messages: Iterable[Writing], choose: Choose, ended: Callable[[Writing], bool],
    rows: int | None = None,
) -> Iterator[tuple[Writing, Known]]:  # fmt: skip
    """Yield every message when it has ended, and what is known of it then.

    Args:
        model: the causal language model.
        messages: what is to be written.
        choose: gives each row's next token, from the logits (rows, tokens).
        ended: has a message ended?
        rows: how many are written at a time, at most, and no more than memory allows.
    """
    waiting = deque(messages)
    if not waiting:
        return
    capacity = max(len(m.prompt) + m.limit for m in waiting)
    slots = Slots(
        model, min(len(waiting), rows or MOST_ROWS, rows_at_once(model, capacity)), capacity
    )
    active: list[Writing] = []
    while waiting or active:
        first = 0
        if waiting and (not active or FREE_SHARE * (slots.size - len(active)) >= slots.size):
            first = len(active)
            logits = slots.forward(first, _enter(slots, active, waiting))
        else:
            logits = slots.forward(0, [m.said[-1:] for m in active])
        for message, token in zip(active[first:], choose(logits, active[first:]), strict=True):
            message.said.append(token)
        for i in reversed(range(first, len(active))):
            if ended(active[i]):
                yield active[i], slots.known(i, active[i].ids)
                _leave(slots, active, i)


def rows_at_once(model: Any, capacity: int) -> int:
    """Return how many messages may be written at a time, from the memory that is free now."""
    fit = SHARE_OF_MEMORY * free_memory(model.device) / (capacity * token_bytes(model))
    return int(min(MOST_ROWS, max(1, fit)))


def _enter(slots: Slots, active: list[Writing], waiting: deque[Writing]) -> list[Sequence[int]]:
    """Let waiting messages in, as many as one pass has room for; return the tokens to be computed."""
    new: list[Sequence[int]] = []
    while waiting and len(active) < slots.size:
        start = waiting[0].start
        if new and sum(map(len, new)) + len(waiting[0].prompt) - start > MOST_TOKENS:
            break
        message = waiting.popleft()
        slots.enter(len(active), message.known, start)
        message.known = NOTHING  # its memory may be used again
        active.append(message)
        new.append(message.prompt[start:])
    return new


def _leave(slots: Slots, active: list[Writing], i: int) -> None:
    last = active.pop()
    if i < len(active):
        slots.move(len(active), i)
        active[i] = last
