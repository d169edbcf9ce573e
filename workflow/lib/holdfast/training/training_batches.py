"""From rows to tensors: a batch in which each question sees its prefix and itself only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from holdfast.training.dialogue_tokens import Row

MASKED = -1e9
SPOKEN = "spoken"


@dataclass(frozen=True)
class Batch:
    """Tensors of some rows.

    Attributes:
        ids: token ids; shape (rows, length).
        positions: each token's position in its own prompt.
        mask: added to the attention scores; shape (rows, 1, length, length).
        kinds: of each target (letter, words, find, spoken).
        targets: row, place and token of each target; shape (targets, 3).
        marks: for each head row, place and class (or place looked at); shape (marks, 3).
    """

    ids: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    kinds: np.ndarray
    targets: torch.Tensor
    marks: dict[str, torch.Tensor]


def pack(rows: Sequence[Row]) -> Batch:
    """Return rows as one batch: prefix first, then the questions one after the other."""
    length = max(len(r.prefix) + sum(len(a.ids) for a in r.asked) for r in rows)
    shape = (len(rows), length)
    ids, positions = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    segments = np.full(shape, -1, np.int64)
    targets: list[tuple[str, int, int, int]] = []
    marks: dict[str, list[tuple[int, int, int]]] = {}
    for b, row in enumerate(rows):
        n = len(row.prefix)
        ids[b, :n], positions[b, :n], segments[b, :n] = row.prefix, range(n), 0
        targets += [(SPOKEN, b, i - 1, row.prefix[i]) for i in row.spoken]
        for mark in row.marks:
            marks.setdefault(mark.head, []).append((b, mark.place, mark.target))
        start = n
        for k, a in enumerate(row.asked, start=1):
            m = len(a.ids)
            here = slice(start, start + m)
            ids[b, here], positions[b, here], segments[b, here] = a.ids, range(n, n + m), k
            targets.append((a.kind, b, start + m - 1, a.answer))
            for mark in a.marks:
                target = mark.target + start * (mark.head == "look at option")
                marks.setdefault(mark.head, []).append((b, start + mark.place, target))
            start += m
    return Batch(
        torch.from_numpy(ids), torch.from_numpy(positions), _mask(torch.from_numpy(segments)),
        np.array([t[0] for t in targets]), torch.tensor([t[1:] for t in targets]).view(-1, 3),
        {head: torch.tensor(m) for head, m in marks.items()},
    )  # fmt: skip


def _mask(segments: torch.Tensor) -> torch.Tensor:
    """Return the additive mask: causal, within the own segment and the prefix (segment 0)."""
    length = segments.shape[1]
    query, key = segments[:, :, None], segments[:, None, :]
    seen = ((key == 0) | (key == query)) & (key >= 0)
    seen &= torch.ones(length, length, dtype=torch.bool).tril()
    seen |= torch.eye(length, dtype=torch.bool)
    return torch.zeros(seen.shape).masked_fill_(~seen, MASKED)[:, None]
