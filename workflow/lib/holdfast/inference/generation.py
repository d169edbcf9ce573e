"""Generating messages with a transformers model, each with a seed of its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import LogitsProcessor, LogitsProcessorList
from transformers.generation.logits_process import (
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from holdfast.inference.backend import Answer, MessageRequest
from holdfast.inference.prompts import stop_labels
from holdfast.inference.registry import Model, Sampling


class SeededChoice(LogitsProcessor):
    """Leaves one token a row, drawn with the row's own numbers whoever shares the batch.

    The draw inverts the cumulative distribution at a uniform number that depends on the row's seed and
    the step alone.
    """

    def __init__(self, seeds: Sequence[int], steps: int) -> None:
        """Draw the uniform numbers: one generator a row."""
        self.uniform = torch.tensor(
            np.stack([np.random.default_rng(s).random(steps) for s in seeds])
        )
        self.step = 0

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Return scores in which all tokens but the drawn one are impossible; shape (rows, tokens)."""
        cumulative = scores.double().softmax(-1).cumsum(-1)
        u = self.uniform[:, self.step, None].to(scores.device) * cumulative[:, -1:]
        chosen = torch.searchsorted(cumulative, u, right=True).clamp(max=scores.shape[-1] - 1)
        self.step += 1
        return torch.full_like(scores, -torch.inf).scatter_(1, chosen, 0.0)  # type: ignore[return-value]


def processors(sampling: Sampling, seeds: Sequence[int], steps: int) -> LogitsProcessorList:
    """Return the model's own sampling parameters as the library's processors, then the draw."""
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
    chain.append(SeededChoice(seeds, steps))
    return chain


@torch.inference_mode()
def generate_batch(
    model: Any,
    tokenizer: Any,
    about: Model,
    batch: Sequence[MessageRequest],
    ids: Sequence[list[int]],
) -> list[Answer]:
    """Return one message a request.

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
    output = model.generate(
        input_ids=padded, attention_mask=mask, max_new_tokens=limit, do_sample=False, pad_token_id=pad,
        temperature=None, top_p=None, top_k=None, repetition_penalty=None,
        logits_processor=processors(about.sampling, [r.seed for r in batch], limit),
        stop_strings=stops, tokenizer=tokenizer if stops else None,
    )  # fmt: skip
    ends = model.generation_config.eos_token_id
    ending = set(ends if isinstance(ends, list) else [ends]) | {tokenizer.eos_token_id}
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
