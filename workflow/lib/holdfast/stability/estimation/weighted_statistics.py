"""Statistics as functions of respondents' weights, and their rows in the table of estimates.

A statistic gets the scores and D vectors of weights of the respondents, and returns its figures
under each. Weights of 1 give the estimate, multiplicities of a bootstrap the draws, and weights of
1 with random answers the null: one function makes them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray, context_pairs
from holdfast.stability.correlation.undefined_correlations import (
    AVERAGED,
    Level,
    UndefinedRule,
    summarise,
)
from holdfast.stability.estimation.model_stability import Estimate, Status
from holdfast.stability.resampling.bootstrap import respondent_multiplicities, standard_error
from holdfast.stability.resampling.intervals import interval_of, kind_of, leave_one_out
from holdfast.stability.resampling.null_distribution import NullDistribution, NullMoments
from holdfast.stability.resampling.quantities import BOUNDS, Quantity
from holdfast.stability.resampling.stability_draws import Settings

DRAWS_AT_ONCE = 125
"""Draws that a statistic gets at once; bounds its memory."""


@dataclass(frozen=True)
class Sample:
    """What statistics are computed from.

    Attributes:
        scores: centred value scores (R, C, N, V), NaN = missing.
        undefined: what undefined correlations count as.
        ratings: item ratings (R, C, N, items), NaN = missing; empty: not at hand.
        key: for each value the indices of its items, from 0.
    """

    scores: FloatArray
    undefined: UndefinedRule = "zero"
    ratings: FloatArray = field(default_factory=lambda: np.empty(0))
    key: Sequence[Sequence[int]] = ()


@dataclass(frozen=True)
class Figure:
    """One quantity at one level under D vectors of weights.

    Attributes:
        quantity: what is estimated.
        level: what it is not averaged over.
        mean: (D, ...), one axis for each part of the level; NaN = undefined. It may leave BOUNDS, where
            that makes for a better interval; what is reported is cut there.
        undefined: counts (...) of undefined correlations under unit weights.
        status: why there is no number, where there is none.
    """

    quantity: Quantity
    level: Level
    mean: FloatArray
    undefined: IntArray
    status: Status = "not_estimable"


@dataclass(frozen=True)
class Statistic:
    """A function of a sample and weights (D, N), and what to say of it.

    Attributes:
        compute: the function.
        method: how, for the table of estimates.
        draws: whether it gets an interval.
        null: whether it is computed on random answers.
        unbiased: whether the estimate has no bias, so that the draws are moved onto it: a resample
            is biased towards what the sample shows, and mirroring would correct what needs no correction.
        smooth: whether leaving out one respondent moves it by little, so that the jackknife serves.
    """

    compute: Callable[[Sample, FloatArray], list[Figure]]
    method: str
    draws: bool = True
    null: bool = True
    unbiased: bool = False
    smooth: bool = True


@dataclass(frozen=True)
class Names:
    """Names of contexts and values, numbers of replicates, each length in words, and domains.

    Attributes:
        facets: for figures about facets, the two names of each, by their level.
    """

    contexts: Sequence[str]
    values: Sequence[str]
    replicates: Sequence[int]
    lengths: Sequence[str] = ()
    domains: Sequence[str] = ()
    facets: Mapping[Level, Sequence[tuple[str, str]]] = field(default_factory=dict)


def averaged(
    quantity: Quantity,
    cells: FloatArray,
    levels: Iterable[Level],
    rule: UndefinedRule,
    weights: Mapping[int, FloatArray] | None = None,
) -> list[Figure]:
    """Return the means of cells (D, R, P or C, units) at some levels. methods.md 5.3."""
    figures = []
    for level in levels:
        summary = summarise(cells, rule, AVERAGED[level], weights)
        mean = summary.mean.reshape(cells.shape[0], *summary.undefined.shape[1:])
        figures.append(Figure(quantity, level, mean, summary.undefined[0]))
    return figures


def exact(
    quantity: Quantity, level: Level, mean: FloatArray, status: Status = "not_estimable"
) -> Figure:
    """Return a figure that no correlation is behind: nothing can be undefined in it but itself."""
    return Figure(quantity, level, mean, np.isnan(mean[0]).astype(np.int64), status)


def weighted_sums(weights: FloatArray, columns: FloatArray) -> FloatArray:
    """Return the sums (D, ...) of columns (N, ...) under weights (D, N)."""
    flat = columns.reshape(columns.shape[0], -1)
    return np.asarray((weights @ flat).reshape(-1, *columns.shape[1:]), dtype=np.float64)


def null_moments(
    studies: Iterable[Iterable[tuple[Statistic, Sample]]], respondents: int
) -> NullDistribution:
    """Return mean and standard deviation of every figure over studies of random answers.

    Args:
        studies: for each study its statistics and what each is computed from.
        respondents: N.
    """
    ones = np.ones((1, respondents))
    found: dict[tuple[Quantity, Level], list[FloatArray]] = {}
    for study in studies:
        for statistic, sample in study:
            for figure in statistic.compute(sample, ones) if statistic.null else ():
                mean = np.clip(figure.mean[0], *BOUNDS.get(figure.quantity, (-1.0, 1.0)))
                found.setdefault((figure.quantity, figure.level), []).append(mean)
    return {name: _moments(np.stack(means), name[1]) for name, means in found.items()}


def _moments(means: FloatArray, level: Level) -> NullMoments:
    """Return the moments of figures (studies, ...); values, effects, their sources and plans stay apart.

    All else is exchangeable.
    """
    units = means.shape[-1] if level.endswith(("value", "component", "source", "planned")) else 1
    flat = means.reshape(-1, units).T
    result = [np.full(units, np.nan), np.full(units, np.nan)]
    for unit, row in enumerate(flat):
        known = row[~np.isnan(row)]
        if known.size > 1:
            result[0][unit], result[1][unit] = known.mean(), known.std(ddof=1)
    return NullMoments(*result)


def estimate_figures(
    statistic: Statistic, sample: Sample, names: Names, settings: Settings, null: NullDistribution
) -> tuple[list[Estimate], dict[Quantity, FloatArray]]:
    """Return the rows of a statistic, and the bootstrap draws (D,) of its pooled figures.

    Args:
        statistic: the function.
        sample: what it is computed from.
        names: of contexts, values and replicates.
        settings: draws, confidence and seed.
        null: from `null_moments`, empty if not known.
    """
    answered = np.asarray(~np.isnan(sample.scores).all(axis=(0, 1, 3)))
    n, ones = int(answered.sum()), np.ones((1, sample.scores.shape[2]))
    estimates = statistic.compute(sample, ones)
    drawn = left = [np.empty((0, *f.mean.shape[1:])) for f in estimates]
    if statistic.draws and settings.draws:
        drawn = _under(statistic, sample, _multiplicities(sample, settings))
        some = leave_one_out(answered if statistic.smooth else np.zeros_like(answered))
        if len(some):
            left = _under(statistic, sample, some.astype(np.float64))
    if statistic.unbiased:
        drawn = [
            d + (f.mean - _mean_draw(d)) if d.size else d
            for f, d in zip(estimates, drawn, strict=True)
        ]
    rows = [
        row
        for figure, draws, without in zip(estimates, drawn, left, strict=True)
        for row in _rows(statistic, figure, draws, without, names, settings, null, n)
    ]
    pooled = {
        f.quantity: np.clip(draws, *BOUNDS.get(f.quantity, (-1.0, 1.0)))
        for f, draws in zip(estimates, drawn, strict=True)
        if f.level == "pooled"
    }
    return rows, pooled


def _multiplicities(sample: Sample, settings: Settings) -> FloatArray:
    drawn = respondent_multiplicities(sample.scores.shape[2], settings.draws, settings.seed)
    return drawn.astype(np.float64)


def _under(statistic: Statistic, sample: Sample, weights: FloatArray) -> list[FloatArray]:
    """Return every figure of a statistic under weights (D, N), so many at once."""
    chunks = [
        [f.mean for f in statistic.compute(sample, weights[at : at + DRAWS_AT_ONCE])]
        for at in range(0, len(weights), DRAWS_AT_ONCE)
    ]
    return [np.concatenate(parts) for parts in zip(*chunks, strict=True)]


def _rows(
    statistic: Statistic, figure: Figure, draws: FloatArray, left: FloatArray, names: Names,
    settings: Settings, null: NullDistribution, n: int,
) -> list[Estimate]:  # fmt: skip
    """Return the rows of one figure."""
    lower, upper = interval_of(figure.quantity, figure.mean[0], draws, left, settings.confidence, n)
    bounds = BOUNDS.get(figure.quantity, (-1.0, 1.0))
    mean, error = np.clip(figure.mean[0], *bounds), standard_error(np.clip(draws, *bounds))
    unknown = NullMoments(np.full(1, np.nan), np.full(1, np.nan))
    moments = null.get((figure.quantity, figure.level), unknown)
    rows = []
    for at in np.ndindex(mean.shape):
        ok = not np.isnan(mean[at])
        unit = at[-1] if at and moments.mean.size > 1 else 0
        low, high, se = (float(x[at]) if ok else np.nan for x in (lower, upper, error))
        value, first, second, replicate = _labels(figure.level, at, names)
        row = Estimate(
            figure.quantity, value, first, second, replicate,
            estimate=float(mean[at]), lower=low, upper=high, se=se,
            n=n, undefined=int(figure.undefined[at]),
            null_mean=float(moments.mean[unit]), null_sd=float(moments.sd[unit]),
            method=_method(statistic, draws[(slice(None), *at)], settings, kind_of(left)),
            status="ok" if ok else figure.status,
        )  # fmt: skip
        rows.append(row)
    return rows


def _mean_draw(draws: FloatArray) -> FloatArray:
    """Return the mean of the draws, NaN left out, 0 without any."""
    known = ~np.isnan(draws)
    return np.asarray(
        np.where(known, draws, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), dtype=np.float64
    )


def _labels(
    level: Level, at: tuple[int, ...], names: Names
) -> tuple[str | None, str | None, str | None, int | None]:
    """Return value, context_a, context_b and replicate of a place."""
    first: str | None
    second: str | None
    if level in names.facets:
        first, second = names.facets[level][at[0]]
        return None, first, second or None, None
    parts = dict(zip(level.split("_"), at, strict=False))
    value = names.values[parts["value"]] if "value" in parts else None
    replicate = names.replicates[parts["replicate"]] if "replicate" in parts else None
    first = second = None
    if "pair" in parts:
        i, j = (side[parts["pair"]] for side in context_pairs(len(names.contexts)))
        first, second = names.contexts[i], names.contexts[j]
    elif "context" in parts:
        first = names.contexts[parts["context"]]
    elif "length" in parts:
        first = names.lengths[parts["length"]]
    elif "domain" in parts:
        first = second = names.domains[parts["domain"]]
    elif "domains" in parts:
        i, j = (side[parts["domains"]] for side in context_pairs(len(names.domains)))
        first, second = names.domains[i], names.domains[j]
    return value, first, second, replicate


def _method(statistic: Statistic, draws: FloatArray, settings: Settings, kind: str) -> str:
    """Say how a row was estimated, and how many of its draws were undefined."""
    how = "no interval"
    if draws.size:
        how = (
            f"cluster bootstrap over respondents, {draws.size} draws, "
            f"{kind} {100 * settings.confidence:g} %"
        )
    lost = int(np.isnan(draws).sum())
    parts = [statistic.method, how, *([f"{lost} draws undefined"] if lost else [])]
    return "; ".join([*parts, f"undefined={settings.undefined}"])
