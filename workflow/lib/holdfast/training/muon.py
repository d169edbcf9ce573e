"""Optimiser: Muon for the hidden matrices, AdamW for everything else.

Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): momentum, then the update's matrix is
made nearly orthogonal by five Newton-Schulz steps.
"""

from collections.abc import Iterable

import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
MOMENTUM = 0.95
DECAY = 0.01
NOT_HIDDEN = ("embed", "lm_head", "mlp.gate.")


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """Return matrices whose singular values are near 1; shape (n, rows, columns) stays."""
    flip = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if flip else matrices
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(5):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: torch.Tensor = x.mT if flip else x
    return result


class Muon:
    """Updates a model's hidden matrices by Muon and its other parameters by AdamW."""

    def __init__(
        self, named: Iterable[tuple[str, torch.nn.Parameter]], rate: float, other: float
    ) -> None:
        """Sort the parameters.

        Args:
            named: the model's parameters by name.
            rate: learning rate of the matrices.
            other: learning rate of the rest.
        """
        parameters = list(named)
        self.rate, self.other = rate, other
        self.all = [p for _, p in parameters]
        hidden = [p for n, p in parameters if p.ndim > 1 and not any(w in n for w in NOT_HIDDEN)]
        self.momentum = {p: torch.zeros_like(p) for p in hidden}
        rest = [p for p in self.all if p not in self.momentum]
        self.adam = torch.optim.AdamW(rest, lr=other, betas=(0.9, 0.98), weight_decay=0.0)
        self.shapes: dict[tuple[int, ...], list[torch.nn.Parameter]] = {}
        for p in hidden:
            self.shapes.setdefault(tuple(p.shape[-2:]), []).append(p)

    def zero(self) -> None:
        """Forget the gradients."""
        for p in self.all:
            p.grad = None

    @torch.no_grad()
    def step(self, scale: float) -> None:
        """Update all parameters from their gradients, with the learning rates times `scale`."""
        torch.nn.utils.clip_grad_norm_(self.all, 1.0)
        for group in self.adam.param_groups:
            group["lr"] = self.other * scale
        self.adam.step()
        for (rows, columns), same in self.shapes.items():
            stretch = max(1.0, rows / columns) ** 0.5
            updates = torch.cat([self._direction(p).reshape(-1, rows, columns) for p in same])
            counts = [p.numel() // (rows * columns) for p in same]
            for p, update in zip(same, torch.split(orthogonal(updates), counts), strict=True):
                p.mul_(1 - self.rate * scale * DECAY)
                p.add_(update.reshape(p.shape), alpha=-self.rate * scale * stretch)

    def _direction(self, p: torch.nn.Parameter) -> torch.Tensor:
        assert p.grad is not None
        momentum = self.momentum[p].mul_(MOMENTUM).add_(p.grad, alpha=1 - MOMENTUM)
        return p.grad * (1 - MOMENTUM) + MOMENTUM * momentum
