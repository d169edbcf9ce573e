"""Figures that a questionnaire can't have: a row with a status in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from holdfast.design.instruments import Instrument
from holdfast.stability.correlation.spearman import MINIMUM_PAIRS, FloatArray
from holdfast.stability.estimation.model_stability import Estimate, Stability, Status
from holdfast.stability.resampling.observer_quantities import OBSERVER_PROFILES
from holdfast.stability.resampling.quantities import Quantity

OF_PROFILES: frozenset[Quantity] = frozenset(
    {"ipsative", "distinctive", "fidelity", "default_profile", "neutral_ipsative",
     "ipsative_at_length", "ipsative_slope", "ipsative_without", "fidelity_without",
     "ipsative_within", "ipsative_between", "ipsative_within_less_between", "ipsative_at_level",
     "ipsative_across_levels", "ipsative_across_less_within", "ipsative_over_levels",
     "scatter", "scatter_stability", "shape_stability", "normativeness", "normativeness_stability",
     *OBSERVER_PROFILES}
)  # fmt: skip
"""Quantities that correlate over a respondent's values, where a row is of no single value."""


def with_sense(result: Stability, instrument: Instrument) -> Stability:
    """Return a result in which what makes no sense for its questionnaire has a status and no number.

    `too_few_values`: a correlation over values, of which there are fewer than three; `not_centred`: a figure
    of centred items, where the questionnaire's scores are not centred.
    """
    rows = tuple(_row(row, _status(row, instrument)) for row in result.estimates)
    lost = {r.quantity for r in rows if r.status in ("too_few_values", "not_centred")}
    draws: Mapping[Quantity, FloatArray] = {
        q: np.full_like(d, np.nan) if q in lost else d for q, d in result.draws.items()
    }
    deleted = {q: d for q, d in result.deleted.items() if q not in lost}
    over = {(q, facet): d for (q, facet), d in result.over_levels.items() if q not in lost}
    return replace(result, estimates=rows, draws=draws, deleted=deleted, over_levels=over)


def _status(row: Estimate, instrument: Instrument) -> Status | None:
    """Return why a row makes no sense; None: it does."""
    few = len(instrument.values) < MINIMUM_PAIRS
    if few and row.quantity in OF_PROFILES and row.value is None:
        return "too_few_values"
    if row.quantity == "cronbach_alpha_centred" and not instrument.centred:
        return "not_centred"
    return None


def _row(row: Estimate, status: Status | None) -> Estimate:
    """Return a row without its number, and with a status; None leaves it as it is."""
    if status is None:
        return row
    nan = float("nan")
    return replace(
        row, estimate=nan, lower=nan, upper=nan, se=nan, undefined=0, null_mean=nan, null_sd=nan,
        status=status, contexts_lower=nan, contexts_upper=nan, contexts_se=nan,
        contexts_status="no_interval",
    )  # fmt: skip
