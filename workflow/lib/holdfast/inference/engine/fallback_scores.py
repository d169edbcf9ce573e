"""Letters' scores for models whose attention is not known: by a copied cache if that agrees with whole prompts.

Not every model can go on from what a `DynamicCache` holds: recurrent ones keep a state of their own, which they
would silently do without. So each model is tried once, on two short prompts that share a beginning.
"""

import copy
import logging
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from transformers import DynamicCache

from holdfast.inference.engine.letter_scores import Scores, common_prefix, from_logits

logger = logging.getLogger(__name__)
COPIES = 40  # ends at a time where the cache is copied
PROBE = (24, 5, 9)  # tokens that the two prompts share, and those of each end
TOLERANCE = {torch.float32: 1e-3}  # of a log-probability
COARSE = 0.5  # in fewer bits, where a batch alone moves numbers by up to .3


class Way(NamedTuple):
    """How a model's letters are scored, and how far its log-probabilities are from those of whole prompts."""

    name: Literal["copied cache", "whole prompts"]
    differs: float


_ways: WeakKeyDictionary[Any, Way] = WeakKeyDictionary()


def fallback_scores(
    model: Any, ids: Sequence[list[int]], options: Sequence[Sequence[int]]
) -> list[Scores]:
    """Return for each prompt its letters' log-probabilities and their total probability, for any model.

    Args:
        model: the causal language model.
        ids: the prompts as token ids.
        options: for each letter its token ids.
    """
    if way_of(model).name == "copied cache":
        return with_copied_cache(model, ids, options)
    return with_whole_prompts(model, ids, options)


def way_of(model: Any) -> Way:
    """Return the fastest way that gives what whole prompts give; it is tried once, and told."""
    if model not in _ways:
        _ways[model] = _tried(model)
        name, differs = _ways[model]
        known = "its cache is copied for every question" if name == "copied cache" else (
            "every prompt is computed whole, since its cache can't be shared"
        )  # fmt: skip
        logger.warning(
            "the attention of '%s' models is not known here, or the model is spread over devices: %s and no "
            "conversation's is kept, which is slower and gives the same answers (largest difference of a "
            "log-probability in a trial: %.1g).",
            model.config.model_type, known, differs,
        )  # fmt: skip
    return _ways[model]


def _tried(model: Any) -> Way:
    shared, *ends = PROBE
    vocabulary = model.get_output_embeddings().weight.shape[0]
    numbers = torch.Generator().manual_seed(1)
    tokens = torch.randint(vocabulary, (shared + sum(ends),), generator=numbers).tolist()
    first, second = tokens[shared : shared + ends[0]], tokens[shared + ends[0] :]
    ids = [tokens[:shared] + first, tokens[:shared] + second]
    options = [[token] for token in dict.fromkeys(tokens[:6])]
    whole = with_whole_prompts(model, ids, options)
    try:
        copied = with_copied_cache(model, ids, options)
    except Exception as e:  # each architecture fails in its own way where it has no such cache
        logger.info(
            "no cache can be copied: %s", (str(e).strip() or type(e).__name__).splitlines()[0]
        )
        return Way("whole prompts", 0.0)
    differs = max(
        abs(x - y)
        for (a, _), (b, _) in zip(whole, copied, strict=True)
        for x, y in zip(a, b, strict=True)
    )
    agrees = differs <= TOLERANCE.get(model.dtype, COARSE)
    return Way("copied cache", differs) if agrees else Way("whole prompts", 0.0)


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
