"""Models, and families, against each other on the same respondents (methods 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, ttest_ind
from scipy.stats import t as student

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.estimate_tables import read_results
from holdfast.stability.estimation.family_stability import family_stability, pooled
from holdfast.stability.estimation.model_stability import Stability
from holdfast.stability.resampling.intervals import SAME, Spread, bootstrap_spread, ends
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.two_way_jackknife import crossed_spread, two_way_spread
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import write_table

Row = dict[str, Any]
Compared = Callable[[Stability, Stability, Quantity, float], Row]
COMPARED: tuple[Quantity, ...] = (
    "rank_order", "rank_order_unbiased", "ipsative", "distinctive", "disattenuated", "fidelity",
    "default_profile", "neutral_rank_order", "neutral_ipsative", "rank_order_slope", "ipsative_slope",
)  # fmt: skip
"""What models are compared in."""

OF_SAMPLES: Mapping[tuple[bool, bool], str] = {
    (True, True): "paired_contexts_levels", (True, False): "paired_contexts",
    (False, True): "paired_levels", (False, False): "paired_respondents",
}  # fmt: skip
"""How means over levels are compared: are contexts, and are levels, a sample?"""

LEVELS_LIKE_THESE = ("paired_contexts_levels", "paired_levels")
"""Methods that are about other levels like those of the study."""

NOTHING: Row = dict.fromkeys(["difference", "lower", "upper", "p"], np.nan)


def compare(
    stabilities: Mapping[str, Stability], level: str, confidence: float
) -> list[dict[str, Any]]:
    """Compare all pairs in every quantity of COMPARED that all have draws of, and some an estimate.

    Args:
        stabilities: by name; with the same respondents and seed, so that draws are paired.
        level: "model" or "family"; a t-test needs figures of single replicates, and families and some
            quantities have none.
        confidence: of the intervals.

    Returns:
        Rows of the table `comparisons` without population and instrument. p is adjusted over the
        pairs of one quantity and method, of which there are m (m - 1) / 2.
    """
    rows: list[Row] = []
    if not stabilities:
        return rows
    shared = set.intersection(*(set(s.draws) for s in stabilities.values()))
    for quantity in [q for q in COMPARED if q in shared]:
        if all(pooled(s, quantity).status != "ok" for s in stabilities.values()):
            continue
        for method, compared in _methods(stabilities, level, quantity).items():
            block = []
            for a, b in combinations(stabilities, 2):
                found = compared(stabilities[a], stabilities[b], quantity, confidence)
                names = {"level": level, "model_a": a, "model_b": b, "facet": ""}
                block.append({**names, "quantity": quantity, "method": method, **found})
            rows += adjusted(block)
    return [*rows, *_over_levels(stabilities, level, confidence)]


def _over_levels(stabilities: Mapping[str, Stability], level: str, confidence: float) -> list[Row]:
    """Compare all pairs in the means over the levels of each facet that all have."""
    rows: list[Row] = []
    every = [set(s.over_levels) for s in stabilities.values()]
    for name in [
        n for n in next(iter(stabilities.values())).over_levels if n in set.intersection(*every)
    ]:
        block = []
        for a, b in combinations(stabilities, 2):
            found = paired_levels(stabilities[a], stabilities[b], name, confidence)
            names = {
                "level": level,
                "model_a": a,
                "model_b": b,
                "quantity": name[0],
                "facet": name[1],
            }
            block.append({**names, **found})
        rows += adjusted(block)
    return rows


def _methods(
    stabilities: Mapping[str, Stability], level: str, quantity: Quantity
) -> dict[str, Compared]:
    """Return how a quantity is compared, by the name of the method."""
    found: dict[str, Compared] = {
        "paired_contexts": paired_contexts,
        "paired_bootstrap": paired_bootstrap,
    }
    if level == "model" and any(_of_replicates(s, quantity).size for s in stabilities.values()):
        found["t_test"] = t_test
    return found


def paired_contexts(one: Stability, other: Stability, quantity: Quantity, confidence: float) -> Row:
    """Return difference, interval and p for other respondents in contexts like these.

    It is the two-way jackknife of the difference of two models, who have the same respondents and topics: what
    a topic does to one model and not to the other is part of the error.
    """
    figures = [pooled(s, quantity) for s in (one, other)]
    if any(f.status != "ok" for f in figures):
        return {**NOTHING, "status": "not_estimable"}
    if any(quantity not in s.deleted for s in (one, other)):
        few = next((f for f in figures if f.contexts_status != "ok"), figures[0])
        return {**NOTHING, "status": few.contexts_status}
    deleted = one.deleted[quantity] - other.deleted[quantity]
    difference = figures[0].estimate - figures[1].estimate
    return _student(difference, two_way_spread(deleted, "plain"), confidence)


def paired_levels(
    one: Stability, other: Stability, name: tuple[Quantity, str], confidence: float
) -> Row:
    """Return difference, interval and p of means over a facet's levels, and the method.

    It is the jackknife of the difference over respondents, topics and levels, as far as there are enough of
    them to be a sample: what a level does to one model and not to the other is part of the error. So a model
    that is the more stable one in some wordings alone is not found to be so in general.

    Args:
        one: of the first model.
        other: of the second model; the same respondents, topics and levels.
        name: the quantity and the facet.
        confidence: of the interval.
    """
    deleted = one.over_levels[name] - other.over_levels[name]
    topics, levels, _ = deleted.shape
    method = OF_SAMPLES[topics > 1, levels > 1]
    found = _student(float(deleted[0, 0, 0]), crossed_spread(deleted, "plain", 3), confidence)
    return {"method": method, **found}


def _student(difference: float, spread: Spread, confidence: float) -> Row:
    """Return Student's interval and p of a difference."""
    if np.isnan(spread.error):
        return {**NOTHING, "status": "not_estimable"}
    lower, upper = ends(np.array(difference), spread, confidence, "plain", (-np.inf, np.inf))
    row = {"difference": difference, "lower": float(lower), "upper": float(upper), "status": "ok"}
    if not spread.error >= SAME:  # the same answers, or nothing that varies between respondents
        same = abs(difference) < SAME
        return {**row, "p": 1.0 if same else np.nan, "status": "ok" if same else "no_variance"}
    t = abs(difference / spread.error)
    return {**row, "p": float(2 * student.sf(t, spread.freedom))}


def paired_bootstrap(
    one: Stability, other: Stability, quantity: Quantity, confidence: float
) -> Row:
    """Return difference, interval and p from draws of the same respondents.

    Both are Student's, with the bootstrap's root mean squared error and N - 1 degrees of freedom, around the
    difference. The share of draws beyond 0 can't be
    below 1 / draws, which with 1,000 draws and 210 pairs would never survive the adjustment.
    """
    figures = [pooled(s, quantity) for s in (one, other)]
    draws = one.draws[quantity] - other.draws[quantity]
    draws = draws[~np.isnan(draws)]
    if any(f.status != "ok" for f in figures) or draws.size < 2:
        return {**NOTHING, "status": "not_estimable"}
    difference = figures[0].estimate - figures[1].estimate
    spread = bootstrap_spread(np.array(difference), draws, "plain", one.respondents)
    return _student(difference, spread, confidence)


def t_test(one: Stability, other: Stability, quantity: Quantity, confidence: float) -> Row:
    """Return the original's two-sample t-test on the figures of replicates (equal variances).

    It is for comparison: it takes replicates as the sample and respondents as given.
    """
    a, b = (_of_replicates(s, quantity) for s in (one, other))
    if min(a.size, b.size) < 2:
        few = "needs_replicates" if len({a.size, b.size}) == 1 and a.size == 1 else "not_estimable"
        return {**NOTHING, "status": few}
    difference = float(a.mean() - b.mean())
    if a.std() < 1e-12 and b.std() < 1e-12:
        same = abs(difference) < 1e-12
        row = {**NOTHING, "difference": difference, "p": 1.0 if same else np.nan}
        return {**row, "status": "ok" if same else "no_variance"}
    result = ttest_ind(a, b)
    interval = result.confidence_interval(confidence)
    return {
        "difference": difference, "lower": float(interval.low), "upper": float(interval.high),
        "p": float(result.pvalue), "status": "ok",
    }  # fmt: skip


def _of_replicates(stability: Stability, quantity: Quantity) -> FloatArray:
    """Return the defined pooled figures of the replicates."""
    rows = [
        row.estimate
        for row in stability.estimates
        if row.quantity == quantity and row.replicate is not None and row.status == "ok"
        and row.value is None and row.context_a is None
    ]  # fmt: skip
    return np.array(rows, dtype=np.float64)


def adjusted(block: Sequence[Row]) -> list[Row]:
    """Return the rows with p adjusted over those that have one (Benjamini & Hochberg 1995)."""
    p = np.array([row["p"] for row in block], dtype=np.float64)
    result = np.full(p.shape, np.nan)
    known = ~np.isnan(p)
    if known.any():
        result[known] = false_discovery_control(p[known], method="bh")
    return [{**row, "p_adjusted": float(q)} for row, q in zip(block, result, strict=True)]


def write_comparisons(
    *, models: Mapping[str, Mapping[str, tuple[Path, Path]]], families: Mapping[str, Sequence[str]],
    confidence: float, table: Path, csv: Path,
) -> None:  # fmt: skip
    """Write the comparisons of all models, and of all families, of a study.

    Args:
        models: by population and model the tables of estimates and of draws.
        families: the models of each family; references are in none and are left out.
        confidence: of the intervals.
        table: the Parquet file.
        csv: the same as CSV.
    """
    rows: list[Row] = []
    for population, paths in models.items():
        for instrument, results in read_results(paths).items():
            groups = {
                family: family_stability([results[m] for m in members], confidence=confidence)
                for family, members in families.items()
            }
            own = {m: results[m] for members in families.values() for m in members}
            found = compare(own, "model", confidence) + compare(groups, "family", confidence)
            rows += [{**row, "population": population, "instrument": instrument} for row in found]
    result = pd.DataFrame(rows, columns=list(SCHEMAS["comparisons"]))
    write_table(result, "comparisons", table)
    result.to_csv(csv, index=False, float_format="%.10g")
