"""How the next token of a message is drawn: the model's own sampling, and a seed for every message.

A row's token is where the cumulative distribution, over the kept tokens in the order of the vocabulary, passes
the row's own number. The vocabulary is never sorted: of tens of thousands of tokens a few hundred are kept.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import LogitsProcessor
from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor

from holdfast.inference.models.registry import Sampling

FEW = 64  # likeliest tokens that are looked at first
MORE = 8  # times as many are looked at next, where these are not enough
BLOCK = 32  # tokens of which the likeliest one, or the sum, is looked at first
NEGLIGIBLE = -80.0  # log-odds to the likeliest token, lost in a single-precision sum
AT_ONCE = 2**20  # scores that stay in the processor's cache


def uniform_numbers(seed: int, steps: int) -> Any:
    """Return a message's own numbers in [0, 1), one a step; a longer message begins as a shorter one."""
    return np.random.default_rng(seed).random(steps)


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
    scores = logits.float()
    if sampling.repetition_penalty != 1:
        longest = max(
            map(len, before)
        )  # filled up with a token of the row's own: it changes nothing
        ids = torch.tensor(
            [[*b, *[b[0]] * (longest - len(b))] for b in before], device=scores.device
        )
        scores = RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty)(ids, scores)
    found: list[int] = chosen(sampling, scores, torch.tensor(uniform)).tolist()
    return found


def chosen(sampling: Sampling, scores: Tensor, uniform: Tensor) -> Tensor:
    """Return one token a row: the likeliest at temperature 0, else a drawn one.

    Args:
        sampling: the model's parameters; a repetition penalty is in the scores already.
        scores: (rows, tokens); minus infinity where a token is impossible.
        uniform: one number in [0, 1) a row.
    """
    if sampling.temperature == 0:
        return scores.argmax(-1)
    u = uniform.to(scores.device).double()
    rows = max(1, AT_ONCE // scores.shape[-1])
    parts = zip(torch.split(scores, rows), torch.split(u, rows), strict=True)
    return torch.cat([_drawn(sampling, part, own) for part, own in parts])


def _drawn(sampling: Sampling, scores: Tensor, uniform: Tensor) -> Tensor:
    """Return one drawn token a row; arguments as `chosen`."""
    scores = scores if sampling.temperature == 1 else scores / sampling.temperature
    if not sampling.top_k and sampling.top_p == 1:
        return _drawn_of_all(scores, uniform)
    found = torch.empty(len(scores), dtype=torch.long, device=scores.device)
    rows, few = torch.arange(len(scores), device=scores.device), max(FEW, sampling.top_k + 1)
    while len(rows):
        left = scores if len(rows) == len(scores) else scores[rows]
        values, ids = _likeliest(left, min(few, left.shape[-1]))
        kept, enough = _kept(sampling, left, values)
        found[rows] = _drawn_of(values.masked_fill(~kept, -torch.inf), ids, uniform[rows])
        rows, few = rows[~enough], few * MORE
    return found


def _likeliest(scores: Tensor, few: int) -> tuple[Tensor, Tensor]:
    """Return the highest scores a row, from the highest on, and their tokens; (rows, few).

    They are in the blocks with the highest maxima.
    """
    size = scores.shape[-1]
    if size % BLOCK or 2 * few * BLOCK > size:
        return tuple(scores.topk(few))  # type: ignore[return-value]
    blocks = scores.reshape(len(scores), -1, BLOCK)
    best = blocks.amax(-1).topk(few, sorted=False).indices
    among = blocks.gather(1, best[:, :, None].expand(-1, -1, BLOCK)).flatten(1)
    values, place = among.topk(few)
    return values, best.gather(1, place // BLOCK) * BLOCK + place % BLOCK


def _kept(sampling: Sampling, scores: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Return which of a row's likeliest tokens are kept, and whether there can be no others.

    `top_k` keeps the k likeliest and all that are as likely as the last of these. `top_p` (arXiv 1904.09751)
    then keeps a token if those before it have less than p of the probability.

    Args:
        sampling: the model's parameters.
        scores: (rows, tokens), divided by the temperature.
        values: the highest of them (rows, few), from the highest on.
    """
    kept = torch.ones_like(values, dtype=torch.bool)
    enough = torch.full((len(values),), values.shape[-1] == scores.shape[-1], device=values.device)
    if 0 < sampling.top_k < values.shape[-1]:
        last = values[:, sampling.top_k - 1, None]
        kept, enough = values >= last, enough | (values[:, -1:] < last)[:, 0]
        scores = values.masked_fill(~kept, -torch.inf)
    if sampling.top_p < 1:
        whole = _log_sum_exp(scores, values[:, :1])
        shares = (values - whole).double().exp() * kept
        until = shares.cumsum(-1)
        kept &= until - shares < sampling.top_p
        kept[:, 0] = True
        enough |= until[:, -1] >= sampling.top_p
    return kept, enough


def _log_sum_exp(scores: Tensor, highest: Tensor) -> Tensor:
    """Return the log-sum-exp of each row (rows, 1), given its highest score (rows, 1).

    A single-precision sum does not notice what is below `NEGLIGIBLE`, and its exponentials take long.
    """
    return (scores - highest).clamp_(min=NEGLIGIBLE).exp_().sum(-1, keepdim=True).log_() + highest


def _drawn_of(values: Tensor, ids: Tensor, uniform: Tensor) -> Tensor:
    """Return one of some tokens a row; values and ids (rows, few), minus infinity where one is not kept."""
    ids, order = ids.sort(-1)
    weights = (values - values[:, :1]).double().exp().gather(-1, order)
    return ids.gather(-1, _passed(weights, uniform * weights.sum(-1)))[:, 0]


def _drawn_of_all(scores: Tensor, uniform: Tensor) -> Tensor:
    """Return one of all tokens a row: first the block in which the number lies, then the token in it."""
    weights = scores.softmax(-1)  # exponentials alone take ten times as long where they vanish
    if over := weights.shape[-1] % BLOCK:
        weights = torch.nn.functional.pad(weights, (0, BLOCK - over))
    blocks = weights.reshape(len(weights), -1, BLOCK)
    sums = blocks.sum(-1).double()
    goal = uniform * sums.sum(-1)
    block = _passed(sums, goal)
    before = sums.cumsum(-1).gather(-1, block) - sums.gather(-1, block)
    inside = blocks.gather(1, block[:, :, None].expand(-1, 1, BLOCK))[:, 0].double()
    return (block * BLOCK + _passed(inside, goal - before[:, 0]))[:, 0]


def _passed(weights: Tensor, goal: Tensor) -> Tensor:
    """Return the first place a row at which the sum of the weights is above the goal; (rows, 1)."""
    place = torch.searchsorted(weights.cumsum(-1), goal[:, None], right=True)
    # rounding must not lead to what has no weight
    last = weights.shape[-1] - 1 - (weights > 0).flip(-1).int().argmax(-1, keepdim=True)
    return place.minimum(last)


class SeededChoice(LogitsProcessor):
    """For the library's own loop: leaves one token a row, drawn with the row's own numbers."""

    def __init__(self, sampling: Sampling, seeds: Sequence[int], steps: int) -> None:
        """Draw the uniform numbers of every row."""
        self.sampling = sampling
        self.uniform = torch.tensor(np.stack([uniform_numbers(s, steps) for s in seeds]))
        self.step = 0

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Return scores in which all tokens but the drawn one are impossible; shape (rows, tokens)."""
        token = chosen(self.sampling, scores, self.uniform[:, self.step])[:, None]
        self.step += 1
        return torch.full_like(scores, -torch.inf).scatter_(1, token, 0.0)  # type: ignore[return-value]
