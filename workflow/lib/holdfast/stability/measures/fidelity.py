"""Fidelity: how well the expressed profile agrees with the true one, where that is known (methods 5.8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from holdfast.stability.correlation.spearman import FloatArray, IntArray, spearman
from holdfast.stability.correlation.undefined_correlations import (
    AVERAGED,
    PAIR,
    REPLICATE,
    UndefinedRule,
    summarise,
)
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.resampling.bootstrap import respondent_multiplicities, standard_error
from holdfast.stability.resampling.intervals import interval_of, kind_of, leave_one_out
from holdfast.stability.resampling.stability_draws import Settings


@dataclass(frozen=True)
class Known:
    """What fidelity is estimated from.

    Attributes:
        scores: centred value scores (R, C, N, V), NaN = missing.
        latent: true profiles (N, V).
        contexts: names of the C contexts.
        values: names of the V values.
    """

    scores: FloatArray
    latent: FloatArray
    contexts: Sequence[str]
    values: Sequence[str]


def fidelity(known: Known, settings: Settings) -> tuple[list[Estimate], FloatArray]:
    """Return rows of the table of estimates with the quantity `fidelity`, and the pooled draws (D,).

    Pooled, per replicate and per context: Spearman between a respondent's value scores and latent
    profile, averaged over respondents. Per value: Spearman across respondents between the scores and
    the latent importance of that value, without an interval.

    Args:
        known: scores and truth.
        settings: undefined rule, draws, confidence and seed.
    """
    scores = known.scores
    within = correlations_with(scores, known.latent)
    by_value = np.moveaxis(scores, 2, -1)
    across = spearman(by_value, np.broadcast_to(known.latent.T, by_value.shape))  # (R, C, V)
    rows, draws = agreement(within, known, settings)
    return rows + _across(across, known, settings), draws


def correlations_with(scores: FloatArray, latent: FloatArray) -> FloatArray:
    """Return the correlations (R, C, N) of respondents' scores (R, C, N, V) with profiles (N, V)."""
    return spearman(scores, np.broadcast_to(latent, scores.shape))


def agreement(
    within: FloatArray, known: Known, settings: Settings
) -> tuple[list[Estimate], FloatArray]:
    """Return rows of correlations (R, C, N): pooled, per replicate, per context; and pooled draws."""
    pooled, draws = _within(within, settings, len(known.values))
    rows = [pooled]
    for r in range(within.shape[0]):
        row, _ = _within(within[[r]], settings, len(known.values))
        rows.append(replace(row, replicate=r + 1))
    for c, context in enumerate(known.contexts):
        row, _ = _within(within[:, [c]], settings, len(known.values))
        rows.append(replace(row, context_a=context))
    return rows, draws


def _within(r: FloatArray, settings: Settings, values: int) -> tuple[Estimate, FloatArray]:
    """Return the mean over respondents of correlations (R, C, N), and its bootstrap draws."""
    summary = summarise(r, settings.undefined, AVERAGED["pooled"])
    drawn = respondent_multiplicities(r.shape[2], settings.draws, settings.seed)
    draws, known = means_under(r, settings.undefined, drawn)
    left, _ = means_under(r, settings.undefined, leave_one_out(known))
    null = 1 / np.sqrt(max(1, values - 1) * r.size)  # of a mean of independent coefficients
    row = _row(summary.mean, int(summary.undefined), settings, int(known.sum()), null)
    lower, upper = interval_of(
        "fidelity", summary.mean, draws, left, settings.confidence, r.shape[2]
    )
    how = f"bootstrap over respondents, {draws.size} draws, {kind_of(left)}"
    if row.status != "ok":
        return row, np.full_like(draws, np.nan)
    return replace(
        row, lower=float(lower), upper=float(upper), se=float(standard_error(draws)),
        method=row.method.replace("no interval", how),
    ), draws  # fmt: skip


def means_under(
    r: FloatArray, rule: UndefinedRule, weights: IntArray
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the means (D,) of correlations (R, C, N) under weights (D, N), and who has a mean (N,)."""
    persons = np.array(summarise(r, rule, (PAIR, REPLICATE)).mean)
    if rule == "zero":
        persons = np.nan_to_num(persons)
    known = ~np.isnan(persons)
    with np.errstate(invalid="ignore"):  # a draw of none whose mean is defined
        return (weights @ np.nan_to_num(persons)) / (weights @ known), known


def _across(r: FloatArray, known: Known, settings: Settings) -> list[Estimate]:
    """Return one row a value from correlations (R, C, V)."""
    summary = summarise(r, settings.undefined, (PAIR, REPLICATE))
    respondents = known.latent.shape[0]
    null = 1 / np.sqrt((respondents - 1) * r.shape[0] * r.shape[1])
    return [
        replace(
            _row(summary.mean[v], int(summary.undefined[v]), settings, respondents, null),
            value=value,
        )
        for v, value in enumerate(known.values)
    ]


def _row(mean: FloatArray, undefined: int, settings: Settings, n: int, null: float) -> Estimate:
    nan = float("nan")
    return Estimate(
        "fidelity", None, None, None, None, estimate=float(mean), lower=nan, upper=nan, se=nan, n=n,
        undefined=undefined, null_mean=0.0, null_sd=float(null),
        method=f"spearman with the latent profile; no interval; undefined={settings.undefined}",
        status="not_estimable" if np.isnan(mean) else "ok",
    )  # fmt: skip
