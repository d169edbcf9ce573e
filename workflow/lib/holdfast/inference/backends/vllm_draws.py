"""Inside vLLM: each token of a message is drawn as the default backend draws it, by the message's own numbers.

vLLM's own seeds do not serve: its sampler takes a message's numbers from a generator that it sets back after
each step that has computed only a part of the prompt, and a processor's generator can't be set back. Besides,
it draws differently on processors and on GPUs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from vllm.v1.sample.logits_processor import LogitsProcessor, process_dict_updates

from holdfast.inference.engine.token_sampling import next_tokens, uniform_numbers
from holdfast.inference.models.registry import Sampling


def drawing(sampling: Sampling, seed: int) -> dict[str, Any]:
    """Return what a request for a message says to `OwnDraws`; the seed as text, since it may be long."""
    return {"sampling": sampling.model_dump(), "seed": str(seed)}


@dataclass(frozen=True)
class Message:
    """A message being written.

    Attributes:
        sampling: how its tokens are drawn.
        uniform: the numbers that they are drawn by, one a token.
        prompt: its prompt's tokens.
        said: its tokens so far; vLLM adds to them.
    """

    sampling: Sampling
    uniform: Sequence[float]
    prompt: Sequence[int]
    said: Sequence[int]


def message(about: Any, prompt: Sequence[int] | None, said: Sequence[int]) -> Message | None:
    """Return a request's message, from vLLM's parameters and tokens; None: the request is not for one."""
    told: Mapping[str, Any] = about.extra_args or {}
    if "sampling" not in told:
        return None
    uniform = uniform_numbers(int(told["seed"]), about.max_tokens)
    return Message(Sampling.model_validate(told["sampling"]), uniform, prompt or (), said)


def draw(logits: torch.Tensor, messages: Mapping[int, Message]) -> None:
    """Leave possible only the token drawn, in place.

    Args:
        logits: (rows, tokens).
        messages: by row; the other rows stay as they are.
    """
    for sampling in {m.sampling for m in messages.values()}:
        rows = [row for row, m in messages.items() if m.sampling == sampling]
        own = [messages[row] for row in rows]
        penalized = sampling.repetition_penalty != 1
        before = [[*m.prompt, *m.said] for m in own] if penalized else []
        tokens = next_tokens(sampling, logits[rows], before, [m.uniform[len(m.said)] for m in own])
        logits[rows] = -torch.inf
        logits[rows, tokens] = 0.0


class OwnDraws(LogitsProcessor):  # type: ignore[misc]
    """What vLLM calls at each step, before it takes the most probable token of each row."""

    def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool) -> None:
        """Begin with an empty batch; the arguments are vLLM's."""
        self.messages: dict[int, Message] = {}

    def is_argmax_invariant(self) -> bool:
        """Return false: it decides which token is the most probable one."""
        return False

    def update_state(self, batch_update: Any) -> None:
        """Take note of messages that have entered, left or moved in the batch."""
        process_dict_updates(self.messages, batch_update, message)

    def apply(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the logits with one token possible in each row that is a message's; shape (rows, tokens)."""
        draw(logits, self.messages)
        return logits
