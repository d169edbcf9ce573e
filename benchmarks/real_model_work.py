"""What real_model.py asks: conversations of personas, and a questionnaire after a conversation of a length."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import torch
from scoring import run_here  # sets up the path to the library
from scoring_work import flops, observed
from transformers import AutoModelForCausalLM

from holdfast.design.instruments import load_instrument
from holdfast.design.personas import Persona
from holdfast.design.populations import find_population
from holdfast.inference.backends.protocol import Answer, MessageRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.engine.conversation_cache import ConversationCache
from holdfast.inference.engine.message_generation import ending_tokens, message_of, messages
from holdfast.inference.models.registry import read_registry
from holdfast.inference.prompting.prompts import (
    Turn,
    next_message,
    question_text,
    questionnaire,
)
from holdfast.inference.prompting.token_ids import common_prefix, letter_ids
from holdfast.inference.prompting.wordings import load_wording
from holdfast.seeds import derive
from holdfast.yaml_and_csv import read_text

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
PLAIN = load_wording(RESOURCES, "plain")
TOPICS = ("grammar", "joke", "chess")  # as studies/smollm2.yaml
MESSAGES, NEW = 3, 60  # messages a conversation, tokens a message at most
KEPT = 4e9  # bytes that conversations may keep, as in a job on a machine with 16 GB free

Ids = list[list[int]]
Round = dict[str, Any]  # seconds, processor_s, peak_mb, found
Way = Callable[[Sequence[MessageRequest], Ids], Round]  # found: answers


class Talks(NamedTuple):
    """What an engine's conversations came to; `flops`: the work that can't be avoided."""

    seconds: float
    processor_s: float
    tokens: int
    peak_mb: float
    texts: list[str]
    flops: float


def load(name: str, dtype: str, threads: int) -> TransformersBackend:
    """Return a model of the registry as a job uses it, in a numeric format."""
    entry = read_registry(RESOURCES / "models")[name]
    deployment = entry.deployment.model_copy(update={"dtype": dtype})
    return TransformersBackend(
        name, entry.model_copy(update={"deployment": deployment}), "", threads
    )


def plain_model(backend: TransformersBackend) -> Any:
    """Return the model as the library loads it, for ways that are not ours."""
    dtype = getattr(torch, backend.entry.deployment.dtype)
    model = AutoModelForCausalLM.from_pretrained(**backend.source, dtype=dtype)
    model.generation_config = backend.model.generation_config
    return model.eval()


def people(number: int) -> list[Persona]:
    """Return the first personas of the population `generated`."""
    return find_population(RESOURCES, "generated", number).personas


def openings() -> dict[str, str]:
    """Return the opening of each topic."""
    rows = csv.DictReader(read_text(RESOURCES / "topics/topics.csv").splitlines())
    return {row["topic"]: row["opening"] for row in rows}


def holdfast(backend: TransformersBackend) -> Way:
    """Return our own engine: all rows together, each view of a conversation going on from what it kept."""
    cache = ConversationCache(KEPT)

    def write(requests: Sequence[MessageRequest], ids: Ids) -> Round:
        stops = list(map(backend.stops, requests))
        about = backend.entry.model
        return observed(
            lambda: list(
                messages(backend.model, backend.tokenizer, about, requests, ids, stops, cache)
            ),
            "cpu",
        )

    return write


def library(backend: TransformersBackend, model: Any, rows: int) -> Way:
    """Return the library's `generate` with its own sampling, so many rows at a time, padded on the left."""

    def some(requests: Sequence[MessageRequest], ids: Ids) -> list[Answer]:
        longest, pad = max(map(len, ids)), backend.tokenizer.pad_token_id
        padded = torch.tensor([[pad] * (longest - len(i)) + i for i in ids])
        mask = torch.tensor([[0] * (longest - len(i)) + [1] * len(i) for i in ids])
        torch.manual_seed(requests[0].seed)
        sampling = backend.entry.model.sampling
        found = model.generate(
            input_ids=padded, attention_mask=mask, max_new_tokens=requests[0].max_new_tokens,
            do_sample=True, temperature=sampling.temperature, top_p=sampling.top_p,
            top_k=sampling.top_k, pad_token_id=pad,
        )  # fmt: skip
        return answers(backend, requests, found[:, longest:].tolist())

    def write(requests: Sequence[MessageRequest], ids: Ids) -> Round:
        starts = range(0, len(ids), rows)
        parts = [slice(i, i + rows) for i in starts]
        return observed(lambda: [a for at in parts for a in some(requests[at], ids[at])], "cpu")

    return write


def peer(backend: TransformersBackend, ask: Callable[..., Round]) -> Way:
    """Return an engine in another process."""

    def write(requests: Sequence[MessageRequest], ids: Ids) -> Round:
        found = ask("write", ids, [r.seed for r in requests], requests[0].max_new_tokens)
        return found | {"found": answers(backend, requests, found["found"])}

    return write


def answers(
    backend: TransformersBackend, requests: Sequence[MessageRequest], rows: Ids
) -> list[Answer]:
    """Return what was said, from the tokens that an engine has written."""
    ends = ending_tokens(backend.model.generation_config, backend.tokenizer)
    return [
        message_of(backend.tokenizer, row, r, ends, backend.entry.model, backend.stops(r))
        for r, row in zip(requests, rows, strict=True)
    ]


def converse(
    write: Way, backend: TransformersBackend, who: Sequence[Persona], new: int, number: int
) -> Talks:
    """Let all personas have a conversation; rendering and tokenising are not timed.

    Args:
        write: the engine.
        backend: renders the prompts.
        who: the personas; each is given one of the topics.
        new: tokens a message at most.
        number: of the round; other numbers draw other messages.
    """
    topics = openings()
    turns = [[Turn("interlocutor", topics[TOPICS[i % 3]])] for i in range(len(who))]
    took, used, tokens, peak, texts, views = 0.0, 0.0, 0, 0.0, list[str](), list[Ids]()
    for turn in range(1, MESSAGES + 1):
        requests = [
            MessageRequest(
                next_message(PLAIN, p, t), derive(number, "message", p.persona, turn), new, i
            )
            for i, (p, t) in enumerate(zip(who, turns, strict=True))
        ]
        views.append(backend.token_ids([r.prompt for r in requests]))
        found = write(requests, views[-1])
        took, used = took + found["seconds"], used + found["processor_s"]
        peak = max(peak, found["peak_mb"])
        tokens += sum(a.tokens for a in found["found"])
        texts += [a.text for a in found["found"]]
        for t, r, a in zip(turns, requests, found["found"], strict=True):
            t.append(Turn(r.prompt.speaker, a.text, said=True))
    return Talks(took, used, tokens, peak, texts, _work(backend.model, views[1:], tokens))


def _work(model: Any, last: Sequence[Ids], said: int) -> float:
    """Return the FLOP that conversations can't avoid: each view's last prompt, and what was said."""
    c = model.config
    read = sum(flops(model, [view], 0) for views in last for view in views)
    body = sum(p.numel() for n, p in model.named_parameters() if ".layers." in n)
    ends = said * 2 / 3  # the first message stands in the last prompt of its view already
    return read + 2.0 * (ends * body + said * c.hidden_size * c.vocab_size)


def spoken(
    talks: Sequence[Talks], ours: Sequence[Talks], rate: float, scale: float
) -> dict[str, Any]:
    """Return an engine's figures; `rate`: FLOP/s; `scale`: respondents over those that were timed."""
    return {
        "seconds": median(t.seconds for t in talks) * scale,
        "processor_s": median(t.processor_s for t in talks) * scale,
        "tokens": talks[0].tokens * scale,
        "tokens_per_s": median(t.tokens / t.seconds for t in talks),
        "ratio": median(
            o.tokens / o.seconds / (t.tokens / t.seconds) for o, t in zip(ours, talks, strict=True)
        ),
        "ratio_processor": median(
            o.tokens / o.processor_s / (t.tokens / t.processor_s)
            for o, t in zip(ours, talks, strict=True)
        ),
        "share_of_limit": median(t.flops / rate / t.seconds for t in talks),
        "share_processor": torch.get_num_threads() * median(
            t.flops / rate / t.processor_s for t in talks
        ),
        "peak_mb": max(t.peak_mb for t in talks), "matrix_gflops": rate / 1e9,
        "same_messages": _same(ours, talks), "speeds": [t.tokens / t.seconds for t in talks],
    }  # fmt: skip


def _same(ours: Sequence[Talks], others: Sequence[Talks]) -> float:
    pairs = [
        (a, b)
        for x, y in zip(ours, others, strict=True)
        for a, b in zip(x.texts, y.texts, strict=False)
    ]
    return sum(a == b for a, b in pairs) / len(pairs)


def administration(
    backend: TransformersBackend, prefix: int, items: int, number: int
) -> tuple[Ids, Ids]:
    """Return the prompts of a questionnaire after a conversation, and for each letter its token ids.

    Args:
        backend: renders the prompts.
        prefix: tokens that the prompts share, at least.
        items: how many, at most 40.
        number: other numbers give another persona and another conversation.
    """
    instrument = load_instrument(RESOURCES, "pvq40")
    persona, said = people(number + 1)[number], [*openings().values()]
    order = tuple(o.rating for o in instrument.options)
    turns: list[Turn] = []

    def prompts() -> Ids:
        texts = [
            question_text(PLAIN, instrument, i, persona.gender, order) for i in instrument.items
        ]
        return backend.token_ids([questionnaire(PLAIN, persona, turns, t) for t in texts[:items]])

    ids = prompts()
    while common_prefix(ids) < prefix:
        speaker = "persona" if len(turns) % 2 else "interlocutor"
        turns.append(Turn(speaker, said[(number + len(turns)) % len(said)]))
        ids = prompts() if len(turns) % 2 == 0 else ids
    return ids, letter_ids(backend.tokenizer, instrument.letters())


def scored(model: Any, engine: str, options: Ids, part: int | None, ids: Ids) -> Round:
    """Return a round of one of this process's engines; `part`: items that are timed and scaled; None: all."""
    found = run_here(model, engine, ids[:part], options)
    scale = len(ids) / len(ids[:part])
    return found | {key: found[key] * scale for key in ("seconds", "processor_s")}


def scored_by_peer(ask: Callable[..., Round], options: Ids, ids: Ids) -> Round:
    """Return a round of another engine, the letters' tokens put together."""
    found = ask("score", ids, [i for own in options for i in own])
    if found["found"] is None:
        return found
    sizes = [len(own) for own in options]
    letters = [
        [float(part.logsumexp(0)) for part in torch.tensor(row, dtype=torch.float64).split(sizes)]
        for row in found["found"]
    ]
    return found | {"found": letters}
