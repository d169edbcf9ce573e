"""How often both intervals of convergence hold the truth, and what the shares of comparisons are worth.

Two methods measure six values that lie on a circle. A respondent has a trait on each value, and for each method
a part of its own on each value and a halo on all of them. What a conversation changes, both methods see. With a
spread, conversations change the answers more or less: the logarithm of how much is normal.

Usage: python benchmarks/coverage_convergence.py [--studies N] [--quick] --json FILE
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

from holdfast.stability.convergence.convergence_estimates import Measured, convergence
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.resampling.stability_draws import Settings

VALUES, METHODS, TOPICS, REPLICATES = 6, 2, 5, 2
OWN, HALO, TALK, NOISE = 0.4, 1.5, 0.4, 0.6
"""Variances beside that of the trait, which is 1: a method's own, its halo, a conversation's, an answer's."""

CIRCLE = 0.5 * (
    np.eye(VALUES) + np.cos(2 * np.pi * np.subtract.outer(*2 * [np.arange(VALUES)]) / VALUES)
)
"""Covariances of the traits."""


def scores(respondents: int, spread: float, g: np.random.Generator) -> FloatArray:
    """Return the scores (M, R, C, N, V) of a study."""
    root = np.linalg.cholesky(CIRCLE)
    trait = g.normal(size=(respondents, VALUES)) @ root.T
    own = np.sqrt(OWN) * g.normal(size=(METHODS, 1, 1, respondents, VALUES))
    halo = np.sqrt(HALO) * g.normal(size=(METHODS, 1, 1, respondents, 1))
    much = np.exp(spread * g.normal(size=(TOPICS, 1, 1)))
    talk = np.sqrt(TALK) * much * g.normal(size=(1, REPLICATES, TOPICS, respondents, VALUES))
    shape = (METHODS, REPLICATES, TOPICS, respondents, VALUES)
    return trait + own + halo + talk + np.sqrt(NOISE) * g.normal(size=shape)


def truth(spread: float) -> dict[str, float]:
    """Return the pooled quantities over all respondents and all such conversations."""
    much = np.exp(2 * spread * np.random.default_rng(1).normal(size=(2, 200_000)))
    a, b = (1 + OWN + HALO + NOISE + TALK * m for m in much)
    other = CIRCLE[0, 1:]

    def seen(covariance: FloatArray | float, variance: FloatArray) -> float:
        return float((6 / np.pi * np.arcsin(covariance / variance / 2)).mean())

    kept = 1 + OWN + HALO
    hetero = np.array([seen(c, a) for c in other])
    mono = np.array([seen(c + HALO, a) for c in other])
    same = seen(1 + TALK * much[0], a)
    return {
        "convergent": same,
        "convergent_across_contexts": seen(1.0, np.sqrt(a * b)),
        "convergent_less_heterotrait": same - float(hetero.mean()),
        "convergent_disattenuated": _without_noise(much[0], a, kept),
        "monotrait_monomethod": seen(kept, np.sqrt(a * b)),
        "heterotrait_heteromethod": float(hetero.mean()),
        "heterotrait_monomethod": float(mono.mean()),
        "campbell_fiske_heteromethod": float((same > hetero).mean()),
        "campbell_fiske_monomethod": float((same > mono).mean()),
    }


def _without_noise(much: FloatArray, variance: FloatArray, kept: float) -> float:
    """Return the quotient of mean correlations between replicates, on the scale of Spearman's."""
    cross, again = ((6 / np.pi * np.arcsin(c / variance / 2)).mean() for c in (1.0, kept))
    ratio = np.sin(np.pi * cross / 6) / np.sin(np.pi * again / 6)
    return float(6 / np.pi * np.arcsin(ratio / 2))


def study(
    seed: int, respondents: int, spread: float, true: Mapping[str, float]
) -> dict[str, float]:
    """Return which intervals of the pooled rows hold the truth; NaN: there is none."""
    g = np.random.default_rng([seed, respondents, int(100 * spread)])
    names = ([f"m{i}" for i in range(METHODS)], [f"c{i}" for i in range(TOPICS)])
    values, replicates = [f"v{i}" for i in range(VALUES)], range(1, REPLICATES + 1)
    measured = Measured(scores(respondents, spread, g), *names, values, replicates, "circle")
    found = {}
    for row in convergence(measured, Settings(draws=200), 0):
        if row.value is None and row.context_a == "circle":
            aim = true[row.quantity]
            ends = {
                "these": (row.lower, row.upper),
                "like these": (row.contexts_lower, row.contexts_upper),
            }
            for name, (low, high) in ends.items():
                held = np.nan if np.isnan(low) else float(low <= aim <= high)
                found[f"{row.quantity}, {name}"] = held
            found[f"{row.quantity}, estimate"] = row.estimate
    return found


def main() -> None:
    """Print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="few studies of one design")
    parser.add_argument("--json", type=Path, required=True)
    given = parser.parse_args()
    designs = [(20, 0.0), (60, 0.0), (60, 0.4)][: 1 if given.quick else 3]
    made = []
    for respondents, spread in designs:
        true = truth(spread)
        studies = [
            study(s, respondents, spread, true) for s in range(5 if given.quick else given.studies)
        ]
        means = {name: float(np.nanmean([s[name] for s in studies])) for name in studies[0]
                 if not np.isnan([s[name] for s in studies]).all()}  # fmt: skip
        made.append({"respondents": respondents, "spread": spread, "truth": true, "means": means})
        print(f"{respondents} respondents, spread {spread}, {len(studies)} studies")
        for quantity, aim in true.items():
            cells = [
                means.get(f"{quantity}, {n}", np.nan) for n in ("estimate", "these", "like these")
            ]
            print(
                f"  {quantity:30} truth {aim:6.3f}  mean {cells[0]:6.3f}  "
                f"these {cells[1]:.3f}  like these {cells[2]:.3f}"
            )
    given.json.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
