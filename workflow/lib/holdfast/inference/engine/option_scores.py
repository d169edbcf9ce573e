"""Log-probabilities of the option letters, for all items that share a prefix (methods 3.3, 3.4)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor

from holdfast.inference.engine.fallback_scores import with_copied_cache, with_whole_prompts
from holdfast.inference.engine.letter_scores import Scores, from_logits
from holdfast.inference.engine.out_of_memory import Limit, halving
from holdfast.inference.engine.prefix_attention import last_hidden, logits_of
from holdfast.inference.engine.prefix_packing import Known, Part, halves, layout, split
from holdfast.inference.engine.scoring_ways import way_of
from holdfast.inference.prompting.token_ids import common_prefix

logger = logging.getLogger(__name__)
HEAD_ROWS = 128  # last positions whose logits are held at a time
MOST_TOKENS = 2048  # tokens a pass: more of them leave the processor's cache and gain nothing
FEWEST_TOKENS = 256
SHARE_OF_MEMORY = 0.25  # of what is free, for a pass
WORTH_KEEPING = 32  # fewer tokens are computed again

NOTHING = Known()


class Group(NamedTuple):
    """Prompts as token ids, for each letter its token ids, and what is known of the prompts' beginning.

    `keep` is given what was computed of what the prompts share; None: nothing follows that needs it.
    """

    ids: Sequence[list[int]]
    options: Sequence[Sequence[int]]
    known: Known = NOTHING
    keep: Callable[[Known], None] | None = None


def score_group(
    model: Any, ids: Sequence[list[int]], options: Sequence[Sequence[int]]
) -> list[Scores]:
    """Return for each prompt its letters' log-probabilities and their total probability.

    Args:
        model: the causal language model.
        ids: the prompts as token ids; what they share is computed once.
        options: for each letter its token ids.
    """
    return next(score_groups(model, [(ids, options)]))


def score_groups(
    model: Any, groups: Iterable[Sequence[Any]], limit: Limit | None = None
) -> Iterator[list[Scores]]:
    """Yield the scores of one group of prompts after the other, as `score_group` returns them.

    Several groups are computed in one pass where they are small, one in several where it is large. A
    group goes on from where it parts from the one before: so the answers after 1, 3, 7 messages of one
    conversation, or to several questionnaires, share what they have in common.

    Args:
        model: the causal language model.
        groups: what a `Group` is made of; read as they are needed.
        limit: tokens computed at a time, halved when memory runs out; by default what seems to fit.
    """
    made = (Group(*g) for g in groups)
    if (way := way_of(model).name) != "shared prefix":
        scored = with_copied_cache if way == "copied cache" else with_whole_prompts
        for group in made:
            yield scored(model, group.ids, group.options)
        return
    limit = limit or Limit("tokens", tokens_at_once(model))
    asked: dict[int, Group] = {}
    found: dict[int, list[Scores]] = {}
    for parts in _passes(made, asked, limit):
        scores = iter(halving(partial(_pass_scores, model, asked), parts, limit, halves))
        for part in parts:
            own = found.setdefault(part.group, [])
            own += [next(scores) for _ in part.ends]
            if len(own) == len(asked[part.group].ids):
                if keep := asked.pop(part.group).keep:
                    keep(Known(part.prefix, part.kept))
                yield found.pop(part.group)


@torch.inference_mode()
def _pass_scores(model: Any, asked: dict[int, Group], parts: Sequence[Part]) -> list[Scores]:
    hidden = last_hidden(model, layout(parts, model.device), way_of(model).cuts)
    scores: list[Scores] = []
    for part in parts:
        own, hidden = hidden[: len(part.ends)], hidden[len(part.ends) :]
        for start in range(0, len(own), HEAD_ROWS):
            scores += _read(model, own[start : start + HEAD_ROWS], asked[part.group].options)
    return scores


def _read(model: Any, hidden: Tensor, options: Sequence[Sequence[int]]) -> list[Scores]:
    """Return the letters' log-probabilities after each hidden state; shape (rows, width)."""
    return from_logits(logits_of(model, hidden), options)


def _passes(groups: Iterable[Group], asked: dict[int, Group], limit: Limit) -> Iterator[list[Part]]:
    """Yield what is computed together: at most so many tokens, if one prefix with one end has no more."""
    pending: list[Part] = []
    before = NOTHING
    for number, (group, following) in enumerate(pairwise(chain(groups, [None]))):
        assert group is not None
        asked[number] = group
        shared = common_prefix(group.ids)
        prefix, ends = group.ids[0][:shared], [i[shared:] for i in group.ids]
        known = max(group.known, before, key=lambda k: k.of(prefix))
        needed = shared - known.of(prefix) + sum(map(len, ends))
        full_pass = sum(p.tokens for p in pending) + needed > limit.value
        if pending and (full_pass or known is before is not NOTHING):
            yield pending  # also since what is known of the group before is known only then
            pending = []
        *full, rest = split(number, prefix, ends, limit.value, known)
        for part in full:
            yield [part]
        goes_on = following and Known(prefix).of(following.ids[0]) >= WORTH_KEEPING
        pending.append(replace(rest, keep=bool(goes_on or group.keep)))
        before = Known(prefix, rest.kept) if goes_on else NOTHING
    if pending:
        yield pending


def tokens_at_once(model: Any) -> int:
    """Return how many tokens a pass may compute, from the memory that is free now."""
    c = model.config.get_text_config()  # of a model that sees, too, the part that reads
    experts = _most(getattr(c, "num_experts_per_tok", None) or 1)
    inner = _most(getattr(c, "intermediate_size", None) or 4 * c.hidden_size)
    numbers = 16 * c.hidden_size + 4 * experts * inner
    fit = SHARE_OF_MEMORY * free_memory(model.device) / (numbers * model.dtype.itemsize)
    return int(min(MOST_TOKENS, max(FEWEST_TOKENS, fit)))


def _most(value: int | Sequence[int]) -> int:
    """Return a number of a configuration; the highest where layers have their own."""
    return value if isinstance(value, int) else max(value)


def free_memory(device: torch.device) -> float:
    """Return the memory that is free now, in bytes."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    try:
        with open("/proc/meminfo") as lines:
            known = dict(line.split(":") for line in lines)
        return float(known["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return 2.0**31  # not a Linux system: as much as any machine has
