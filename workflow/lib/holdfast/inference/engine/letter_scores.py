"""The letters' log-probabilities, from logits over the vocabulary (methods 3.3, 3.4)."""

from collections.abc import Sequence

import torch
from torch import Tensor

Scores = tuple[list[float], float]


def from_logits(logits: Tensor, options: Sequence[Sequence[int]]) -> list[Scores]:
    """Return the letters' log-probabilities, normalised over the vocabulary; (rows, vocabulary)."""
    logits = logits.float()
    whole = logits.logsumexp(1, keepdim=True).double()
    chosen = [logits[:, list(o)].double().logsumexp(1) for o in options]
    found = torch.stack(chosen, dim=1) - whole
    mass = found.logsumexp(1).exp().clamp(max=1.0)
    return list(zip(found.tolist(), mass.tolist(), strict=True))
