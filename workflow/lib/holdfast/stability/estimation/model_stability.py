"""Stability of one model, and of a family of models, as rows of the table of estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from holdfast.stability.correlation.spearman import (
    TIE_DECIMALS,
    FloatArray,
    IntArray,
    context_pairs,
)
from holdfast.stability.correlation.undefined_correlations import (
    AVERAGED,
    PAIR,
    REPLICATE,
    UNIT,
    Level,
    UndefinedRule,
    summarise,
)
from holdfast.stability.resampling.bootstrap import standard_error
from holdfast.stability.resampling.intervals import interval_of, kind_of, leave_one_out
from holdfast.stability.resampling.null_distribution import NullDistribution
from holdfast.stability.resampling.quantities import BOOTSTRAPPED, LEVELS, Quantity
from holdfast.stability.resampling.stability_draws import (
    Draws,
    Settings,
    correlate,
    resample,
    under_weights,
)
from holdfast.stability.resampling.two_way_jackknife import ContextsStatus

Status = Literal[
    "ok", "not_estimable",
    "needs_replicates",  # there is only one
    "unreliable",  # too little reliability to divide by
    "not_reachable",  # no design does it
    "needs_population_none",  # no answers without a persona
    "confounded",  # it can't be told from something else
    "too_few_values",  # to correlate over them
    "needs_observers",  # there is only one
    "below_least_validity",  # the estimate is there, and too low to show what the observer says
    "not_centred",  # the questionnaire's scores are not, and the figure is of centred ones
    "constant_items", "constant_item", "too_few_respondents", "fit_failed", "no_finite_optimum",
    "latent_covariance",  # of 1 or more
    "negative_variance", "collinear_items",
]  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """One row of the table of estimates; None = pooled over, NaN = no number.

    Attributes:
        quantity: what is estimated.
        value: value, None = pooled.
        context_a: first context of a pair, None = pooled.
        context_b: second context of a pair, None = pooled.
        replicate: replicate, None = pooled.
        estimate: mean correlation.
        lower: lower bound of the bootstrap interval.
        upper: upper bound of the bootstrap interval.
        se: bootstrap standard error.
        n: respondents who answered in both contexts of some pair under the estimate.
        undefined: count of undefined correlations under the estimate.
        null_mean: mean under random answers.
        null_sd: standard deviation under random answers.
        method: how the figure was made.
        status: "ok", or why there is no number.
        contexts_lower: lower bound of the interval over respondents and contexts.
        contexts_upper: its upper bound.
        contexts_se: standard error over respondents and contexts.
        contexts_status: "ok", or why there is no such interval.
    """

    quantity: Quantity
    value: str | None
    context_a: str | None
    context_b: str | None
    replicate: int | None
    estimate: float
    lower: float
    upper: float
    se: float
    n: int
    undefined: int
    null_mean: float
    null_sd: float
    method: str
    status: Status
    contexts_lower: float = float("nan")
    contexts_upper: float = float("nan")
    contexts_se: float = float("nan")
    contexts_status: ContextsStatus = "no_interval"


@dataclass(frozen=True)
class Stability:
    """Stability of a model or a family.

    Attributes:
        estimates: rows of the table of estimates.
        draws: bootstrap draws (D,) of the pooled figures, paired between models that share
            the seed and the respondents.
        respondents: N, also those without an answer.
        seed: of the bootstrap.
        deleted: pooled figures without each topic and each group of respondents (1 + C, 1 + G), as
            `two_way_jackknife` has them; nothing for fewer topics than it takes.
        over_levels: means over the levels of a facet without each topic, level and group of respondents
            (1 + C, 1 + L, 1 + G), by quantity and facet; an axis of length 1: too few to be a sample.
    """

    estimates: tuple[Estimate, ...]
    draws: Mapping[Quantity, FloatArray]
    respondents: int
    seed: int
    deleted: Mapping[Quantity, FloatArray] = field(default_factory=dict)
    over_levels: Mapping[tuple[Quantity, str], FloatArray] = field(default_factory=dict)


@dataclass(frozen=True)
class _Study:
    """What the rows of one model are made of."""

    scores: FloatArray
    contexts: Sequence[str]
    values: Sequence[str]
    replicates: Sequence[int]
    settings: Settings
    null: NullDistribution


def model_stability(
    scores: FloatArray,
    contexts: Sequence[str],
    values: Sequence[str],
    *,
    replicates: Sequence[int] | None = None,
    undefined: UndefinedRule = "zero",
    draws: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
    decimals: int | None = TIE_DECIMALS,
    null: NullDistribution | None = None,
) -> Stability:
    """Estimate rank-order and ipsative stability of one model. methods.md 5.1 to 5.3, 6.1.

    Args:
        scores: centred value scores (R, C, N, V), NaN = missing.
        contexts: names of the C contexts.
        values: names of the V values.
        replicates: numbers of the R replicates, by default 0, 1, ….
        undefined: see :class:`Settings`, as the next four.
        draws: 0 gives no intervals.
        confidence: between 0 and 1.
        seed: the same for all models, so that draws are paired.
        decimals: None gives the original's figures to the last digit.
        null: from :func:`simulate_null`, for the same design.

    Raises:
        ValueError: the shape of the scores does not fit the names, or a score is infinite.
    """
    numbers = range(scores.shape[0]) if replicates is None else replicates
    settings = Settings(undefined, draws, confidence, seed, decimals)
    return _stability(_Study(scores, contexts, values, numbers, settings, null or {}))


def _stability(study: _Study) -> Stability:
    """Return the rows and pooled draws of a study."""
    _check(study)
    scores, settings = study.scores, study.settings
    correlations = correlate(scores, settings.decimals)
    drawn: Draws = resample(scores, settings) if settings.draws else {}
    left = _left_out(scores, settings) if drawn else {}
    estimates = [
        row
        for quantity, levels in LEVELS.items()
        for level in levels
        for row in _rows(study, quantity, level, correlations[quantity], drawn, left)
    ]
    pooled = {name: drawn[name]["pooled"] if drawn else np.empty(0) for name in LEVELS}
    return Stability(tuple(estimates), pooled, scores.shape[2], settings.seed)


def _left_out(scores: FloatArray, settings: Settings) -> Draws:
    """Return the figures without each respondent; nothing for too many of them."""
    weights = leave_one_out(np.asarray(~np.isnan(scores).all(axis=(0, 1, 3))))
    return under_weights(scores, settings, weights) if len(weights) else {}


def _check(study: _Study) -> None:
    """Refuse scores whose shape does not fit the names, and infinite scores."""
    contexts, values = len(study.contexts), len(study.values)
    shape = study.scores.shape
    expected = (len(study.replicates), contexts, shape[2] if len(shape) == 4 else 0, values)
    if shape != expected or 0 in shape:
        raise ValueError(f"scores have shape {shape}, names call for {expected} (R, C, N, V)")
    if np.isinf(study.scores).any():
        raise ValueError("scores must be finite, or NaN where they are missing")


def _rows(
    study: _Study, quantity: Quantity, level: Level, correlations: FloatArray, drawn: Draws,
    left: Draws,
) -> list[Estimate]:  # fmt: skip
    """Return the rows of one quantity at one level."""
    summary = summarise(correlations, study.settings.undefined, AVERAGED[level])
    draws = without = np.empty((0, *summary.mean.shape))
    settings = study.settings
    if drawn and level in BOOTSTRAPPED:
        draws = drawn[quantity][level]
        if left:
            without = left[quantity][level]
    lower, upper = interval_of(
        quantity, summary.mean, draws, without, settings.confidence, study.scores.shape[2]
    )
    kind, error = kind_of(without), standard_error(draws)
    respondents = _respondents(study.scores, quantity, level)
    kept = [axis for axis in (REPLICATE, PAIR, UNIT) if axis not in AVERAGED[level]]
    rows = []
    for at in np.ndindex(summary.mean.shape):
        place = dict(zip(kept, at, strict=True))
        estimable = not np.isnan(summary.mean[at])
        null_mean, null_sd = _null(study.null, quantity, level, place.get(UNIT, 0))
        rows.append(
            Estimate(
                quantity,
                *_labels(study, place),
                estimate=float(summary.mean[at]),
                lower=float(lower[at]) if estimable else np.nan,
                upper=float(upper[at]) if estimable else np.nan,
                se=float(error[at]) if estimable else np.nan,
                n=int(respondents[at]),
                undefined=int(summary.undefined[at]),
                null_mean=null_mean,
                null_sd=null_sd,
                method=_method(study, draws[(slice(None), *at)], kind),
                status="ok" if estimable else "not_estimable",
            )
        )
    return rows


def _labels(
    study: _Study, place: Mapping[int, int]
) -> tuple[str | None, str | None, str | None, int | None]:
    """Return value, context_a, context_b and replicate of a place, None for averaged axes."""
    first, second = context_pairs(len(study.contexts))
    pair = place.get(PAIR)
    return (
        study.values[place[UNIT]] if UNIT in place else None,
        None if pair is None else study.contexts[first[pair]],
        None if pair is None else study.contexts[second[pair]],
        study.replicates[place[REPLICATE]] if REPLICATE in place else None,
    )


def _respondents(scores: FloatArray, quantity: Quantity, level: Level) -> IntArray:
    """Count the respondents with a score in both contexts of some pair under each row."""
    answered = ~np.isnan(scores)
    first, second = context_pairs(scores.shape[1])
    both = np.moveaxis(answered[:, first] & answered[:, second], 2, 0)
    if quantity == "ipsative":
        both = np.any(both, axis=UNIT, keepdims=True)
    return np.asarray(np.any(both, axis=AVERAGED[level]).sum(axis=0), dtype=np.int64)


def _null(
    null: NullDistribution, quantity: Quantity, level: Level, unit: int
) -> tuple[float, float]:
    """Return mean and standard deviation of a row under random answers, NaN if not known."""
    moments = null.get((quantity, level))
    if moments is None:
        return float("nan"), float("nan")
    return float(moments.mean[unit]), float(moments.sd[unit])


def _method(study: _Study, draws: FloatArray, kind: str) -> str:
    """Say how a row was estimated; also how many of its draws were undefined."""
    settings = study.settings
    parts = ["spearman", "no interval"]
    if draws.size:
        confidence = f"{kind} {100 * settings.confidence:g} %"
        parts[1] = f"cluster bootstrap over respondents, {draws.size} draws, {confidence}"
        lost = int(np.isnan(draws).sum())
        parts += [f"{lost} draws undefined"] if lost else []
    parts.append(f"undefined={settings.undefined}")
    parts += ["ties of raw floats"] if settings.decimals is None else []
    return "; ".join(parts)
