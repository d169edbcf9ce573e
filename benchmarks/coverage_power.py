"""How often finished studies find a true difference of .1, and how often `power` says that they do.

Usage: python benchmarks/coverage_power.py [--quick] [--studies N] [--pilots N] [--processes N] --json FILE

Two models of `coverage_topics` have rank-order stabilities over all topics that differ by .1. In finished
studies of a design their difference is tested as a study does (`paired_contexts`). `power`, from each of some
other finished studies of the same design, says how many of them are significant; its mean and spread over these
are shown, and what it says if it knows the truth.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from functools import cache, partial
from itertools import product
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
from coverage_topics import DISTURBANCE, VALUES, Topics, truth
from scipy.optimize import brentq
from scipy.stats import norm

from holdfast.stability.context_figures import of_stability
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.context_layout import plain
from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.resampling.intervals import ends
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.stability.resampling.two_way_jackknife import two_way_spread
from holdfast.stability.variance.power import power
from holdfast.stability.variance.study_simulation import (
    Plan,
    Source,
    shared,
    simulated_figures,
    source,
)

DIFFERENCE = 0.1
"""True difference of the models' rank-order stability over all topics."""

REPLICATES, NOISE = 2, 0.5
"""Replicates, and the standard deviation of the error of a single score."""

SIMULATIONS = 1000
"""Studies that `power` simulates."""

AT_ONCE = 10
"""Studies that are computed together; bounds the memory."""

DESIGNS = [Topics(spread, topics, 60) for spread, topics in product((0.0, 0.2, 0.4), (5, 9))]


@cache
def disturbances(spread: float) -> tuple[float, float]:
    """Return the median disturbances of two models whose stabilities over all topics differ by DIFFERENCE."""
    z = np.exp(spread * np.random.default_rng(1).normal(size=(200_000, 2)))

    def stability(median: float) -> float:
        return float(truth(np.sqrt((median * z) ** 2 + NOISE**2))["rank_order"].mean())

    first = stability(DISTURBANCE)
    other = brentq(lambda m: stability(m) - first + DIFFERENCE, DISTURBANCE, 5 * DISTURBANCE)
    return DISTURBANCE, float(other)


def two_models(design: Topics, studies: int, seed: int) -> list[FloatArray]:
    """Return the scores (S, R, C, N, V) of two models with the same respondents, in finished studies."""
    n, c = design.respondents, design.topics
    g = np.random.default_rng([seed, c, n, int(100 * design.spread)])
    latent = g.normal(size=(studies, 1, 1, n, VALUES))
    made = []
    for median in disturbances(design.spread):
        of_topics = median * np.exp(design.spread * g.normal(size=(studies, 1, c, 1, 1)))
        own = of_topics * g.normal(size=(studies, 1, c, n, VALUES))
        error = NOISE * g.normal(size=(studies, REPLICATES, c, n, VALUES))
        made.append(latent + own + error)
    return made


def found(seed: int, design: Topics, studies: int) -> list[bool]:
    """Tell which of some studies find the difference, by the test that a study makes."""
    told, figures = plain(design.topics), []
    for scores in two_models(design, studies, seed):
        every = Sample(scores.reshape(-1, *scores.shape[2:]))
        own = of_stability(every, told, Settings(draws=2))["rank_order", "replicate"]
        figures.append(own.reshape(*own.shape[:2], studies, REPLICATES).mean(axis=-1))
    less = figures[0] - figures[1]
    lower, upper = ends(less[0, 0], two_way_spread(less, "plain"), 0.95, "plain", (-np.inf, np.inf))
    return [bool(x) for x in (lower > 0) | (upper < 0)]


def true_source(median: float, spread: float, seed: int) -> Source:
    """Return what a finished study of endless respondents and topics says of a model.

    The seed decides which topics disturb it most, which says nothing of another model.
    """
    sizes = np.exp(2 * spread * norm.ppf((np.arange(2000) + 0.5) / 2000))  # of variances
    np.random.default_rng(seed).shuffle(sizes)
    parts = dict.fromkeys(("c", "r", "pr", "cr"), 0.0)
    parts |= {"p": 1.0, "pc": median**2 * float(sizes.mean()), "pcr": NOISE**2}
    variances = {name: np.full(VALUES, part) for name, part in parts.items()}
    return Source(np.zeros(VALUES), variances, np.zeros((3, VALUES)), sizes / sizes.mean())


def said(models: list[Source], rho: float, design: Topics) -> dict[str, float]:
    """Return what `power` says of a design, from two models of finished studies."""
    plan = Plan(design.respondents, design.topics, REPLICATES)
    figures = simulated_figures(models, plan, rho, SIMULATIONS, 1, "drawn")["rank_order"]
    return power(figures[0] - figures[1], 0.05, "drawn")


def of_pilot(seed: int, design: Topics) -> float:
    """Return the power that one finished study of a design says the same design has."""
    models = [source(scores[0]) for scores in two_models(design, 1, seed)]
    return said(models, shared(models), design)["power"]


def measure(
    studies: int, pilots: int, processes: int, designs: list[Topics]
) -> list[dict[str, Any]]:
    """Return one row a design."""
    rows = []
    print(f"{'spread':>7}{'topics':>7}{'found':>8}{'said, truth':>13}{'difference':>12}"
          f"{'said, pilots: 10 %':>20}{'50 %':>7}{'90 %':>7}{'mean':>7}", flush=True)  # fmt: skip
    with Pool(processes) as pool:
        for design in designs:
            parts = range(max(1, studies // AT_ONCE))
            share = np.mean(pool.map(partial(found, design=design, studies=AT_ONCE), parts))
            medians = disturbances(design.spread)
            true = [true_source(m, design.spread, seed) for seed, m in enumerate(medians)]
            known = said(true, 1.0, design)
            powers = pool.map(partial(of_pilot, design=design), range(1, pilots + 1))
            low, middle, high = np.quantile(powers, [0.1, 0.5, 0.9])
            row = {"found": float(share), "said_true": known["power"],
                   "difference": known["difference"], "said_low": low, "said_middle": middle,
                   "said_high": high, "said_mean": float(np.mean(powers))}  # fmt: skip
            rows.append(
                {**asdict(design), "studies": len(parts) * AT_ONCE, "pilots": pilots, **row}
            )
            print(("{spread:>7}{topics:>7}{found:>8.3f}{said_true:>13.3f}{difference:>12.3f}"
                   "{said_low:>20.3f}{said_middle:>7.3f}{said_high:>7.3f}{said_mean:>7.3f}")
                  .format(**rows[-1]), flush=True)  # fmt: skip
    return rows


def main() -> None:
    """Measure, print a table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="few studies of one design")
    parser.add_argument("--studies", type=int, default=400, help="finished studies that are tested")
    parser.add_argument(
        "--pilots", type=int, default=20, help="finished studies that are planned from"
    )
    parser.add_argument("--processes", type=int, default=1, help="processes at once")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    options = parser.parse_args()
    studies, pilots = (20, 2) if options.quick else (options.studies, options.pilots)
    rows = measure(studies, pilots, options.processes, DESIGNS[: 1 if options.quick else None])
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"rows": rows, "quick": options.quick}, indent=2) + "\n")


if __name__ == "__main__":
    main()
