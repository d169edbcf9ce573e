"""How the next token of a message is drawn: the model's own sampling, and a seed for every message."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList
from transformers.generation.logits_process import (
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from holdfast.inference.models.registry import Sampling


def uniform_numbers(seed: int, steps: int) -> Any:
    """Return a message's own numbers in [0, 1), one a step; a longer message begins as a shorter one."""
    return np.random.default_rng(seed).random(steps)


def drawn(scores: Tensor, uniform: Tensor) -> Tensor:
    """Return one token a row: where the cumulative distribution passes the row's number.

    Args:
        scores: (rows, tokens); minus infinity where a token is impossible.
        uniform: one number in [0, 1) a row.
    """
    cumulative = scores.double().softmax(-1).cumsum(-1)
    u = uniform[:, None].to(scores.device) * cumulative[:, -1:]
    return torch.searchsorted(cumulative, u, right=True).clamp(max=scores.shape[-1] - 1)[:, 0]


def processors(sampling: Sampling) -> LogitsProcessorList:
    """Return the model's own sampling parameters as the library's processors."""
    chain = LogitsProcessorList()
    if sampling.repetition_penalty != 1:
        chain.append(RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty))
    if sampling.temperature == 0:
        return chain
    if sampling.temperature != 1:
        chain.append(TemperatureLogitsWarper(sampling.temperature))
    if sampling.top_k:
        chain.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1:
        chain.append(TopPLogitsWarper(sampling.top_p))
    return chain


def next_tokens(
    sampling: Sampling, logits: Tensor, before: Sequence[Sequence[int]], uniform: Sequence[float]
) -> list[int]:
    """Return each row's next token, whoever shares the batch.

    Args:
        sampling: the model's parameters.
        logits: (rows, tokens).
        before: all tokens of each row so far; needed only for a repetition penalty.
        uniform: one number in [0, 1) a row.
    """
    ids = torch.empty(len(logits), 0, dtype=torch.long, device=logits.device)
    if sampling.repetition_penalty != 1:
        longest = max(
            map(len, before)
        )  # filled up with a token of the row's own: it changes nothing
        ids = torch.tensor([[*b, *[b[0]] * (longest - len(b))] for b in before], device=ids.device)
    scores = processors(sampling)(ids, logits.float())  # type: ignore[arg-type]
    chosen = (
        scores.argmax(-1) if sampling.temperature == 0 else drawn(scores, torch.tensor(uniform))
    )
    found: list[int] = chosen.tolist()
    return found


class SeededChoice(LogitsProcessor):
    """For the library's own loop: leaves one token a row, drawn with the row's own numbers."""

    def __init__(self, seeds: Sequence[int], steps: int) -> None:
        """Draw the uniform numbers of every row."""
        self.uniform = torch.tensor(np.stack([uniform_numbers(s, steps) for s in seeds]))
        self.step = 0

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Return scores in which all tokens but the drawn one are impossible; shape (rows, tokens)."""
        chosen = drawn(scores, self.uniform[:, self.step])[:, None]
        self.step += 1
        return torch.full_like(scores, -torch.inf).scatter_(1, chosen, 0.0)  # type: ignore[return-value]
