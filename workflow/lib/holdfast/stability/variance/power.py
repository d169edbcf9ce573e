"""The chance to tell two models apart, by simulation from the variance components (methods 6.3)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from holdfast.design.instruments import Instrument
from holdfast.seeds import derive
from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.score_arrays import Design, score_array
from holdfast.stability.variance.anova import mean_squares
from holdfast.stability.variance.variance_components import variance_components
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table, write_table

logger = logging.getLogger(__name__)

QUANTITIES = ("rank_order", "ipsative")
ENOUGH = 0.8
"""The power that a planner is told the smallest design for."""


class Plan(NamedTuple):
    """A design to plan for: numbers of personas, contexts and replicates."""

    personas: int
    contexts: int
    replicates: int


@dataclass(frozen=True)
class Source:
    """What a model's scores are made of, value by value.

    Attributes:
        means: mean centred scores (V,).
        variances: components (V,) by the facets they cross; those below 0 are 0.
        persons: mean score of each respondent (N, V), NaN where one is missing.
    """

    means: FloatArray
    variances: Mapping[str, FloatArray]
    persons: FloatArray


def source(scores: FloatArray) -> Source:
    """Return what a finished study says of one model.

    With one replicate respondent × context is part of the error, and so shrinks with replicates
    in plans; the power for more replicates is then too high.

    Args:
        scores: centred value scores (R, C, N, V).
    """
    replicates, contexts, respondents, _ = scores.shape
    squares = mean_squares(scores, np.ones((1, respondents)))
    parts = variance_components(squares, contexts, replicates)
    return Source(
        means=scores[~np.isnan(scores).any(axis=-1)].mean(axis=0),
        variances={name: np.nan_to_num(np.maximum(part[0], 0)) for name, part in parts.items()},
        persons=scores.mean(axis=(0, 1)),
    )


def shared(sources: Sequence[Source]) -> float:
    """Return the correlation of models' persona effects, over all values and pairs, 0 to 1.

    It is the mean covariance of respondents' means over the mean of √(σ²_p σ²_p'): the noise of
    different models is independent, so it is no part of the covariance.
    """
    above, below = [], []
    for one, other in combinations(sources, 2):
        both = ~(np.isnan(one.persons) | np.isnan(other.persons)).any(axis=1)
        x, y = one.persons[both], other.persons[both]
        above.append(((x - x.mean(axis=0)) * (y - y.mean(axis=0))).sum(axis=0) / (both.sum() - 1))
        below.append(np.sqrt(one.variances["p"] * other.variances["p"]))
    whole = float(np.sum(below)) if below else 0.0
    return float(np.clip(np.sum(above) / whole, 0, 1)) if whole > 0 else 0.0


def simulated_scores(
    model: Source,
    plan: Plan,
    persons: FloatArray,
    shift: FloatArray,
    generator: np.random.Generator,
) -> FloatArray:
    """Return the scores (R, C, N, V) of one simulated study.

    Args:
        model: what its scores are made of.
        plan: the design.
        persons: standard normal effects (N, V) of the personas.
        shift: standard normal effects (C, V) of the contexts.
        generator: of everything else.
    """
    n, c, r = plan
    sizes = {"pc": (1, c, n), "pr": (r, 1, n), "cr": (r, c, 1), "pcr": (r, c, n)}
    sd = {name: np.sqrt(variance) for name, variance in model.variances.items()}
    scores = model.means + sd["p"] * persons + sd["c"] * shift[:, None]
    for name, size in sizes.items():
        scores = scores + sd[name] * generator.normal(size=(*size, model.means.size))
    return np.asarray(scores, dtype=np.float64)


def simulated_figures(
    models: Sequence[Source], plan: Plan, rho: float, simulations: int, seed: int
) -> FloatArray:
    """Return rank-order and ipsative stability (2, models, simulations) of simulated studies.

    The models play the same personas, and the shifts of contexts are drawn once: bootstrap
    intervals and tests take contexts as given.
    """
    generator = np.random.default_rng([seed, *plan])
    values = models[0].means.size
    shifts = generator.normal(size=(len(models), plan.contexts, values))
    figures = np.empty((2, len(models), simulations))
    for s in range(simulations):
        common = generator.normal(size=(plan.personas, values))
        for m, model in enumerate(models):
            own = generator.normal(size=common.shape)
            persons = np.sqrt(rho) * common + np.sqrt(1 - rho) * own
            scores = simulated_scores(model, plan, persons, shifts[m], generator)
            # continuous scores: no ties, nothing undefined
            figures[:, m, s] = rank_order(scores, None).mean(), ipsative(scores, None).mean()
    return figures


def power(differences: FloatArray, alpha: float) -> dict[str, float]:
    """Return difference, standard error, power and detectable difference.

    The test is that of the paired bootstrap: normal, with the standard error of the design.

    Args:
        differences: of two models in simulated studies.
        alpha: level of the test, two-sided.
    """
    error = float(differences.std(ddof=1))
    limit = float(norm.isf(alpha / 2))
    beyond = float((np.abs(differences) > limit * error).mean()) if error > 0 else np.nan
    return {
        "difference": float(differences.mean()), "se": error, "power": beyond,
        "detectable": float(limit + norm.ppf(ENOUGH)) * error,
    }  # fmt: skip


def power_rows(
    scores: Mapping[str, FloatArray],
    plans: Sequence[Plan],
    simulations: int,
    alpha: float,
    seed: int,
) -> list[dict[str, Any]]:
    """Return one row a quantity, pair of models and plan.

    Args:
        scores: by model, centred value scores (R, C, N, V) of the same respondents.
        plans: the designs.
        simulations: studies simulated for each.
        alpha: level of the test.
        seed: of the simulation.
    """
    sources = {name: source(s) for name, s in scores.items()}
    models = list(sources.values())
    rho = shared(models)
    rows: list[dict[str, Any]] = []
    for done, plan in enumerate(plans, start=1):
        figures = simulated_figures(models, plan, rho, simulations, seed)
        for (q, quantity), (a, b) in product(
            enumerate(QUANTITIES), combinations(range(len(models)), 2)
        ):
            names = {"quantity": quantity, "model_a": list(sources)[a], "model_b": list(sources)[b]}
            found = power(figures[q, a] - figures[q, b], alpha)
            rows.append({**names, **plan._asdict(), **found, "simulations": simulations})
        logger.info("power: %d of %d designs", done, len(plans))
    return rows


def write_power(
    *, values: Mapping[str, Mapping[str, Path]], designs: Mapping[str, Design],
    settings: dict[str, Any], plans: dict[str, Any], output: Path, csv: Path,
) -> None:  # fmt: skip
    """Write the power of every design of a plan for all pairs of a finished study's models.

    Args:
        values: by population and model the table `values`; references are left out.
        designs: by population.
        settings: seed and confidence; the level of the tests is 1 - confidence.
        plans: lists `personas`, `contexts` and `replicates`, and `simulations`.
        output: the Parquet file.
        csv: the same as CSV.
    """
    wanted = [Plan(*p) for p in product(*(plans[f] for f in Plan._fields))]
    rows: list[dict[str, Any]] = []
    for population, paths in values.items():
        design = designs[population]
        for instrument in design.instruments:
            scores = {model: _scores(path, design, instrument) for model, path in paths.items()}
            usable = {
                m: s for m, s in scores.items() if (~np.isnan(s).any(axis=(0, 1, 3))).sum() > 2
            }
            about = {"population": population, "instrument": instrument.name}
            seed = derive(settings["seed"], "power", population, instrument.name)
            found = power_rows(
                usable, wanted, plans["simulations"], 1 - settings["confidence"], seed
            ) if len(usable) > 1 else []  # fmt: skip
            rows += [{**about, **row} for row in found]
    table = pd.DataFrame(rows, columns=list(SCHEMAS["power"]))
    write_table(table, "power", output)
    table.to_csv(csv, index=False, float_format="%.6g")
    for line in smallest_designs(table):
        logger.info("%s", line)


def _scores(path: Path, design: Design, instrument: Instrument) -> FloatArray:
    """Return one model's scores of one questionnaire (R, C, N, V) from its table `values`."""
    table = read_table(path, "values")
    own = table[table["instrument"] == instrument.name]
    return score_array(own, design, list(instrument.values))[:, design.layout.main]


def smallest_designs(table: pd.DataFrame) -> list[str]:
    """Return a sentence for each quantity and pair: the design of fewest administrations that is enough."""
    keys = ["population", "instrument", "quantity", "model_a", "model_b"]
    size = table["personas"] * table["contexts"] * table["replicates"]
    lines = []
    for (population, _, quantity, a, b), own in table.assign(size=size).groupby(keys, sort=False):
        enough = own[own["power"] >= ENOUGH]
        best = f"at most {own['power'].max():.2f} in the designs asked for"
        if len(enough):
            plan = enough.sort_values(["size", "personas"]).iloc[0]
            best = (
                f"{plan['personas']} personas × {plan['contexts']} contexts × "
                f"{plan['replicates']} replicates: {plan['power']:.2f}"
            )
        lines.append(f"power, {population}, {quantity}, {a} and {b}: {best}")
    return lines
