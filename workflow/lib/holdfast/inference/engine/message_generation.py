"""Generating messages with a transformers model, each with a seed of its own."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from transformers import LogitsProcessorList

from holdfast.inference.backends.protocol import Answer, MessageRequest
from holdfast.inference.engine.continuous_batching import Writing, write
from holdfast.inference.engine.conversation_cache import ConversationCache
from holdfast.inference.engine.fallback_scores import way_of
from holdfast.inference.engine.option_scores import NOTHING
from holdfast.inference.engine.prefix_attention import supports
from holdfast.inference.engine.token_sampling import (
    SeededChoice,
    next_tokens,
    processors,
    uniform_numbers,
)
from holdfast.inference.models.registry import Model
from holdfast.inference.prompting.prompts import stop_labels

PLAIN_BATCH = 64  # messages at a time where the library's own loop writes them


def messages(
    model: Any, tokenizer: Any, about: Model, requests: Sequence[MessageRequest],
    ids: Sequence[list[int]], cache: ConversationCache, rows: int | None = None,
) -> Iterator[Answer]:  # fmt: skip
    """Yield one message a request, in their order.

    Args:
        model: the causal language model.
        tokenizer: its tokenizer.
        about: the registry's word on it: sampling, chat or base.
        requests: the requests.
        ids: their rendered prompts as token ids.
        cache: what is computed of the conversations; other conversations than these are forgotten.
        rows: how many are written at a time, at most, and no more than memory allows.
    """
    if not supports(model):
        # what pads a batch would be part of a state that is not attention's
        most = PLAIN_BATCH if way_of(model).name == "copied cache" else 1
        for start in range(0, len(requests), most):
            batch = slice(start, start + most)
            yield from plain_batch(model, tokenizer, about, requests[batch], ids[batch])
        return
    cache.only({r.conversation for r in requests})
    ending, ready, number = _ending(model, tokenizer), dict[int, Answer](), 0

    def ended(w: Writing) -> bool:
        over = w.said[-1] in ending or len(w.said) >= w.limit
        return over or (about.kind == "base" and _says_label(tokenizer, w, requests[w.number]))

    def choose(logits: torch.Tensor, at: Sequence[Writing]) -> list[int]:
        before = [w.ids for w in at] if about.sampling.repetition_penalty != 1 else []
        uniform = [w.uniform[len(w.said)] for w in at]
        return next_tokens(about.sampling, logits, before, uniform)

    waiting = [_writing(i, r, ids[i], cache) for i, r in enumerate(requests)]
    for w, known in write(model, waiting, choose, ended, rows):
        request = requests[w.number]
        kept = request.asked is None or request.goes_on  # nothing follows a fork
        if request.conversation is not None and kept:
            cache.keep((request.conversation, request.prompt.speaker), known)
        ready[w.number] = _message(tokenizer, w.said, request, ending, about)
        while number in ready:
            yield ready.pop(number)
            number += 1


def _writing(
    number: int, request: MessageRequest, ids: list[int], cache: ConversationCache
) -> Writing:
    view = (request.conversation, request.prompt.speaker)
    known = NOTHING if request.conversation is None else cache.get(view)
    uniform = uniform_numbers(request.seed, request.max_new_tokens)
    return Writing(number, ids, request.max_new_tokens, uniform, known)


def _ending(model: Any, tokenizer: Any) -> set[int]:
    ends = model.generation_config.eos_token_id
    return set(ends if isinstance(ends, list) else [ends]) | {tokenizer.eos_token_id}


def _says_label(tokenizer: Any, writing: Writing, request: MessageRequest) -> bool:
    text = tokenizer.decode(writing.said, skip_special_tokens=True)
    return any(label in text for label in stop_labels(request.prompt))


@torch.inference_mode()
def plain_batch(
    model: Any,
    tokenizer: Any,
    about: Model,
    batch: Sequence[MessageRequest],
    ids: Sequence[list[int]],
) -> list[Answer]:
    """Return one message a request by the library's own loop, which knows every architecture.

    Args:
        model: the causal language model.
        tokenizer: its tokenizer.
        about: the registry's word on it: sampling, chat or base.
        batch: the requests.
        ids: their rendered prompts as token ids.
    """
    longest = max(len(i) for i in ids)
    pad = tokenizer.pad_token_id
    padded = torch.tensor([[pad] * (longest - len(i)) + i for i in ids], device=model.device)
    mask = torch.tensor([[0] * (longest - len(i)) + [1] * len(i) for i in ids], device=model.device)
    limit = max(r.max_new_tokens for r in batch)
    stops = (
        sorted({s for r in batch for s in stop_labels(r.prompt)}) if about.kind == "base" else None
    )
    chain = LogitsProcessorList(processors(about.sampling))
    if about.sampling.temperature != 0:
        chain.append(SeededChoice([r.seed for r in batch], limit))
    output = model.generate(
        input_ids=padded, attention_mask=mask, max_new_tokens=limit, do_sample=False, pad_token_id=pad,
        temperature=None, top_p=None, top_k=None, repetition_penalty=None, logits_processor=chain,
        stop_strings=stops, tokenizer=tokenizer if stops else None,
    )  # fmt: skip
    ending = _ending(model, tokenizer)
    rows = output[:, longest:].tolist()
    return [_message(tokenizer, row, r, ending, about) for row, r in zip(rows, batch, strict=True)]


def _message(
    tokenizer: Any, row: list[int], request: MessageRequest, ending: set[int], about: Model
) -> Answer:
    end = next((i for i, token in enumerate(row) if token in ending), None)
    said = row[:end] if end is not None else row[: request.max_new_tokens]
    text = tokenizer.decode(said, skip_special_tokens=True)
    cut = end is None
    if about.kind == "base":
        text, cut = _before_next_label(text, request, cut)
    text = text.strip()
    return Answer(text, len(said), "empty" if not text else "cut" if cut else "ok")


def _before_next_label(text: str, request: MessageRequest, cut: bool) -> tuple[str, bool]:
    places = [p for label in stop_labels(request.prompt) if (p := text.find(label)) >= 0]
    return (text[: min(places)], False) if places else (text, cut)
