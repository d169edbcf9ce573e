"""Write crossed.csv and facets.csv: small balanced designs in which every component is positive.

    python tests/golden/lme4/planted_designs.py

An effect is drawn, centred over each of its factors, and scaled to the sum of squares that is expected of
it. So the analysis of variance finds what was planted, but for the rounding of the scores.
"""

from itertools import chain, combinations
from pathlib import Path

import numpy as np
import pandas as pd

DESIGNS = {
    "crossed": {"respondent": 10, "context": 4, "replicate": 3},
    "facets": {"respondent": 8, "topic": 4, "wording": 3, "replicate": 2},
}
"""Levels of each factor."""
PLANTED = {
    "crossed": {
        "strong": [1.0, 0.5, 0.4, 0.5, 0.3, 0.25, 0.8],
        "weak": [0.12, 0.04, 0.02, 0.15, 0.06, 0.03, 0.7],
    },
    "facets": {
        "value": [0.9, 0.4, 0.3, 0.15, 0.5, 0.35, 0.2, 0.25, 0.1, 0.12, 0.3, 0.2, 0.15, 0.1, 0.6],
    },
}
"""Variances of each value: main effects, then interactions by their order; the last has the error in it."""

Effect = tuple[str, ...]


def effects(factors: list[str]) -> list[Effect]:
    """Return main effects, then interactions by their order."""
    return list(chain(*(combinations(factors, size) for size in range(1, len(factors) + 1))))


def scores(levels: dict[str, int], variances: dict[Effect, float], seed: int) -> np.ndarray:
    """Return scores with one axis a factor."""
    random = np.random.default_rng(seed)
    total = np.full(tuple(levels.values()), 3.5)
    for effect in variances:
        own = random.normal(size=[n if f in effect else 1 for f, n in levels.items()])
        for axis in (i for i, f in enumerate(levels) if f in effect):
            own -= own.mean(axis=axis, keepdims=True)
        expected = sum(
            variance / np.prod([levels[f] for f in within if f not in effect])
            for within, variance in variances.items() if set(effect) <= set(within)
        )  # fmt: skip
        freedom = np.prod([levels[f] - 1 for f in effect])
        total = total + own * np.sqrt(freedom * expected / (own**2).sum())
    return total


if __name__ == "__main__":
    for name, levels in DESIGNS.items():
        cells = pd.MultiIndex.from_product([range(n) for n in levels.values()], names=list(levels))
        table = pd.DataFrame(index=cells)
        for seed, (value, variances) in enumerate(PLANTED[name].items()):
            planted = dict(zip(effects(list(levels)), variances, strict=True))
            table[value] = scores(levels, planted, seed).ravel()
        table.round(3).to_csv(Path(__file__).parent / f"{name}.csv", lineterminator="\n")
