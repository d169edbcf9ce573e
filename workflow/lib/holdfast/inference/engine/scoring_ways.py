"""Which way letters are scored: the fastest that agrees with whole prompts, tried before the first answer.

Not every model can share what prompts have in common: attention may be of a kind that is not known here, and
recurrent models keep a state of their own, which they would silently do without. So each model is tried once,
on two short prompts that share a beginning.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

import torch

from holdfast.inference.engine.fallback_scores import with_copied_cache, with_whole_prompts
from holdfast.inference.engine.letter_scores import Scores, common_prefix, from_logits
from holdfast.inference.engine.prefix_attention import last_hidden, supports
from holdfast.inference.engine.prefix_packing import Part, layout

logger = logging.getLogger(__name__)
PROBE = (24, 5, 9)  # tokens that the two prompts share, and those of each end
TOLERANCE = {torch.float32: 1e-3}  # of a log-probability
COARSE = 0.5  # in fewer bits, where a batch alone moves numbers by up to .3

Name = Literal["shared prefix", "copied cache", "whole prompts"]
Scoring = Callable[[Any, Sequence[list[int]], Sequence[Sequence[int]]], list[Scores]]


class Way(NamedTuple):
    """How a model's letters are scored, and how far its log-probabilities are from those of whole prompts."""

    name: Name
    differs: float


_ways: WeakKeyDictionary[Any, Way] = WeakKeyDictionary()
_TOLD = {
    "copied cache": "its cache is copied for every question",
    "whole prompts": "every prompt is computed whole, since its cache can't be shared",
}


def way_of(model: Any) -> Way:
    """Return the fastest way that gives what whole prompts give; it is tried once, and told."""
    if model not in _ways:
        _ways[model] = way = _tried(model)
        if way.name in _TOLD:
            logger.warning(
                "the attention of '%s' models is not known here, or the model is spread over devices: %s and "
                "no conversation's is kept, which is slower and gives the same answers (largest difference of "
                "a log-probability in a trial: %.1g).",
                model.config.model_type, _TOLD[way.name], way.differs,
            )  # fmt: skip
    return _ways[model]


def _tried(model: Any) -> Way:
    ids, options = _probe(model)
    whole = with_whole_prompts(model, ids, options)
    ways: dict[Name, Scoring] = {"shared prefix": with_shared_prefix} if supports(model) else {}
    for name, scored in (ways | {"copied cache": with_copied_cache}).items():
        try:
            differs = _difference(whole, scored(model, ids, options))
        except Exception as e:  # each architecture fails in its own way where it can't share
            reason = (str(e).strip() or type(e).__name__).splitlines()[0]
            logger.info("not by %s: %s", name, reason)
            continue
        if differs <= TOLERANCE.get(model.dtype, COARSE):
            return Way(name, differs)
        logger.info("not by %s: log-probabilities differ by up to %.1g", name, differs)
    return Way("whole prompts", 0.0)


def _probe(model: Any) -> tuple[list[list[int]], list[list[int]]]:
    """Return two prompts that share a beginning, and some tokens that are scored after them."""
    shared, *ends = PROBE
    vocabulary = model.get_output_embeddings().weight.shape[0]
    numbers = torch.Generator().manual_seed(1)
    tokens = torch.randint(vocabulary, (shared + sum(ends),), generator=numbers).tolist()
    first, second = tokens[shared : shared + ends[0]], tokens[shared + ends[0] :]
    ids = [tokens[:shared] + first, tokens[:shared] + second]
    return ids, [[token] for token in dict.fromkeys(tokens[:6])]


def _difference(one: Sequence[Scores], other: Sequence[Scores]) -> float:
    return max(
        abs(x - y)
        for (a, _), (b, _) in zip(one, other, strict=True)
        for x, y in zip(a, b, strict=True)
    )


@torch.inference_mode()
def with_shared_prefix(
    model: Any, ids: Sequence[list[int]], options: Sequence[Sequence[int]]
) -> list[Scores]:
    """Return the scores of one group in a single pass, in which what the prompts share stands once."""
    shared = common_prefix(ids)
    part = Part(0, ids[0][:shared], [i[shared:] for i in ids])
    hidden = last_hidden(model, layout([part], model.device))
    return from_logits(model.get_output_embeddings()(hidden), options)
