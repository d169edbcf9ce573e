"""Which way letters are scored: the fastest that agrees with whole prompts, tried before the first answer.

Not every model can share what prompts have in common: attention may be of a kind that is not known here, and
recurrent models keep a state of their own, which they would silently do without. So each model is tried once,
on two short prompts that share a beginning.
"""

import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

import torch

from holdfast.inference.engine.fallback_scores import with_copied_cache, with_whole_prompts
from holdfast.inference.engine.key_value_slots import Slots
from holdfast.inference.engine.letter_scores import Scores, from_logits
from holdfast.inference.engine.prefix_attention import Windows, last_hidden, logits_of, supports
from holdfast.inference.engine.prefix_packing import Part, layout
from holdfast.inference.prompting.token_ids import common_prefix

logger = logging.getLogger(__name__)
PROBE = (24, 5, 9)  # tokens that the two prompts share, and those of each end
TOLERANCE = 1e-3  # of a log-probability, in single precision
COARSE = 0.5  # in fewer bits, where a batch alone moves numbers by up to .3
NOISE = 3  # times what a copied cache moves numbers by may a shared prefix, in fewer bits

Name = Literal["shared prefix", "copied cache", "whole prompts"]
Ids = Sequence[Sequence[int]]


class Way(NamedTuple):
    """How a model's letters are scored and its messages written.

    Attributes:
        name: of the way.
        differs: how far its log-probabilities are from those of whole prompts.
        writes: are messages written by our own engine, and not by the library's loop?
        cuts: are only the last tokens computed in the last layer?
    """

    name: Name
    differs: float
    writes: bool = False
    cuts: bool = False


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
                "what the prompts of '%s' models have in common can't be computed once here: %s and no "
                "conversation's is kept, which is slower and gives the same answers (largest difference of "
                "a log-probability in a trial: %.1g).",
                model.config.model_type, _TOLD[way.name], way.differs,
            )  # fmt: skip
    return _ways[model]


def _tried(model: Any) -> Way:
    ids, options = _probe(model)
    whole = with_whole_prompts(model, ids, options)
    fine = model.dtype == torch.float32
    copied = _differs(whole, "copied cache", lambda: with_copied_cache(model, ids, options))
    noise = TOLERANCE if fine else min(COARSE, max(0.05, NOISE * copied))
    for cuts in (True, False) if supports(model) else ():
        scored = partial(with_shared_prefix, model, ids, options, cuts)
        if (differs := _differs(whole, "shared prefix", scored)) <= noise:
            return Way("shared prefix", differs, _writes(model, ids, noise), cuts)
    if copied <= (TOLERANCE if fine else COARSE):
        return Way("copied cache", copied)
    return Way("whole prompts", 0.0)


def _differs(whole: Sequence[Scores], name: Name, scored: Callable[[], list[Scores]]) -> float:
    """Return how far a way's log-probabilities are from those of whole prompts; infinity: it has none."""
    try:
        found = scored()
    except Exception as e:  # each architecture fails in its own way where it can't share
        reason = (str(e).strip() or type(e).__name__).splitlines()[0]
        logger.info("not by a %s: %s", name, reason)
        return math.inf
    pairs = zip(whole, found, strict=True)
    return max(abs(x - y) for (a, _), (b, _) in pairs for x, y in zip(a, b, strict=True))


def _probe(model: Any) -> tuple[list[list[int]], list[list[int]]]:
    """Return two prompts that share a beginning, and some tokens that are scored after them."""
    shared, *ends = PROBE
    vocabulary = model.get_output_embeddings().weight.shape[0]
    numbers = torch.Generator().manual_seed(1)
    tokens = torch.randint(vocabulary, (shared + sum(ends),), generator=numbers).tolist()
    first, second = tokens[shared : shared + ends[0]], tokens[shared + ends[0] :]
    ids = [tokens[:shared] + first, tokens[:shared] + second]
    return ids, [[token] for token in dict.fromkeys(tokens[:6])]


@torch.inference_mode()
def with_shared_prefix(model: Any, ids: Ids, options: Ids, cuts: bool = True) -> list[Scores]:
    """Return the scores of one group in a single pass, in which what the prompts share stands once.

    Raises:
        NotImplementedError: a layer's sliding window is not the one that its configuration has.
    """
    shared, windows = common_prefix([list(i) for i in ids]), dict[int, int | None]()
    part = Part(0, ids[0][:shared], [i[shared:] for i in ids])
    hidden = last_hidden(model, layout([part], model.device), cuts, windows)
    if not _as_configured(model.config.get_text_config(), windows):
        raise NotImplementedError("a layer's sliding window is not known")
    return from_logits(logits_of(model, hidden), options)


def _as_configured(config: Any, windows: Windows) -> bool:
    """Tell whether the layers' windows are those of the configuration; two short prompts would not show it."""
    window = getattr(config, "sliding_window", None)
    if not getattr(config, "use_sliding_window", True):
        window = None
    if getattr(config, "attention_chunk_size", None):
        return False
    kinds = getattr(config, "layer_types", None)
    wanted = {"full_attention": None, "sliding_attention": window}
    if kinds and not set(kinds) <= set(wanted):
        return False
    return all(
        (seen or None) == (wanted[kinds[layer]] if kinds else window)
        for layer, seen in windows.items()
    )


@torch.inference_mode()
def _writes(model: Any, ids: Sequence[list[int]], most: float) -> bool:
    """Tell whether messages can be written by our own engine: two texts, the second begun a token later."""
    try:
        slots = Slots(model, 2, max(map(len, ids)) + 1)
        slots.forward(0, [ids[0][:-2]])
        slots.forward(1, [ids[1][:-1]])
        slots.forward(0, [ids[0][-2:-1]])
        logits = slots.forward(0, [ids[0][-1:], ids[1][-1:]]).log_softmax(-1).float()
        whole = [model(torch.tensor([i], device=model.device), use_cache=False).logits for i in ids]
        expected = torch.cat([x[:, -1] for x in whole]).log_softmax(-1).float()
    except Exception as e:  # each architecture fails in its own way
        logger.info("not written by our engine: %s", (str(e) or type(e).__name__).splitlines()[0])
        return False
    likely = expected > math.log(1e-4)
    return bool(((logits - expected).abs()[likely] <= most).all())
