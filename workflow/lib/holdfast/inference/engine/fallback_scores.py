"""Scores where prompts do not share their beginning in one pass: by a copied cache, or whole prompts."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from holdfast.inference.engine.letter_scores import Scores, from_logits
from holdfast.inference.prompting.token_ids import common_prefix

COPIES = 40  # ends at a time where the cache is copied


@torch.inference_mode()
def with_whole_prompts(
    model: Any, ids: Sequence[list[int]], options: Sequence[Sequence[int]]
) -> list[Scores]:
    """Return the scores of prompts that are computed one by one, from their first token on."""
    scores: list[Scores] = []
    for prompt in ids:
        logits = model(torch.tensor([prompt], device=model.device), use_cache=False).logits
        scores += from_logits(logits[:, -1], options)
    return scores


@torch.inference_mode()
def with_copied_cache(
    model: Any, ids: Sequence[list[int]], options: Sequence[Sequence[int]]
) -> list[Scores]:
    """Return the scores of one group by a cache of what the prompts share, which is copied for their ends."""
    shared = common_prefix(ids)
    cache = DynamicCache()  # without a config every layer keeps all keys, sliding windows too
    if shared:
        prefix = torch.tensor([list(ids[0][:shared])], device=model.device)
        model(input_ids=prefix, past_key_values=cache, use_cache=True, logits_to_keep=1)
    results: list[Scores] = []
    for start in range(0, len(ids), COPIES):
        ends = [i[shared:] for i in ids[start : start + COPIES]]
        logits = _copied_logits(model, ends, copy.deepcopy(cache), shared)
        results += from_logits(logits, options)
    return results


def _copied_logits(
    model: Any, ends: Sequence[Sequence[int]], cache: DynamicCache, shared: int
) -> Tensor:
    """Return the logits after each end, by the model's own head; shape (ends, vocabulary)."""
    lengths = torch.tensor([len(s) for s in ends], device=model.device)
    longest = int(lengths.max())
    # padding stands after the end, where causal attention never looks
    padded = [[*s, *([s[-1]] * (longest - len(s)))] for s in ends]
    if shared:
        cache.batch_repeat_interleave(len(ends))
    last, which = torch.unique(lengths - 1, return_inverse=True)
    logits: Tensor = model(
        input_ids=torch.tensor(padded, device=model.device), past_key_values=cache, use_cache=True,
        position_ids=torch.arange(shared, shared + longest, device=model.device)[None],
        logits_to_keep=last,
    ).logits  # fmt: skip
    return logits[torch.arange(len(ends), device=model.device), which]
