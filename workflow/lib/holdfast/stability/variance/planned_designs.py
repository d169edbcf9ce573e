"""How sure a planned design would be: the intervals that it would have, and its reliability."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.resampling.intervals import jackknife_interval, leave_one_out
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.two_way_jackknife import (
    MINIMUM_CONTEXTS,
    over_contexts,
    without_groups,
)
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
                 "half_width": float(np.nanmedian(upper - lower) / 2), "half_width_lower": np.nan,
                 "half_width_upper": np.nan, "simulations": own.shape[-1]}
            )  # fmt: skip
    return rows


def reliability_rows(
    scores: Mapping[str, FloatArray], plans: Sequence[Plan], confidence: float
) -> list[dict[str, Any]]:
    """Return G and Φ of means over planned contexts and replicates, with the jackknife's intervals.

    They follow from the finished study's components (a D study: Brennan 2001, ch. 4), and the interval is
    from leaving out its respondents and its contexts; with fewer than MINIMUM_CONTEXTS of these, from leaving
    out its respondents one at a time. They do not depend on the number of personas.

    Args:
        scores: by model, centred value scores (R, C, N, V).
        plans: the designs.
        confidence: of the intervals.
    """
    facets = dict.fromkeys((plan.contexts, plan.replicates) for plan in plans)
    rows = []
    for name, own in scores.items():
        parts = _deleted_components(own)
        for (c, r), (quantity, coefficient) in (
            (f, q) for f in facets for q in COEFFICIENTS.items()
        ):
            found = np.stack([coefficient(each, c, r) for each in parts])
            lower, upper = _interval(quantity, found, confidence)
            rows.append(
                {"model": name, "quantity": quantity, "personas": pd.NA, "contexts": c,
                 "replicates": r, "topics": "", "estimate": float(np.clip(found[0, 0], 0, 1)),
                 "lower": lower, "upper": upper, "half_width": np.nan,
                 "half_width_lower": np.nan, "half_width_upper": np.nan, "simulations": 0}
            )  # fmt: skip
    return rows


def _deleted_components(scores: FloatArray) -> list[dict[str, FloatArray]]:
    """Return the components with all contexts, and without each, of everybody and without some (1 + G,)."""
    replicates, contexts, n, _ = scores.shape
    answered = np.asarray(~np.isnan(scores).any(axis=(0, 1, 3)))
    crossed = contexts >= MINIMUM_CONTEXTS
    weights = np.vstack([np.ones((1, n)), leave_one_out(answered)])
    if crossed:
        groups = without_groups(int(answered.sum()))
        weights = np.zeros((len(groups), n))
        weights[:, answered] = groups
    found = []
    for left in range(-1, contexts if crossed else 0):
        kept = scores[:, np.arange(contexts) != left]
        parts = variance_components(mean_squares(kept, weights), kept.shape[1], replicates)
        found.append({part: mean_of_values(variance) for part, variance in parts.items()})
    return found


def _interval(quantity: Quantity, found: FloatArray, confidence: float) -> tuple[float, float]:
    """Return the interval of a coefficient (1 + C, 1 + G), or (1, 1 + N) where no context was left out."""
    if len(found) > 1:
        both = over_contexts(quantity, found, confidence)
        return float(both.lower), float(both.upper)
    own = found[0]
    lower, upper = jackknife_interval(own[0], own[1:], confidence, "share", (0.0, 1.0))
    return float(lower), float(upper)


def answering_design(rows: pd.DataFrame) -> Any:
    """Return the label of the design that is spoken of: the smallest that is precise enough, else the best.

    Args:
        rows: of rank-order stability of one model and kind of contexts; None if none has an interval.
    """
    known = rows[rows["half_width"].notna()]
    enough = known[known["half_width"] <= HALF_WIDTH]
    size = enough["personas"] * enough["contexts"] * enough["replicates"]
    if len(enough):
        return enough.assign(size=size).sort_values(["size", "personas"]).index[0]
    return known["half_width"].idxmin() if len(known) else None


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
    label = answering_design(rows)
    if label is None:
        return "no interval in the designs asked for"
    plan = rows.loc[label]
    design, expected = _design(plan, str(plan["personas"])), _expected(plan)
    if plan["half_width"] <= HALF_WIDTH:
        unsure = " and so may not be enough" if plan["half_width_upper"] > HALF_WIDTH else ""
        return f"{design} for a half-width of {HALF_WIDTH:g} (expected: {expected}{unsure})"
    at_best = f"half-width {expected} with {design}"
    if plan["topics"] != "these":
        return f"{HALF_WIDTH:g} in none of the designs asked for; {at_best}"
    # respondents are independent, so the width falls with the root of their number
    widths = plan[["half_width", "half_width_lower", "half_width_upper"]].astype(float)
    needed = np.ceil(plan["personas"] * (widths / HALF_WIDTH) ** 2)
    personas = f"{needed['half_width']:.0f}"
    if needed.notna().all():
        personas += f" [{needed['half_width_lower']:.0f}, {needed['half_width_upper']:.0f}]"
    return f"about {_design(plan, personas)} for a half-width of {HALF_WIDTH:g}, extrapolated from {at_best}"


def _expected(plan: pd.Series[Any]) -> str:
    """Return the half-width with its interval, where there is one."""
    if pd.isna(plan["half_width_lower"]):
        return f"{plan['half_width']:.3f}"
    return (
        f"{plan['half_width']:.3f} [{plan['half_width_lower']:.3f}, {plan['half_width_upper']:.3f}]"
    )


def _design(plan: pd.Series[Any], personas: str) -> str:
    return f"{personas} personas × {plan['contexts']} contexts × {plan['replicates']} replicates"
