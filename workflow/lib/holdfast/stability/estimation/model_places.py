"""The places that models may have in contexts like these, from their comparisons."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import t as student

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.resampling.two_way_jackknife import two_way_spread


def places_of(deleted: Mapping[str, FloatArray], alpha: float) -> dict[str, tuple[int, int]]:
    """Return the first and the last place that each model may have; the highest figure has place 1.

    A model is compared with each other one, and p is adjusted over these comparisons (Holm 1979): a set for one
    model holds its place with probability 1 - alpha at least (Mogstad, Romano, Shaikh & Wilhelm 2024). As many
    models as lie significantly above it are before it, and as many as lie significantly below are after it.

    Args:
        deleted: by model the figures without each topic and group of respondents (1 + C, 1 + G).
        alpha: of all comparisons of one model together.
    """
    found = {}
    for name, own in deleted.items():
        differences = [own - other for n, other in deleted.items() if n != name]
        sides = [float(np.sign(d[0, 0])) for d in differences]
        told = _holm([_p(d) for d in differences], alpha)
        above = sum(apart and side < 0 for apart, side in zip(told, sides, strict=True))
        below = sum(apart and side > 0 for apart, side in zip(told, sides, strict=True))
        found[name] = (1 + above, len(deleted) - below)
    return found


def _p(difference: FloatArray) -> float:
    """Return p of no difference; 1 where nothing moves or the error is not known."""
    spread = two_way_spread(difference, "plain")
    if not spread.error > 0:
        return 1.0
    return float(2 * student.sf(abs(difference[0, 0]) / spread.error, spread.freedom))


def _holm(p: list[float], alpha: float) -> list[bool]:
    """Return which hypotheses are rejected: from the smallest p on, each at alpha over how many are left."""
    told, left = [False] * len(p), len(p)
    for at in np.argsort(p, kind="stable"):
        if p[at] > alpha / left:
            break
        told[at], left = True, left - 1
    return told
