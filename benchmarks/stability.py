"""Time the stability kernels against a loop over scipy.stats.spearmanr, and the bootstrap.

Usage: python benchmarks/stability.py [--quick] --json FILE
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

from holdfast.stability.correlate import FloatArray
from holdfast.stability.ipsative import ipsative
from holdfast.stability.model import model_stability
from holdfast.stability.rank_order import rank_order

REPLICATES, CONTEXTS, RESPONDENTS, VALUES = 5, 5, 60, 10
DRAWS = 1000
TARGET_RATIO = 100


def simulated_scores() -> FloatArray:
    """Return centred scores (R, C, N, V) of rounded answers, four items a value."""
    generator = np.random.default_rng(0)
    trait = generator.normal(size=(RESPONDENTS, VALUES, 4))
    noise = generator.normal(size=(REPLICATES, CONTEXTS, RESPONDENTS, VALUES, 4))
    ratings = np.clip(np.round(3.5 + trait + noise), 1, 6)
    scores = ratings.mean(axis=-1) - ratings.mean(axis=(-1, -2))[..., None]
    return np.asarray(np.round(scores, 9), dtype=np.float64)


def kernels(scores: FloatArray) -> list[FloatArray]:
    """Return rank-order (R, P, V) and ipsative (R, P, N) correlations."""
    return [rank_order(scores), ipsative(scores)]


def loop(scores: FloatArray) -> list[FloatArray]:
    """Return the same with one call of scipy a replicate, pair, and value or respondent."""
    pairs = list(combinations(range(scores.shape[1]), 2))
    by_value = [
        [[spearmanr(r[a, :, v], r[b, :, v]).statistic for v in range(VALUES)] for a, b in pairs]
        for r in scores
    ]
    by_respondent = [
        [[spearmanr(r[a, n], r[b, n]).statistic for n in range(RESPONDENTS)] for a, b in pairs]
        for r in scores
    ]
    return [np.array(by_value), np.array(by_respondent)]


def best_of(times: int, function: Callable[[], object]) -> float:
    """Return the shortest of several wall-clock times in seconds."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def measure(quick: bool) -> dict[str, float | int | bool]:
    """Time kernels, loop and bootstrap on the same scores in one run."""
    scores = simulated_scores()
    names = [str(v) for v in range(VALUES)]
    pairs = list(zip(kernels(scores), loop(scores), strict=True))
    kernel_seconds = best_of(5 if quick else 50, lambda: kernels(scores))
    loop_seconds = best_of(1 if quick else 3, lambda: loop(scores))
    draw_seconds = best_of(
        1 if quick else 5, lambda: model_stability(scores, names[:CONTEXTS], names, draws=DRAWS)
    )
    return {
        "replicates": REPLICATES,
        "contexts": CONTEXTS,
        "respondents": RESPONDENTS,
        "correlations": sum(ours.size for ours, _ in pairs),
        "largest_difference": max(float(np.abs(a - b).max()) for a, b in pairs),
        "kernel_seconds": kernel_seconds,
        "scipy_loop_seconds": loop_seconds,
        "ratio": loop_seconds / kernel_seconds,
        "draws": DRAWS,
        "model_stability_seconds": draw_seconds,
        "quick": quick,
    }


def main() -> None:
    """Measure, print a table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    options = parser.parse_args()
    figures = measure(options.quick)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=2) + "\n")
    for name, figure in figures.items():
        print(
            f"{name:<24}{figure:>14.4g}"
            if isinstance(figure, float)
            else f"{name:<24}{figure!s:>14}"
        )
    if figures["ratio"] < TARGET_RATIO:
        print(f"below the target ratio of {TARGET_RATIO}")


if __name__ == "__main__":
    main()
