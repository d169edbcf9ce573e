"""Time the stability kernels against a loop over scipy.stats.spearmanr, and all statistics of a study.

Usage: python benchmarks/stability.py [--quick | --paper] --json FILE

`--paper` computes all statistics of a study of the original's size, on two processes, instead of one model's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

from holdfast.stability.context_figures import second_intervals
from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.context_layout import plain
from holdfast.stability.estimation.model_comparison import compare
from holdfast.stability.estimation.model_stability import Stability, model_stability
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.measures.all_measures import indices, measures, measures_null
from holdfast.stability.measures.fidelity import Known, fidelity
from holdfast.stability.resampling.null_distribution import simulate_null
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.stability.structure.administrations import Answers
from holdfast.stability.structure.structure_estimates import validity

REPLICATES, CONTEXTS, RESPONDENTS, VALUES = 5, 5, 60, 10
DRAWS = 1000
TARGET_RATIO = 100
MODELS, POPULATIONS, CORES = 21, 3, 2
"""The original study's size, and what it is to be computed on."""

RESPONDENTS_OF = {"fictional": 60, "real_world": 50, "none": 50}
TARGET_SECONDS, TARGET_MIB = 300, 4096
CIRCLE = (
    "Conformity", "Tradition", "Benevolence", "Universalism", "Self-Direction", "Stimulation",
    "Hedonism", "Achievement", "Power", "Security",
)  # fmt: skip
KEY = {v: list(range(4 * i + 1, 4 * i + 5)) for i, v in enumerate(CIRCLE)}
NAMES = Names([f"c{i}" for i in range(CONTEXTS)], CIRCLE, range(1, REPLICATES + 1))


def simulated_ratings(respondents: int = RESPONDENTS, seed: int = 0) -> FloatArray:
    """Return rounded answers (R, C, N, V, 4), four items a value."""
    generator = np.random.default_rng(seed)
    trait = generator.normal(size=(respondents, VALUES, 4))
    noise = generator.normal(size=(REPLICATES, CONTEXTS, respondents, VALUES, 4))
    return np.asarray(np.clip(np.round(3.5 + trait + noise), 1, 6), dtype=np.float64)


def scored(ratings: FloatArray) -> FloatArray:
    """Return centred scores (R, C, N, V) of answers (R, C, N, V, 4)."""
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


def all_statistics(ratings: FloatArray) -> Stability:
    """Return every estimate of one model, as the rule `model_stability` does."""
    scores, settings = scored(ratings), Settings(draws=DRAWS)
    contexts, values = NAMES.contexts, NAMES.values
    core = model_stability(scores, contexts, values, replicates=NAMES.replicates, draws=DRAWS)
    rows, drawn = fidelity(Known(scores, scores[0, 0], contexts, values), settings)
    sample = Sample(scores, "zero", ratings.reshape(*ratings.shape[:3], -1), indices(KEY))
    more, draws = measures(sample, NAMES, settings, {})
    result = replace(
        core, estimates=(*core.estimates, *rows, *more),
        draws={**core.draws, **draws, "fidelity": drawn},
    )  # fmt: skip
    profiles = {"fidelity": scores[0, 0]}
    return second_intervals(result, sample, NAMES, plain(CONTEXTS), settings, profiles=profiles)


def null(respondents: int = RESPONDENTS) -> None:
    """Simulate what random answers give in one population."""
    about = {"items": 40, "options": 6, "simulations": 200, "seed": 0}
    simulate_null(KEY, replicates=REPLICATES, contexts=CONTEXTS, respondents=respondents, **about)
    measures_null(KEY, (REPLICATES, CONTEXTS, respondents), undefined="zero", **about)


def model_of_paper(respondents: int, seed: int) -> Stability:
    """Return all statistics of one model in one population, structure included."""
    ratings = simulated_ratings(respondents, seed)
    result = all_statistics(ratings)
    answers = Answers(
        ratings.reshape(*ratings.shape[:3], -1), dict(zip(KEY, indices(KEY), strict=True)), NAMES
    )
    rows = validity(answers, 20, np.random.default_rng(seed))
    return replace(result, estimates=(*result.estimates, *rows))


def paper() -> dict[str, float | int | bool]:
    """Compute all statistics of a study of the original's size on two processes, and take the time."""
    began, load = time.perf_counter(), os.getloadavg()[0]
    # one thread a process, as Snakemake has it
    with ProcessPoolExecutor(CORES, initializer=threadpool_limits, initargs=(1,)) as pool:
        nulls = [pool.submit(null, n) for n in RESPONDENTS_OF.values()]
        jobs = {
            (p, m): pool.submit(model_of_paper, n, m)
            for p, n in RESPONDENTS_OF.items() for m in range(MODELS)
        }  # fmt: skip
        models = {where: job.result() for where, job in jobs.items()}
        compared = [
            pool.submit(compare, {f"m{m}": r for (q, m), r in models.items() if q == p}, "model", 0.95)
            for p in RESPONDENTS_OF
        ]  # fmt: skip
        others: list[Future[Any]] = [*nulls, *compared]
        for other in others:
            other.result()
    wall = time.perf_counter() - began
    own, children = (
        resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "models": MODELS, "populations": len(RESPONDENTS_OF), "replicates": REPLICATES,
        "contexts": CONTEXTS, "draws": DRAWS, "processes": CORES,
        "estimates": sum(len(r.estimates) for r in models.values()),
        "wall_seconds": wall,
        "processor_seconds": sum(u.ru_utime + u.ru_stime for u in (own, children)),
        "processor_seconds_a_core": sum(u.ru_utime + u.ru_stime for u in (own, children)) / CORES,
        "largest_process_mib": children.ru_maxrss / 1024,
        "load_before": load, "load_after": os.getloadavg()[0],
    }  # fmt: skip


def seconds_of(function: Callable[[], object]) -> tuple[float, float]:
    """Return wall-clock and processor seconds of one call."""
    start, used = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - start, time.process_time() - used


def study() -> dict[str, float | int | bool]:
    """Time the statistics of one model, and what a study of the original's size takes with them."""
    ratings = simulated_ratings()
    result: list[Stability] = []
    wall, used = seconds_of(lambda: result.append(all_statistics(ratings)))
    draws, noise = result[0].draws, np.random.default_rng(1)
    models = {
        f"m{i}": replace(
            result[0], draws={q: d + 0.01 * noise.normal(size=d.shape) for q, d in draws.items()}
        )
        for i in range(MODELS)
    }
    compared = seconds_of(lambda: compare(models, "model", 0.95))[1]
    random = seconds_of(null)[1]
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    flat = ratings.reshape(*ratings.shape[:3], -1)
    places = dict(zip(KEY, indices(KEY), strict=True))
    answers = Answers(flat, places, NAMES)
    structured = seconds_of(lambda: validity(answers, 20, np.random.default_rng(0)))[1]
    all_models = MODELS * POPULATIONS * used + POPULATIONS * (random + compared)
    return {
        "model_seconds": wall,
        "model_processor_seconds": used,
        "null_processor_seconds": random,
        "comparisons_processor_seconds": compared,
        "structure_processor_seconds": structured,
        "largest_mib": mib,
        "study_seconds_on_two_cores": all_models / CORES,
        "structure_of_study_seconds_on_two_cores": MODELS * POPULATIONS * structured / CORES,
    }


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
    scores = scored(simulated_ratings())
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
        **study(),
        "quick": quick,
    }


def main() -> None:
    """Measure, print a table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    parser.add_argument("--paper", action="store_true", help="a whole study of the original's size")
    options = parser.parse_args()
    figures = paper() if options.paper else measure(options.quick)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=2) + "\n")
    for name, figure in figures.items():
        print(
            f"{name:<44}{figure:>14.4g}"
            if isinstance(figure, float)
            else f"{name:<44}{figure!s:>14}"
        )
    if options.paper:
        return
    if figures["ratio"] < TARGET_RATIO:
        print(f"below the target ratio of {TARGET_RATIO}")
    if (
        figures["study_seconds_on_two_cores"] > TARGET_SECONDS
        or figures["largest_mib"] > TARGET_MIB
    ):
        print(f"above the targets of {TARGET_SECONDS} s and {TARGET_MIB} MiB a process")


if __name__ == "__main__":
    main()
