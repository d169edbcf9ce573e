"""How often 95 % intervals hold the truth in simulated studies, and how near large studies come to it.

Usage: python benchmarks/coverage.py [--quick] [--table | --topics] [--studies N] [--processes N]
       [--only NAME ...] --json FILE

`--table`: only one model's figures that docs/methods.md has, in a tenth of the time.
`--topics` instead: topics that differ in how much they disturb the answers, and equal models to compare;
`--only` then names numbers of respondents.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import combinations
from multiprocessing import Pool
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

import coverage_topics

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.family_stability import family_stability, pooled
from holdfast.stability.estimation.model_comparison import paired_bootstrap
from holdfast.stability.estimation.model_stability import Estimate, Stability, model_stability
from holdfast.stability.estimation.weighted_statistics import (
    Names,
    Sample,
    Statistic,
    estimate_figures,
)
from holdfast.stability.measures.fidelity import Known, fidelity
from holdfast.stability.measures.internal_consistency import CONSISTENCY, OMEGA
from holdfast.stability.measures.magnitude import AGREEMENT, MAGNITUDE
from holdfast.stability.measures.noise_ceiling import CEILING
from holdfast.stability.measures.unbiased_rank_order import UNBIASED
from holdfast.stability.profiles.distinctive import DISTINCTIVE
from holdfast.stability.profiles.profile_parts import PARTS as PROFILE_PARTS
from holdfast.stability.profiles.response_sets import SETS
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.stability.variance.variance_components import COMPONENTS

STATISTICS = (
    MAGNITUDE, AGREEMENT, UNBIASED, DISTINCTIVE, CEILING, COMPONENTS, PROFILE_PARTS, SETS, CONSISTENCY,
    OMEGA,
)  # fmt: skip
TABLE = (AGREEMENT, DISTINCTIVE, CEILING, COMPONENTS, CONSISTENCY)
"""What the table in docs/methods.md needs besides rank-order and ipsative stability and fidelity."""

JACKKNIFED = 2
"""Draws where a jackknife makes the interval: draws must exist, but how many does not matter."""

COMPARED: tuple[Quantity, ...] = (
    "rank_order",
    "ipsative",
    "distinctive",
    "disattenuated",
    "fidelity",
)
ITEMS = 3
LARGE, PARTS = 10_000, 12
"""Respondents of a large study, and how many of them: their mean is the truth where theory gives none."""


@dataclass(frozen=True)
class Scenario:
    """A design and what scores are made of; variances sum to 1 without that of contexts.

    Attributes:
        name: what it is called.
        p: variance of respondents, pc: with contexts, pr: with replicates.
        c: standard deviation of the contexts' shifts, which are drawn once.
        respondents, contexts, replicates, values: of the design.
        step: items and scores are rounded to multiples of it; 0: not.
    """

    name: str
    p: float
    pc: float = 0.1
    pr: float = 0.05
    c: float = 0.2
    respondents: int = 60
    contexts: int = 5
    replicates: int = 2
    values: int = 6
    step: float = 0.0


SCENARIOS = (
    Scenario("low", 0.2),
    Scenario("middle, 20 respondents", 0.5, respondents=20),
    Scenario("middle", 0.5),
    Scenario("low, 20 respondents", 0.2, respondents=20),
    Scenario("high", 0.8, pc=0.05, pr=0.02),
    Scenario("middle, 3 contexts", 0.5, contexts=3),
    Scenario("low, ties", 0.2, step=1.0),
)


@dataclass(frozen=True)
class Answers:
    """Item ratings (R, C, N, V × ITEMS), scores (R, C, N, V) and true profiles (N, V)."""

    ratings: FloatArray
    scores: FloatArray
    latent: FloatArray


def draw(s: Scenario, seed: tuple[int, ...], personas: FloatArray) -> Answers:
    """Return one model's answers; half of the variance of its respondents is the personas' (N, V)."""
    shape = (s.replicates, s.contexts, *personas.shape)
    g = np.random.default_rng(seed)
    error = (1 - s.p - s.pc - s.pr) / 2  # half of it is the items' own
    person = (s.p / 2) ** 0.5 * (personas + g.normal(size=shape[2:]))
    latent = np.linspace(-1, 1, s.values) + person
    scores = (
        latent
        + shifts(s)
        + s.pc**0.5 * g.normal(size=(1, *shape[1:]))
        + s.pr**0.5 * g.normal(size=(shape[0], 1, *shape[2:]))
        + error**0.5 * g.normal(size=shape)
    )
    ratings = scores[..., None] + (ITEMS * error) ** 0.5 * g.normal(size=(*shape, ITEMS))
    if s.step:
        ratings = np.round(ratings / s.step) * s.step
    scores = ratings.mean(axis=-1)
    if s.step:
        scores = np.round(scores / s.step) * s.step
    return Answers(ratings.reshape(*shape[:3], -1), scores, latent)


def shifts(s: Scenario) -> FloatArray:
    """Return the shifts of the contexts (1, C, 1, V), which are the same in all studies."""
    return np.random.default_rng(5).normal(size=(1, s.contexts, 1, s.values)) * s.c


def estimates(
    answers: Answers, draws: int, statistics: Sequence[Statistic] = STATISTICS
) -> Stability:
    """Return the estimates of statistics of one model; only with all of them as many draws of each."""
    replicates, contexts, _, values = answers.scores.shape
    names = Names(
        [f"c{i}" for i in range(contexts)], [f"v{i}" for i in range(values)], range(replicates)
    )
    few = draws if statistics is STATISTICS else min(draws, JACKKNIFED)
    settings = Settings(draws=few, seed=7)
    core = model_stability(answers.scores, names.contexts, names.values, draws=few, seed=7)
    key = [list(range(v * ITEMS, (v + 1) * ITEMS)) for v in range(values)]
    sample = Sample(answers.scores, ratings=answers.ratings, key=key)
    known = Known(answers.scores, answers.latent, names.contexts, names.values)
    rows, drawn = fidelity(known, settings)
    found, pooled_draws = [*core.estimates, *rows], {**core.draws, "fidelity": drawn}
    for statistic in statistics:
        if (
            statistic is UNBIASED and not draws
        ):  # in large studies it is the raw figure, after hours
            continue
        own = settings if statistic.smooth else replace(settings, draws=draws)
        more, of_pooled = estimate_figures(statistic, sample, names, own, {})
        found += more
        pooled_draws |= of_pooled
    return replace(core, estimates=tuple(found), draws=pooled_draws)


def two_models(s: Scenario, seed: tuple[int, ...], respondents: int) -> list[Answers]:
    """Return the answers of the scenario's model, and of one whose respondents differ less."""
    personas = np.random.default_rng((*seed, 0)).normal(size=(respondents, s.values))
    return [
        draw(one, (*seed, at), personas)
        for at, one in enumerate((s, replace(s, p=0.8 * s.p)), start=1)
    ]


def intervals(models: list[Stability]) -> dict[str, tuple[float, float, float]]:
    """Return estimate and bounds of one model's pooled figures, a change, differences and family."""
    found = {}
    for row in models[0].estimates:
        change = (row.quantity, row.value, row.context_a, row.context_b) == (
            "mean_level_change", "v0", "c0", "c1",
        )  # fmt: skip
        if (row.value is row.context_a is row.replicate is None or change) and row.status == "ok":
            found[str(row.quantity)] = (row.estimate, row.lower, row.upper)
    if len(models) < 2:
        return found
    family = family_stability(models)
    for quantity in COMPARED:
        both = paired_bootstrap(models[0], models[1], quantity, 0.95)
        if both["status"] == "ok":
            bounds = (both["difference"], both["lower"], both["upper"])
            found[f"difference of {quantity}"] = bounds
        one = pooled(family, quantity)
        if one.status == "ok":
            found[f"family's {quantity}"] = (one.estimate, one.lower, one.upper)
    return found


def study(
    number: int, s: Scenario, draws: int, table: bool
) -> dict[str, tuple[float, float, float]]:
    """Return estimate and bounds of everything in one simulated study, or of what the table has."""
    models = two_models(s, (1, number), s.respondents)
    if table:
        return intervals([estimates(models[0], draws, TABLE)])
    return intervals([estimates(a, draws) for a in models])


def large_study(part: int, s: Scenario, table: bool) -> dict[str, float]:
    """Return every figure of two models with LARGE respondents, or of the first what the table has."""
    models = two_models(s, (2, part), LARGE)
    if table:
        return _figures(estimates(models[0], 0, TABLE).estimates)
    figures = [_figures(estimates(a, 0).estimates) for a in models]
    for quantity in COMPARED:
        one, other = (f[quantity] for f in figures)
        figures[0][f"difference of {quantity}"] = one - other
        figures[0][f"family's {quantity}"] = (one + other) / 2
    return figures[0]


def _figures(rows: tuple[Estimate, ...]) -> dict[str, float]:
    """Return the pooled figures, and the change of the first value between the first contexts."""
    return {
        str(r.quantity): r.estimate
        for r in rows
        if r.replicate is None
        and (r.value, r.context_a, r.context_b) in ((None, None, None), ("v0", "c0", "c1"))
    }


def expected(s: Scenario) -> dict[str, float]:
    """Return what theory gives for normal scores."""

    def spearman(r: float) -> float:
        return float(6 / np.pi * np.arcsin(r / 2))

    error = 1 - s.p - s.pc - s.pr
    level = shifts(s)[0, :, 0]
    gaps = [level[b] - level[a] for a, b in combinations(range(s.contexts), 2)]
    alike = 1 - error / 2  # variance of what the items of a value share
    return {
        "rank_order": spearman(s.p + s.pr),
        "rank_order_unbiased": spearman(s.p + s.pr),
        "pearson": s.p + s.pr,
        "rmse": float(np.sqrt(2 * (1 - s.p - s.pr) + np.square(gaps)).mean()),
        "mean_level_change": float(gaps[0][0]),
        "icc_a1": float(np.mean((s.p + s.pr) / (1 + level.var(axis=0, ddof=1)))),
        "reliability": spearman(s.p + s.pc),
        "disattenuated": spearman(s.p / (s.p + s.pc)),
        "disattenuated_components": s.p / (s.p + s.pc),
        "variance_respondent": s.p,
        "variance_context": float(level.var(axis=0, ddof=1).mean()),
        "variance_replicate": 0.0,
        "variance_context_replicate": 0.0,
        "variance_respondent_context": s.pc,
        "variance_respondent_replicate": s.pr,
        "variance_residual": error,
        "cronbach_alpha_raw": alike / (alike + error / 2),
        "omega": alike / (alike + error / 2),
    }


def truths(s: Scenario, large: Mapping[str, float]) -> dict[str, float]:
    """Return the truth of each figure: by theory where there is one, else from the large studies."""
    known = {**large, "rank_order_unbiased": large["rank_order"]}
    return known | ({} if s.step else {q: t for q, t in expected(s).items() if q in known})


def measure(
    quick: bool, table: bool, studies: int, processes: int, only: list[str] | None = None
) -> list[dict[str, object]]:
    """Return one row a scenario and quantity."""
    studies, draws, parts = (40, 100, 2) if quick else (studies, 200, PARTS)
    rows: list[dict[str, object]] = []
    chosen = [s for s in SCENARIOS if s.name in only] if only else SCENARIOS
    for s in SCENARIOS[:1] if quick else chosen:
        with Pool(processes) as pool:
            many = pool.map(partial(large_study, s=s, table=table), range(parts), chunksize=1)
            one = partial(study, s=s, draws=draws, table=table)
            found = pool.map(one, range(studies), chunksize=5)
        large = {q: float(np.mean([m[q] for m in many])) for q in many[0]}
        for q, truth in truths(s, large).items():
            seen = np.array([f[q] for f in found if q in f]).reshape(-1, 3)
            if not len(seen) or np.isnan(seen[:, 1]).all():
                continue
            below, above = (float(x.mean()) for x in (truth < seen[:, 1], truth > seen[:, 2]))
            rows.append(
                {"scenario": s.name, "quantity": q, "truth": truth, "large_studies": large.get(q, truth),
                 "mean": float(seen[:, 0].mean()), "held": 1 - below - above, "below": below,
                 "above": above, "length": float(np.median(seen[:, 2] - seen[:, 1])),
                 "studies": len(seen), "draws": draws}
            )  # fmt: skip
            print(("{scenario:<24}{quantity:<30}{truth:>8.3f}{large_studies:>8.3f}{mean:>8.3f}"
                   "{held:>8.3f}{below:>7.3f}{above:>7.3f}{length:>8.3f}{studies:>6}")
                  .format(**rows[-1]), flush=True)  # fmt: skip
    return rows


def main() -> None:
    """Measure, print a table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="few studies of one scenario")
    parser.add_argument("--table", action="store_true", help="only what docs/methods.md has")
    parser.add_argument("--studies", type=int, default=1000, help="of a scenario, without --topics")
    parser.add_argument("--processes", type=int, default=1, help="processes at once")
    parser.add_argument("--topics", action="store_true", help="topics that differ, instead")
    parser.add_argument("--only", nargs="*", help="names of scenarios; numbers of respondents")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    options = parser.parse_args()
    figures: dict[str, object]
    if options.topics:
        figures = of_topics(options.quick, options.processes, options.only)
    else:
        many = options.table, options.studies, options.processes
        figures = of_scenarios(options.quick, *many, options.only)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=2) + "\n")


def of_topics(quick: bool, processes: int, only: list[str] | None) -> dict[str, object]:
    """Return how the intervals do where topics differ."""
    designs = [d for d in coverage_topics.DESIGNS if not only or str(d.respondents) in only]
    rows = coverage_topics.measure(25 if quick else 200, processes, designs[: 3 if quick else None])
    share = coverage_topics.claims(20 if quick else 100, processes)
    print(f"sentences that claim a difference of equal models: {share:.2f}")
    return {"rows": rows, "sentences_that_claim_a_difference": share, "quick": quick}


def of_scenarios(
    quick: bool, table: bool, studies: int, processes: int, only: list[str] | None
) -> dict[str, object]:
    """Return how the intervals of all statistics do with topics as they are."""
    print(f"{'scenario':<24}{'quantity':<30}{'truth':>8}{'large':>8}{'mean':>8}"
          f"{'held':>8}{'below':>7}{'above':>7}{'length':>8}{'n':>6}")  # fmt: skip
    rows = measure(quick, table, studies, processes, only)
    return {"rows": rows, "scenarios": [asdict(s) for s in SCENARIOS], "quick": quick}


if __name__ == "__main__":
    main()
