"""Log-probabilities of the option letters, for all items that share a prefix (methods 3.3, 3.4)."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

SUFFIX_BATCH = 40


def letter_ids(tokenizer: Any, letters: str) -> list[list[int]]:
    """Return, for each letter, every vocabulary id that decodes to it, with or without a space.

    Raises:
        ValueError: a letter has no id of its own.
    """
    decoded = tokenizer.batch_decode([[i] for i in range(len(tokenizer))])
    ids: dict[str, list[int]] = {letter: [] for letter in letters}
    for i, text in enumerate(decoded):
        if text.strip() in ids:
            ids[text.strip()].append(i)
    if missing := [letter for letter, found in ids.items() if not found]:
        raise ValueError(f"the tokenizer has no token for the letter {missing[0]}")
    return [ids[letter] for letter in letters]


def common_prefix(sequences: Sequence[Sequence[int]]) -> int:
    """Return how many leading tokens all sequences share, leaving each at least one of its own."""
    limit = min(len(s) for s in sequences) - 1
    first = sequences[0]
    return next((i for i in range(limit) if any(s[i] != first[i] for s in sequences)), limit)


@torch.inference_mode()
def score_group(
    model: Any, ids: Sequence[list[int]], options: Sequence[Sequence[int]]
) -> list[tuple[list[float], float]]:
    """Return for each prompt its letters' log-probabilities and their total probability.

    What all prompts share is computed once; their own ends follow as one batch.

    Args:
        model: the causal language model.
        ids: the prompts as token ids.
        options: for each letter its token ids.
    """
    shared = common_prefix(ids)
    cache = DynamicCache()  # without a config every layer keeps all keys, sliding windows too
    if shared:
        prefix = torch.tensor([list(ids[0][:shared])], device=model.device)
        model(input_ids=prefix, past_key_values=cache, use_cache=True, logits_to_keep=1)
    results: list[tuple[list[float], float]] = []
    for start in range(0, len(ids), SUFFIX_BATCH):
        suffixes = [i[shared:] for i in ids[start : start + SUFFIX_BATCH]]
        logprobs = _last_logprobs(model, suffixes, copy.deepcopy(cache), shared).double()
        letters = torch.stack([logprobs[:, list(o)].logsumexp(1) for o in options], dim=1)
        mass = letters.logsumexp(1).exp().clamp(max=1.0)
        results += list(zip(letters.tolist(), mass.tolist(), strict=True))
    return results


def _last_logprobs(
    model: Any, suffixes: Sequence[Sequence[int]], cache: DynamicCache, shared: int
) -> torch.Tensor:
    """Return the log-probabilities after each suffix; shape (suffixes, vocabulary)."""
    lengths = torch.tensor([len(s) for s in suffixes], device=model.device)
    longest = int(lengths.max())
    # padding stands after the suffix, where causal attention never looks
    padded = [[*s, *([s[-1]] * (longest - len(s)))] for s in suffixes]
    batch = torch.tensor(padded, device=model.device)
    if shared:
        cache.batch_repeat_interleave(len(suffixes))
    positions = torch.arange(shared, shared + longest, device=model.device)[None]
    hidden = model.base_model(
        input_ids=batch, past_key_values=cache, position_ids=positions, use_cache=True
    ).last_hidden_state
    last = hidden[torch.arange(len(suffixes), device=model.device), lengths - 1]
    return model.get_output_embeddings()(last).float().log_softmax(-1)  # type: ignore[no-any-return]
