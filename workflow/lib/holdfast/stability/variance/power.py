"""The chance to tell two models apart: the study's own test, run on simulated studies (methods 6.3)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.design.instruments import Instrument
from holdfast.seeds import derive
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.score_arrays import Design, score_array
from holdfast.stability.resampling.intervals import Scale, ends, jackknife_interval
from holdfast.stability.resampling.two_way_jackknife import MINIMUM_CONTEXTS, two_way_spread
from holdfast.stability.variance.bootstrap_calibration import bootstrap_ratio
from holdfast.stability.variance.planned_designs import (
    answering_design,
    design_rows,
    reliability_rows,
    said_designs,
)
from holdfast.stability.variance.precision_intervals import half_width_interval
from holdfast.stability.variance.study_simulation import (
    QUANTITIES,
    Plan,
    Source,
    Topics,
    shared,
    simulated_figures,
    source,
)
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table, write_table

logger = logging.getLogger(__name__)

ENOUGH = 0.8
"""The power that a planner is told the smallest design for."""

Interval = Callable[[FloatArray, float, Scale, tuple[float, float]], tuple[FloatArray, FloatArray]]
"""Ends (S,) of the intervals of figures (1 + C, 1 + N, S), as `without_contexts` has them."""


def over_respondents(
    figures: FloatArray, confidence: float, scale: Scale, bounds: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Return the jackknife's intervals about these contexts.

    The study's own interval of a difference is the bootstrap's, whose length is a little less in small
    samples: see `bootstrap_ratio`.
    """
    return jackknife_interval(figures[0, 0], figures[0, 1:], confidence, scale, bounds)


def over_both(
    figures: FloatArray, confidence: float, scale: Scale, bounds: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Return the two-way jackknife's intervals about contexts like these; each respondent is a group."""
    return ends(figures[0, 0], two_way_spread(figures, scale), confidence, scale, bounds)


INTERVALS: Mapping[Topics, Interval] = {"these": over_respondents, "drawn": over_both}
"""The study's intervals, by what they are about."""

FEWEST_CONTEXTS: Mapping[Topics, int] = {"these": 2, "drawn": MINIMUM_CONTEXTS}
"""Contexts below which there is no such interval."""


def power(
    figures: FloatArray, alpha: float, topics: Topics = "these", ratio: float = 1.0
) -> dict[str, float]:
    """Return difference, standard error, power and detectable difference.

    A difference is significant if its interval of level 1 - alpha is without 0. The detectable difference is
    the one with which ENOUGH of these studies would be significant.

    Args:
        figures: of the difference of two models in simulated studies (1 + C, 1 + N, S).
        alpha: level of the test, two-sided.
        topics: which of the study's tests.
        ratio: of the length of the study's interval to that from the figures.
    """
    differences = figures[0, 0]
    lower, upper = INTERVALS[topics](figures, 1 - alpha, "plain", (-np.inf, np.inf))
    middle = (lower + upper) / 2
    lower, upper = (middle + ratio * (end - middle) for end in (lower, upper))
    known = ~np.isnan(lower)
    found = (lower > 0) | (upper < 0)
    moved = differences - lower - (differences - differences.mean())
    return {
        "difference": float(differences.mean()), "se": float(differences.std(ddof=1)),
        "power": float(found[known].mean()) if known.any() else np.nan,
        "detectable": float(np.quantile(moved[known], ENOUGH)) if known.any() else np.nan,
    }  # fmt: skip


def power_rows(
    models: Mapping[str, Source], figures: Mapping[str, FloatArray], plan: Plan, alpha: float,
    topics: Topics, ratio: float,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return one row a quantity and pair of models in one design.

    Args:
        models: what the simulated scores were made of.
        figures: from `simulated_figures`.
        plan: the design.
        alpha: level of the test.
        topics: which contexts the simulated studies have.
        ratio: for rank-order stability, as for `power`; respondents' means need none.
    """
    rows: list[dict[str, Any]] = []
    for quantity, (a, b) in product(QUANTITIES, combinations(range(len(models)), 2)):
        own = figures[quantity]
        names = {"quantity": quantity, "model_a": list(models)[a], "model_b": list(models)[b]}
        found = power(own[a] - own[b], alpha, topics, ratio if quantity == "rank_order" else 1.0)
        about = {"topics": topics, "simulations": own.shape[-1]}
        rows.append({**names, **plan._asdict(), **found, **about})
    return rows


def planned(
    scores: Mapping[str, FloatArray], plans: Sequence[Plan], simulations: int, alpha: float,
    seed: int,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:  # fmt: skip
    """Return the rows of the tables `power` and `designs` of one population and questionnaire.

    Args:
        scores: by model, centred value scores (R, C, N, V) of the same respondents.
        plans: the designs.
        simulations: studies simulated for each.
        alpha: level of the test, and of intervals.
        seed: of the simulation.
    """
    sources = {name: source(s) for name, s in scores.items()}
    models = list(sources.values())
    rho = shared(models)
    rows: list[dict[str, Any]] = []
    designs = reliability_rows(scores, plans, 1 - alpha)
    for done, plan in enumerate(plans, start=1):
        for topics, interval in INTERVALS.items():
            if plan.contexts >= FEWEST_CONTEXTS[topics]:
                figures = simulated_figures(models, plan, rho, simulations, seed, topics)
                ratio = bootstrap_ratio(models, plan, rho, seed) if topics == "these" else 1.0
                rows += power_rows(sources, figures, plan, alpha, topics, ratio)
                designs += design_rows(list(sources), figures, plan, 1 - alpha, topics, interval)
        logger.info("power: %d of %d designs", done, len(plans))
    return rows, _with_intervals(designs, scores, 1 - alpha, seed)


def _with_intervals(
    designs: list[dict[str, Any]], scores: Mapping[str, FloatArray], confidence: float, seed: int
) -> list[dict[str, Any]]:
    """Return the rows of the table `designs`, with an interval of the half-width that answers for a model."""
    table = pd.DataFrame(designs)
    for (model, own), topics in product(scores.items() if designs else (), INTERVALS):
        about = {"quantity": "rank_order", "model": model, "topics": topics}
        label = answering_design(table[(table[list(about)] == pd.Series(about)).all(axis=1)])
        if label is not None:
            row = designs[label]
            plan = Plan(*(int(row[facet]) for facet in Plan._fields))
            width, interval = row["half_width"], INTERVALS[topics]
            found = half_width_interval(own, plan, width, topics, interval, confidence, seed)
            designs[label] = {**row, "half_width_lower": found[0], "half_width_upper": found[1]}
    return designs


def write_power(
    *, values: Mapping[str, Mapping[str, Path]], designs: Mapping[str, Design],
    settings: dict[str, Any], plans: dict[str, Any], output: Path, csv: Path, planned_csv: Path,
) -> None:  # fmt: skip
    """Write the power and the precision of every design of a plan, from a finished study's models.

    Args:
        values: by population and model the table `values`; references are left out.
        designs: by population.
        settings: seed and confidence; the level of the tests is 1 - confidence.
        plans: lists `personas`, `contexts` and `replicates`, and `simulations`.
        output: the Parquet file of the table `power`.
        csv: the same as CSV.
        planned_csv: the table `designs`.
    """
    wanted = [Plan(*p) for p in product(*(plans[f] for f in Plan._fields))]
    rows: dict[str, list[dict[str, Any]]] = {"power": [], "designs": []}
    for population, paths in values.items():
        design = designs[population]
        for instrument in design.instruments:
            scores = {model: _scores(path, design, instrument) for model, path in paths.items()}
            usable = {
                m: s for m, s in scores.items() if (~np.isnan(s).any(axis=(0, 1, 3))).sum() > 2
            }
            about = {"population": population, "instrument": instrument.name}
            seed = derive(settings["seed"], "power", population, instrument.name)
            found = planned(usable, wanted, plans["simulations"], 1 - settings["confidence"], seed)
            for name, own in zip(rows, found if usable else ([], []), strict=True):
                rows[name] += [{**about, **row} for row in own]
    tables = {name: pd.DataFrame(own, columns=list(SCHEMAS[name])) for name, own in rows.items()}
    write_table(tables["power"], "power", output)
    tables["power"].to_csv(csv, index=False, float_format="%.6g")
    tables["designs"].to_csv(planned_csv, index=False, float_format="%.6g")
    for line in smallest_designs(tables["power"]) + said_designs(tables["designs"]):
        logger.info("%s", line)


def _scores(path: Path, design: Design, instrument: Instrument) -> FloatArray:
    """Return one model's scores of one questionnaire (R, C, N, V) from its table `values`."""
    table = read_table(path, "values")
    own = table[table["instrument"] == instrument.name]
    return score_array(own, design, list(instrument.values))[:, design.layout.main]


def smallest_designs(table: pd.DataFrame) -> list[str]:
    """Return a sentence for each quantity and pair: the design of fewest administrations that is enough."""
    keys = ["population", "instrument", "quantity", "model_a", "model_b", "topics"]
    size = table["personas"] * table["contexts"] * table["replicates"]
    lines = []
    for names, own in table.assign(size=size).groupby(keys, sort=False):
        population, _, quantity, a, b, topics = names
        enough = own[own["power"] >= ENOUGH]
        best = f"at most {own['power'].max():.2f} in the designs asked for"
        if len(enough):
            plan = enough.sort_values(["size", "personas"]).iloc[0]
            best = (
                f"{plan['personas']} personas × {plan['contexts']} contexts × "
                f"{plan['replicates']} replicates: {plan['power']:.2f}"
            )
        about = "these contexts" if topics == "these" else "contexts like these"
        lines.append(f"power, {population}, {quantity}, {a} and {b}, {about}: {best}")
    return lines
