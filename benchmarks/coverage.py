"""How often 95 % intervals hold the truth in simulated studies, and how near large studies come to it.

Usage: python benchmarks/coverage.py [--quick] [--processes N] --json FILE
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

from holdfast.stability.bootstrap import Interval, bootstrap_interval
from holdfast.stability.ceiling import CEILING
from holdfast.stability.components import COMPONENTS
from holdfast.stability.correlate import FloatArray
from holdfast.stability.figures import Names, Sample, estimate_figures
from holdfast.stability.magnitude import AGREEMENT
from holdfast.stability.model import Estimate, model_stability
from holdfast.stability.resample import BOUNDS, Quantity, Settings

KINDS: tuple[Interval, ...] = ("basic", "percentile")
STATISTICS = (AGREEMENT, CEILING, COMPONENTS)
SHOWN = (
    "rank_order", "ipsative", "disattenuated", "reliability", "icc_a1",
    "variance_respondent", "variance_respondent_context", "variance_residual",
    "g_coefficient",
)  # fmt: skip
LARGE = 200_000
"""Respondents of the study that a scenario's truth is read from."""


@dataclass(frozen=True)
class Scenario:
    """A design and what scores are made of; variances sum to 1 without that of contexts.

    Attributes:
        name: what it is called.
        p: variance of respondents, pc: with contexts, pr: with replicates.
        c: standard deviation of the contexts' shifts, which are drawn once.
        respondents, contexts, replicates, values: of the design.
        step: scores are rounded to multiples of it; 0: not.
    """

    name: str
    p: float
    pc: float = 0.1
    pr: float = 0.05
    c: float = 0.2
    respondents: int = 60
    contexts: int = 5
    replicates: int = 2
    values: int = 4
    step: float = 0.0


SCENARIOS = (
    Scenario("no stability", 0.0, pc=0.1, pr=0.0),
    Scenario("low", 0.2),
    Scenario("middle", 0.5),
    Scenario("high", 0.8, pc=0.05, pr=0.02),
    Scenario("low, ties", 0.2, step=1.0),
    Scenario("middle, ties", 0.5, step=1.0),
    Scenario("middle, 3 contexts", 0.5, contexts=3),
    Scenario("middle, 20 respondents", 0.5, respondents=20),
    Scenario("middle, 12 respondents", 0.5, respondents=12),
    Scenario("middle, 150 respondents", 0.5, respondents=150),
)


def draw(s: Scenario, seed: tuple[int, ...], respondents: int) -> FloatArray:
    """Return scores (R, C, N, V) of one study."""
    shape = (s.replicates, s.contexts, respondents, s.values)
    shift = np.random.default_rng(5).normal(size=(1, s.contexts, 1, s.values)) * s.c
    means = np.linspace(-1, 1, s.values)
    g = np.random.default_rng(seed)
    error = 1 - s.p - s.pc - s.pr
    scores = (
        means
        + shift
        + s.p**0.5 * g.normal(size=(1, 1, *shape[2:]))
        + s.pc**0.5 * g.normal(size=(1, *shape[1:]))
        + s.pr**0.5 * g.normal(size=(shape[0], 1, *shape[2:]))
        + error**0.5 * g.normal(size=shape)
    )
    return np.asarray(np.round(scores / s.step) * s.step if s.step else scores)


def results(scores: FloatArray, draws: int) -> tuple[list[Estimate], dict[Quantity, FloatArray]]:
    """Return the rows and the pooled draws of all statistics."""
    replicates, contexts, _, values = scores.shape
    names = Names(
        [f"c{i}" for i in range(contexts)], [f"v{i}" for i in range(values)], range(replicates)
    )
    core = model_stability(scores, names.contexts, names.values, draws=draws, seed=7)
    rows, drawn = list(core.estimates), dict(core.draws)
    for statistic in STATISTICS:
        more, found = estimate_figures(
            statistic, Sample(scores), names, Settings(draws=draws, seed=7), {}
        )
        rows += more
        drawn |= found
    kept = [
        r for r in rows if r.quantity in SHOWN and r.value is r.context_a is r.replicate is None
    ]
    return kept, drawn


def study(number: int, s: Scenario, truth: dict[str, float], draws: int) -> dict[str, list[bool]]:
    """Return for each quantity whether each kind of interval holds the truth in one study."""
    rows, drawn = results(draw(s, (1, number), s.respondents), draws)
    found = {}
    for row in rows:
        if row.status == "ok":
            bounds, estimate = BOUNDS.get(row.quantity, (-1.0, 1.0)), np.array(row.estimate)
            ends = [
                bootstrap_interval(drawn[row.quantity], estimate, 0.95, kind, bounds, s.respondents)
                for kind in KINDS
            ]
            held = [bool(low <= truth[row.quantity] <= high) for low, high in ends]
            found[str(row.quantity)] = held
    return found


def large_study(s: Scenario) -> dict[str, float]:
    """Return every figure of a study of LARGE respondents."""
    return {str(r.quantity): r.estimate for r in results(draw(s, (2, 0), LARGE), 0)[0]}


def expected(s: Scenario) -> dict[str, float]:
    """Return what theory gives for normal scores."""

    def spearman(r: float) -> float:
        return float(6 / np.pi * np.arcsin(r / 2))

    return {
        "rank_order": spearman(s.p + s.pr),
        "reliability": spearman(s.p + s.pc),
        "disattenuated": spearman(s.p / (s.p + s.pc)) if s.p + s.pc >= 0.11 else np.nan,
        "variance_respondent": s.p,
        "variance_respondent_context": s.pc,
        "variance_residual": 1 - s.p - s.pc - s.pr,
        "icc_a1": _icc(s),
    }


def _icc(s: Scenario) -> float:
    """Return the mean ICC(A,1) over values, each with its own contexts' variance."""
    shift = np.random.default_rng(5).normal(size=(s.contexts, s.values)) * s.c
    return float(np.mean((s.p + s.pr) / (1 + shift.var(axis=0, ddof=1))))


def measure(quick: bool, processes: int, only: list[str] | None = None) -> list[dict[str, object]]:
    """Return one row a scenario and quantity."""
    studies, draws = (40, 200) if quick else (1000, 300)
    rows: list[dict[str, object]] = []
    chosen = [s for s in SCENARIOS if s.name in only] if only else SCENARIOS
    for s in SCENARIOS[1:3] if quick else chosen:
        large, theory = large_study(s), {} if s.step else expected(s)
        truth = large | {q: t for q, t in theory.items() if q in large and not np.isnan(t)}
        work = partial(study, s=s, truth=truth, draws=draws)
        with Pool(processes) as pool:
            found = pool.map(work, range(studies), chunksize=5)
        for q in SHOWN:
            held = np.array([f[q] for f in found if q in f], dtype=float).reshape(-1, len(KINDS))
            shares = held.mean(axis=0) if len(held) else [np.nan] * len(KINDS)
            rows.append(
                {"scenario": s.name, "quantity": q, "large_study": large[q],
                 "theory": theory.get(q, float("nan")), "studies": len(held), "draws": draws,
                 **dict(zip(KINDS, map(float, shares), strict=True))}
            )  # fmt: skip
            print("{scenario:<26}{quantity:<30}{large_study:>8.3f}{theory:>8.3f}{basic:>8.3f}"
                  "{percentile:>8.3f}{studies:>6}".format(**rows[-1]), flush=True)  # fmt: skip
    return rows


def main() -> None:
    """Measure, print a table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="few studies of two scenarios")
    parser.add_argument("--processes", type=int, default=1, help="processes at once")
    parser.add_argument("--only", nargs="*", help="names of scenarios")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    options = parser.parse_args()
    print(f"{'scenario':<26}{'quantity':<30}{'large':>8}{'theory':>8}{'basic':>8}"
          f"{'percent':>8}{'n':>6}")  # fmt: skip
    rows = measure(options.quick, options.processes, options.only)
    figures = {"rows": rows, "scenarios": [asdict(s) for s in SCENARIOS], "quick": options.quick}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
