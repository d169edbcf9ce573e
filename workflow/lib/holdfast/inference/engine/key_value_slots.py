"""Keys and values of the messages being written, one slot a message, and the attention to them.

A pass computes some new tokens of some slots as one packed row. Shapes: T new tokens, B slots, H query
heads, K key heads, D numbers a head, S tokens of the longest slot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor

from holdfast.inference.engine.prefix_attention import (
    attending,
    attention,
    distance,
    logits_of,
    remembered,
    shared_attention,
)
from holdfast.inference.engine.prefix_packing import Known


class Slots:
    """Room for a number of texts; those in use are the first ones."""

    def __init__(self, model: Any, slots: int, capacity: int) -> None:
        """Make room for so many texts of so many tokens."""
        self.model, self.size = model, slots
        shape = (slots, *token_shape(model)[:1], capacity, *token_shape(model)[1:])
        # zeros, since what is not yet written is read and hidden, and must be finite
        make = partial(torch.zeros, shape, dtype=model.dtype, device=model.device)
        layers = model.config.get_text_config().num_hidden_layers
        self.layers = [(make(), make()) for _ in range(layers)]
        self.lengths = [0] * slots

    def enter(self, slot: int, known: Known, tokens: int) -> None:
        """Begin a text with so many tokens of what is known."""
        self.lengths[slot] = tokens
        if tokens:
            for layer, kept in known.layers.items():
                for room, x in zip(self.layers[layer], kept, strict=True):
                    room[slot, :, :tokens] = x[:tokens].transpose(0, 1)

    def known(self, slot: int, ids: Sequence[int]) -> Known:
        """Return a copy of what was computed of a text; `ids`: its tokens, the newest may be too many."""
        n = self.lengths[slot]
        layers = {
            i: (k[slot, :, :n].clone().transpose(0, 1), v[slot, :, :n].clone().transpose(0, 1))
            for i, (k, v) in enumerate(self.layers)
        }
        return Known(ids[:n], layers)

    def move(self, old: int, new: int) -> None:
        """Move a text to another slot."""
        n = self.lengths[new] = self.lengths[old]
        for k, v in self.layers if old != new else []:
            k[new, :, :n] = k[old, :, :n]
            v[new, :, :n] = v[old, :, :n]

    @torch.inference_mode()
    def forward(self, first: int, new: Sequence[Sequence[int]]) -> Tensor:
        """Compute new tokens of the slots from `first` on; return the logits after each text (B, tokens)."""
        step = _step(self, first, new)
        with attending(self.model):
            hidden = self.model.get_decoder()(
                input_ids=step.tokens[None], position_ids=step.positions[None],
                use_cache=False, cascade=partial(_attend, step),
            ).last_hidden_state[0]  # fmt: skip
            logits = logits_of(self.model, hidden[step.last])
        for i, tokens in enumerate(new, first):
            self.lengths[i] += len(tokens)
        return logits


def token_shape(model: Any) -> tuple[int, int]:
    """Return key heads and numbers a head."""
    c = model.config.get_text_config()
    size = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
    return c.num_key_value_heads, size


def token_bytes(model: Any) -> int:
    """Return the memory that the keys and values of one token take."""
    heads, size = token_shape(model)
    layers: int = model.config.get_text_config().num_hidden_layers
    return 2 * layers * heads * size * int(model.dtype.itemsize)


@dataclass(frozen=True)
class _Step:
    """New tokens of some slots: tokens (T), positions (T), the last one of each slot (B), masks made once."""

    slots: Slots
    first: int
    counts: Sequence[int]
    tokens: Tensor
    positions: Tensor
    last: Tensor
    masks: dict[Any, Tensor] = field(default_factory=dict)


def _step(slots: Slots, first: int, new: Sequence[Sequence[int]]) -> _Step:
    device = slots.model.device
    counts = [len(tokens) for tokens in new]
    past = slots.lengths[first : first + len(new)]
    places = [i for p, n in zip(past, counts, strict=True) for i in range(p, p + n)]
    last = torch.tensor(counts).cumsum(0) - 1
    tokens = torch.tensor([t for tokens in new for t in tokens], device=device)
    return _Step(slots, first, counts, tokens, torch.tensor(places, device=device), last.to(device))


def _attend(
    step: _Step, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None
) -> Tensor:  # fmt: skip
    """Return the attention of the new tokens (1, T, H, D); their keys and values go into the slots."""
    q, k, v = (x.transpose(1, 2)[0] for x in (query, key, value))  # (T, heads, D)
    single = len(step.counts) == len(step.tokens)
    return (_one_each if single else _several)(step, layer, q, k, v, scale, window)[None]


def _one_each(
    step: _Step, layer: int, q: Tensor, k: Tensor, v: Tensor, scale: float, window: int | None
) -> Tensor:
    """Return the attention (B, H, D) where every slot has one new token: all slots in one call."""
    rows = slice(step.first, step.first + len(q))
    place = torch.arange(len(q), device=q.device)
    longest = max(step.slots.lengths[rows]) + 1
    keys, values = (room[rows] for room in step.slots.layers[layer])
    keys[place, :, step.positions], values[place, :, step.positions] = k, v
    mask = remembered(
        step.masks, window,
        lambda: distance(step.positions, torch.arange(longest, device=q.device), window).transpose(0, 2),
    )  # fmt: skip
    grouped = q.reshape(len(q), k.shape[1], -1, q.shape[-1])
    seen = keys[:, :, :longest], values[:, :, :longest]
    return attention(grouped, seen[0], seen[1], scale, mask=mask.to(q.dtype))[0].reshape(q.shape)


def _several(
    step: _Step, layer: int, q: Tensor, k: Tensor, v: Tensor, scale: float, window: int | None
) -> Tensor:
    """Return the attention (T, H, D) where slots have several new tokens: one slot after the other."""
    out, start = torch.empty_like(q), 0
    for slot, count in enumerate(step.counts, step.first):
        past, here = step.slots.lengths[slot], slice(start, start + count)
        keys, values = (x[slot].transpose(0, 1)[: past + count] for x in step.slots.layers[layer])
        keys[past:], values[past:] = k[here], v[here]
        place = torch.arange(past + count, device=q.device)
        plain = not past and (window is None or count <= window)
        mask = None if plain else remembered(
            step.masks, (slot, window), partial(distance, place[past:], place, window)
        ).to(q.dtype)  # fmt: skip
        out[here] = shared_attention(q[here], keys, values, scale, mask=mask, causal=plain)[0]
        start += count
    return out
