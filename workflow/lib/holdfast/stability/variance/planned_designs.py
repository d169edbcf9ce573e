"""How sure a planned design would be: the intervals that it would have, and its reliability."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.resampling.intervals import jackknife_interval, leave_one_out
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.variance.anova import mean_squares
from holdfast.stability.variance.study_simulation import QUANTITIES, Plan, Topics
from holdfast.stability.variance.variance_components import (
    Coefficient,
    absolute,
    mean_of_values,
    relative,
    variance_components,
)

HALF_WIDTH = 0.05
"""The half-width of an interval that a planner is told a design for."""

COEFFICIENTS: Mapping[Quantity, Coefficient] = {
    "g_coefficient": relative, "phi_coefficient": absolute,
}  # fmt: skip


def design_rows(
    models: Sequence[str], figures: Mapping[str, FloatArray], plan: Plan, confidence: float,
    topics: Topics, interval: Callable[..., tuple[FloatArray, FloatArray]],
) -> list[dict[str, Any]]:  # fmt: skip
    """Return one row a quantity and model: the mean figure, and the median half-width of its interval.

    Args:
        models: names, in the order of the figures.
        figures: from `simulated_figures`.
        plan: the design.
        confidence: of the intervals.
        topics: which contexts the simulated studies have.
        interval: of figures about such contexts.
    """
    rows = []
    for quantity in QUANTITIES:
        for name, own in zip(models, figures[quantity], strict=True):
            lower, upper = interval(own, confidence, "correlation", (-1.0, 1.0))
            rows.append(
                {"model": name, "quantity": quantity, **plan._asdict(), "topics": topics,
                 "estimate": float(own[0, 0].mean()), "lower": np.nan, "upper": np.nan,
                 "half_width": float(np.nanmedian(upper - lower) / 2), "simulations": own.shape[-1]}
            )  # fmt: skip
    return rows


def reliability_rows(
    scores: Mapping[str, FloatArray], plans: Sequence[Plan], confidence: float
) -> list[dict[str, Any]]:
    """Return G and Φ of means over planned contexts and replicates, with the jackknife's intervals.

    They follow from the finished study's components (a D study: Brennan 2001, ch. 4), and the interval is
    from leaving out its respondents one at a time. They do not depend on the number of personas.

    Args:
        scores: by model, centred value scores (R, C, N, V).
        plans: the designs.
        confidence: of the intervals.
    """
    facets = dict.fromkeys((plan.contexts, plan.replicates) for plan in plans)
    rows = []
    for name, own in scores.items():
        replicates, contexts, n, _ = own.shape
        answered = np.asarray(~np.isnan(own).any(axis=(0, 1, 3)))
        weights = np.vstack([np.ones((1, n)), leave_one_out(answered)])
        parts = variance_components(mean_squares(own, weights), contexts, replicates)
        pooled = {part: mean_of_values(variance) for part, variance in parts.items()}
        for (c, r), (quantity, coefficient) in (
            (f, q) for f in facets for q in COEFFICIENTS.items()
        ):
            found = coefficient(pooled, c, r)
            lower, upper = jackknife_interval(found[0], found[1:], confidence, "share", (0.0, 1.0))
            rows.append(
                {"model": name, "quantity": quantity, "personas": pd.NA, "contexts": c,
                 "replicates": r, "topics": "", "estimate": float(np.clip(found[0], 0, 1)),
                 "lower": float(lower), "upper": float(upper), "half_width": np.nan, "simulations": 0}
            )  # fmt: skip
    return rows


def said_designs(table: pd.DataFrame) -> list[str]:
    """Return a sentence for each model: the smallest design whose rank-order interval is narrow enough."""
    own = table[table["quantity"].eq("rank_order")]
    lines = []
    for (population, _, model, topics), rows in own.groupby(
        ["population", "instrument", "model", "topics"], sort=False
    ):
        about = "these contexts" if topics == "these" else "contexts like these"
        words = f"precision, {population}, rank_order of {model}, {about}"
        lines.append(f"{words}: {_said(rows)}")
    return lines


def _said(rows: pd.DataFrame) -> str:
    """Say which of some designs is the smallest that is precise enough, or what would be."""
    size = rows["personas"] * rows["contexts"] * rows["replicates"]
    enough = rows.assign(size=size)[rows["half_width"] <= HALF_WIDTH]
    if len(enough):
        plan = enough.sort_values(["size", "personas"]).iloc[0]
        return (
            f"{_design(plan, plan['personas'])} for a half-width of {HALF_WIDTH:g} "
            f"(expected: {plan['half_width']:.3f})"
        )
    if rows["half_width"].isna().all():
        return "no interval in the designs asked for"
    best = rows.sort_values("half_width").iloc[0]
    at_best = f"half-width {best['half_width']:.3f} with {_design(best, best['personas'])}"
    if best["topics"] != "these":
        return f"{HALF_WIDTH:g} in none of the designs asked for; {at_best}"
    # respondents are independent, so the width falls with the root of their number
    needed = int(np.ceil(best["personas"] * (best["half_width"] / HALF_WIDTH) ** 2))
    return f"about {_design(best, needed)} for a half-width of {HALF_WIDTH:g}, extrapolated from {at_best}"


def _design(plan: pd.Series[Any], personas: int) -> str:
    return f"{personas} personas × {plan['contexts']} contexts × {plan['replicates']} replicates"
