"""Generating messages with a transformers model, each with a seed of its own."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from transformers import LogitsProcessorList
from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor

from holdfast.inference.backends.protocol import THOUGHT, UNENDED, Answer, MessageRequest
from holdfast.inference.engine.continuous_batching import Writing, write
from holdfast.inference.engine.conversation_cache import ConversationCache
from holdfast.inference.engine.option_scores import NOTHING
from holdfast.inference.engine.scoring_ways import way_of
from holdfast.inference.engine.token_sampling import (
    SeededChoice,
    next_tokens,
    uniform_numbers,
)
from holdfast.inference.models.registry import Model
from holdfast.inference.prompting.thinking import without_thoughts

PLAIN_BATCH = 64  # messages at a time where the library's own loop writes them


def messages(
    model: Any, tokenizer: Any, about: Model, requests: Sequence[MessageRequest],
    ids: Sequence[list[int]], stops: Sequence[Sequence[str]], cache: ConversationCache,
    rows: int | None = None,
) -> Iterator[Answer]:  # fmt: skip
    """Yield one message a request, in their order.

    Args:
        model: the causal language model.
        tokenizer: its tokenizer.
        about: the registry's word on it: sampling, chat or base.
        requests: the requests.
        ids: their rendered prompts as token ids.
        stops: texts at which each ends, besides the end of the sequence.
        cache: what is computed of the conversations; other conversations than these are forgotten.
        rows: how many are written at a time, at most, and no more than memory allows.
    """
    if not way_of(model).writes:
        yield from _by_the_library(model, tokenizer, about, requests, ids, stops)
        return
    cache.only({r.conversation for r in requests})
    ending = ending_tokens(model.generation_config, tokenizer)
    ready, number = dict[int, Answer](), 0

    def ended(w: Writing) -> bool:
        if w.said[-1] in ending or len(w.said) >= w.limit:
            return True
        return _has_stopped(tokenizer, w.said, about, stops[w.number])

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
        ready[w.number] = message_of(tokenizer, w.said, request, ending, about, stops[w.number])
        while number in ready:
            yield ready.pop(number)
            number += 1


def _by_the_library(
    model: Any, tokenizer: Any, about: Model, requests: Sequence[MessageRequest],
    ids: Sequence[list[int]], stops: Sequence[Sequence[str]],
) -> Iterator[Answer]:  # fmt: skip
    """Yield the messages of a model that only the library's own loop can write; arguments as `messages`."""
    # what pads a batch would be part of a state that is not attention's
    most = 1 if way_of(model).name == "whole prompts" else PLAIN_BATCH
    for start in range(0, len(requests), most):
        at = slice(start, start + most)
        yield from plain_batch(model, tokenizer, about, requests[at], ids[at], stops[at])


def _writing(
    number: int, request: MessageRequest, ids: list[int], cache: ConversationCache
) -> Writing:
    view = (request.conversation, request.prompt.speaker)
    known = NOTHING if request.conversation is None else cache.get(view)
    uniform = uniform_numbers(request.seed, request.max_new_tokens)
    return Writing(number, ids, request.max_new_tokens, uniform, known)


def ending_tokens(generation_config: Any, tokenizer: Any) -> set[int]:
    """Return the tokens at which a message ends: those of the model's files and the tokenizer's own."""
    ends = generation_config.eos_token_id
    known = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id}
    return {token for token in known if token is not None}


def _has_stopped(tokenizer: Any, said: list[int], about: Model, stops: Sequence[str]) -> bool:
    """Tell whether a message has come to a text at which it ends; only its last tokens are looked at."""
    if not stops:
        return False
    if about.kind == "chat":
        said = said[-4 * max(map(len, stops)) - 8 :]
    text = tokenizer.decode(said, skip_special_tokens=about.kind == "base")
    return any(stop in text for stop in stops)


@torch.inference_mode()
def plain_batch(
    model: Any,
    tokenizer: Any,
    about: Model,
    batch: Sequence[MessageRequest],
    ids: Sequence[list[int]],
    stops: Sequence[Sequence[str]],
) -> list[Answer]:
    """Return one message a request by the library's own loop, which knows every architecture.

    Args:
        model: the causal language model.
        tokenizer: its tokenizer.
        about: the registry's word on it: sampling, chat or base.
        batch: the requests.
        ids: their rendered prompts as token ids.
        stops: texts at which each ends, besides the end of the sequence.
    """
    longest = max(len(i) for i in ids)
    pad = tokenizer.pad_token_id
    padded = torch.tensor([[pad] * (longest - len(i)) + i for i in ids], device=model.device)
    mask = torch.tensor([[0] * (longest - len(i)) + [1] * len(i) for i in ids], device=model.device)
    limit = max(r.max_new_tokens for r in batch)
    any_stop = sorted({text for own in stops for text in own}) or None
    chain = LogitsProcessorList()
    if about.sampling.repetition_penalty != 1:
        chain.append(RepetitionPenaltyLogitsProcessor(about.sampling.repetition_penalty))
    chain.append(SeededChoice(about.sampling, [r.seed for r in batch], limit))
    output = model.generate(
        input_ids=padded, attention_mask=mask, max_new_tokens=limit, do_sample=False, pad_token_id=pad,
        temperature=None, top_p=None, top_k=None, repetition_penalty=None, logits_processor=chain,
        stop_strings=any_stop, tokenizer=tokenizer if any_stop else None,
    )  # fmt: skip
    ending = ending_tokens(model.generation_config, tokenizer)
    rows = output[:, longest:].tolist()
    return [
        message_of(tokenizer, row, r, ending, about, own)
        for row, r, own in zip(rows, batch, stops, strict=True)
    ]


def message_of(
    tokenizer: Any, row: list[int], request: MessageRequest, ending: set[int], about: Model,
    stops: Sequence[str],
) -> Answer:  # fmt: skip
    """Return what was said, or thought, before the message ended.

    Args:
        tokenizer: of the model.
        row: the tokens that the model has written; those after the message's end are left out.
        request: what was asked.
        ending: tokens at which the sequence ends.
        about: the registry's word on the model: chat or base.
        stops: texts at which the message ends.
    """
    end = next((i for i, token in enumerate(row) if token in ending), None)
    said = row[:end] if end is not None else row[: request.max_new_tokens]
    if about.kind == "chat" and stops:  # a mark of the chat format may be a special token
        whole = row[: len(said) + (end is not None)]
        text, stopped = _before(tokenizer.decode(whole, skip_special_tokens=False), stops)
        for token in tokenizer.all_special_tokens:
            text = text.replace(token, "")
    else:
        text, stopped = _before(tokenizer.decode(said, skip_special_tokens=True), stops)
    if request.readout == THOUGHT:
        return Answer(text.strip(), len(said), "ok" if stopped else UNENDED)
    unended = False
    if about.kind == "chat":
        text, unended = without_thoughts(text)
    if unended:
        return Answer(text.strip(), len(said), UNENDED)
    cut = end is None and not stopped
    return Answer(text.strip(), len(said), "empty" if not text.strip() else "cut" if cut else "ok")


def _before(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """Return a text up to the first of those at which it ends, and whether there is one."""
    places = [p for stop in stops if (p := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)
