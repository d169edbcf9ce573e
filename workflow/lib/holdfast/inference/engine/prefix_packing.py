"""Prompts that share prefixes as one packed row of tokens: every prefix once, then all ends.

Shapes: T tokens, N ends of at most S tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

Kept = dict[int, tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Known:
    """What was computed of a text: its tokens, and their keys and values by layer (tokens, K, D)."""

    ids: Sequence[int] = ()
    layers: Kept = field(default_factory=dict)

    def of(self, ids: Sequence[int]) -> int:
        """Return how many of these tokens are known."""
        limit = min(len(self.ids), len(ids))
        return next((i for i in range(limit) if self.ids[i] != ids[i]), limit)

    def bytes(self) -> int:
        """Return the memory that it takes."""
        return sum(k.nbytes + v.nbytes for k, v in self.layers.values())


@dataclass(frozen=True)
class Part:
    """What one pass computes of one group.

    Attributes:
        group: which group.
        prefix: the tokens that all its ends share.
        ends: the ends that are computed in this pass.
        kept: the prefix's keys and values by layer; filled when the prefix is computed, where later
            passes need them. They may be of more tokens than the prefix has.
        known: how many of the prefix's tokens are kept; the rest is computed in this pass.
        keep: do later passes need the whole prefix's keys and values?
    """

    group: int
    prefix: Sequence[int]
    ends: Sequence[Sequence[int]]
    kept: Kept = field(default_factory=dict)
    known: int = 0
    keep: bool = False

    @property
    def fresh(self) -> Sequence[int]:
        """Return the prefix's tokens that are computed in this pass."""
        return self.prefix[self.known :]

    @property
    def tokens(self) -> int:
        """Return how many tokens are computed in this pass."""
        return len(self.fresh) + sum(map(len, self.ends))


@dataclass(frozen=True)
class Rows:
    """Where a part's tokens stand in the packed row; `size`: tokens of its prefix, computed or kept."""

    prefix: slice
    ends: slice
    last: slice
    size: int
    part: Part


@dataclass(frozen=True)
class Layout:
    """A packed row: tokens (T), their positions (T), and how the N ends are padded.

    Attributes:
        tokens: token ids.
        positions: of each token in its own prompt.
        start: first row of all ends.
        lengths: tokens of each end (N).
        last: row of each end's last token (N).
        pad: for each place of the padded ends its row (N·S), counted from `start`.
        unpad: for each row of the ends its place in the padded ones.
        parts: where each part stands.
        masks: made when first needed.
    """

    tokens: Tensor
    positions: Tensor
    start: int
    lengths: Tensor
    last: Tensor
    pad: Tensor
    unpad: Tensor
    parts: tuple[Rows, ...]
    masks: dict[Any, Tensor] = field(default_factory=dict)


def layout(parts: Sequence[Part], device: Any) -> Layout:
    """Return the packed row of several parts: their prefixes, then their ends."""
    tokens = [t for p in parts for t in p.fresh]
    places = [i for p in parts for i in range(p.known, len(p.prefix))]
    start = len(tokens)
    ends = [(len(p.prefix), e) for p in parts for e in p.ends]
    tokens += [t for _, e in ends for t in e]
    places += [i for size, e in ends for i in range(size, size + len(e))]
    lengths = torch.tensor([len(e) for _, e in ends])
    longest, last = int(lengths.max()), lengths.cumsum(0) - 1
    place = torch.arange(longest)
    pad = ((last - lengths + 1)[:, None] + place).clamp(max=int(last[-1]))
    unpad = (place < lengths[:, None]).flatten().nonzero().flatten()
    on = partial(torch.Tensor.to, device=device)
    return Layout(
        on(torch.tensor(tokens)), on(torch.tensor(places)), start, on(lengths), on(last + start),
        on(pad.flatten()), on(unpad), _rows(parts, start),
    )  # fmt: skip


def _rows(parts: Sequence[Part], start: int) -> tuple[Rows, ...]:
    rows, prefix, end, last = [], 0, start, 0
    for part in parts:
        size, length = len(part.prefix), sum(map(len, part.ends))
        stop = prefix + len(part.fresh)
        here = slice(end, end + length), slice(last, last + len(part.ends))
        rows.append(Rows(slice(prefix, stop), *here, size, part))
        prefix, end, last = stop, end + length, last + len(part.ends)
    return tuple(rows)


def split(
    number: int, prefix: Sequence[int], ends: Sequence[Sequence[int]], tokens: int, known: Known
) -> list[Part]:
    """Return a group as parts of at most so many tokens; all but the last one keep the prefix.

    Args:
        number: the group's.
        prefix: what its ends share.
        ends: the ends.
        tokens: how many may be computed at a time.
        known: what is known of the prefix, or of nothing.
    """
    kept, size = dict(known.layers), known.of(prefix)
    bounds, used = [0], len(prefix) - size
    for i, end in enumerate(ends):
        if i > bounds[-1] and used + len(end) > tokens:
            bounds.append(i)
            used = 0
        used += len(end)
    bounds.append(len(ends))
    return [
        Part(number, prefix, ends[a:b], kept, len(prefix) if a else size, keep=b < len(ends))
        for a, b in pairwise(bounds)
    ]


def halves(parts: Sequence[Part]) -> list[Sequence[Part]]:
    """Return the two halves of a pass: of its parts, or of its one part's ends; the pass if it has one end."""
    if len(parts) > 1:
        half = len(parts) // 2
        return [parts[:half], parts[half:]]
    (part,) = parts
    half = len(part.ends) // 2
    if not half:
        return [parts]
    return [
        [replace(part, ends=part.ends[:half], keep=True)],
        [replace(part, ends=part.ends[half:], known=len(part.prefix))],
    ]
