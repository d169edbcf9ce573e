"""Convergence of methods as rows of estimates, with both intervals and the null (methods 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from holdfast.stability.convergence.multitrait_multimethod import (
    campbell_fiske,
    convergent,
    convergent_across_contexts,
    convergent_disattenuated,
    heterotrait_monomethod,
    monotrait_monomethod,
)
from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.estimation.context_layout import Layout, plain, without_each_topic
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.estimation.weighted_statistics import (
    Names,
    Sample,
    Statistic,
    estimate_figures,
    null_moments,
)
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.stability.resampling.two_way_jackknife import (
    MINIMUM_CONTEXTS,
    over_contexts,
    without_groups,
)


@dataclass(frozen=True)
class Measured:
    """The same values of the same respondents by several methods.

    Attributes:
        scores: of the main contexts (M, R, C, N, V), NaN = missing. The axis of methods is general: whatever
            gives every respondent a score on every value in every context can stand there.
        methods: their names.
        contexts: names.
        values: names.
        replicates: numbers.
        theory: whose values they are; it stands in the rows that are of no particular methods.
        told: which contexts are on one topic; by default each has its own.
        note: what else to say of how the rows were made.
    """

    scores: FloatArray
    methods: Sequence[str]
    contexts: Sequence[str]
    values: Sequence[str]
    replicates: Sequence[int]
    theory: str
    told: Layout | None = None
    note: str = ""

    @property
    def sample(self) -> FloatArray:
        """Return the scores (R, C, N, M V) of the respondents whom at least two methods have measured."""
        answered = ~np.isnan(self.scores).all(axis=(1, 2, 4))
        own = np.where((answered.sum(axis=0) > 1)[:, None], self.scores, np.nan)
        moved = own.transpose(1, 2, 3, 0, 4)
        return np.ascontiguousarray(moved.reshape(*moved.shape[:3], -1))


def convergence(measured: Measured, settings: Settings, simulations: int) -> list[Estimate]:
    """Return the rows of all quantities of convergence, pooled, by value, and by method or two methods.

    Args:
        measured: the scores.
        settings: undefined rule, draws, confidence and seed.
        simulations: of exchanged respondents, for the null.
    """
    count, sample = len(measured.methods), Sample(measured.sample, settings.undefined)
    between = [convergent(count), convergent_disattenuated(count), campbell_fiske(count)]
    between += [convergent_across_contexts(count)] if len(measured.contexts) > 1 else []
    again = [monotrait_monomethod(count)] if len(measured.contexts) > 1 else []
    studies = _exchanged(measured, between, again, settings, simulations)
    null = null_moments(studies, sample.scores.shape[2])
    names = Names(measured.methods, measured.values, measured.replicates)
    rows: list[Estimate] = []
    for statistic in [*between, *again, heterotrait_monomethod(count)]:
        found, _ = estimate_figures(statistic, sample, names, settings, null)
        columns = _second_intervals(statistic, sample, measured, settings)
        rows += [
            _named(replace(row, **_columns(row, more)), measured)
            for row, more in zip(found, columns, strict=True)
        ]
    return rows


def _exchanged(
    measured: Measured, between: Sequence[Statistic], again: Sequence[Statistic], settings: Settings,
    simulations: int,
) -> Iterator[list[tuple[Statistic, Sample]]]:  # fmt: skip
    """Yield studies in which each method has the respondents in another order, or each context has.

    A respondent's scores by one method stay together. So what is stable in respondents makes chance
    correlations between methods as large as it does in the study, however many contexts there are.
    """
    random = np.random.default_rng([settings.seed, len(measured.methods)])
    for _ in range(simulations):
        of_methods = _sample(measured, _shuffled(measured.scores, 0, random), settings)
        of_contexts = _sample(measured, _shuffled(measured.scores, 2, random), settings)
        yield [(s, of_methods) for s in between] + [(s, of_contexts) for s in again]


def _shuffled(scores: FloatArray, axis: int, random: np.random.Generator) -> FloatArray:
    """Return scores (M, R, C, N, V) with the respondents in an order of its own at each place of an axis."""
    parts = np.moveaxis(scores, axis, 0)
    moved = [part[:, :, random.permutation(scores.shape[3])] for part in parts]
    return np.moveaxis(np.stack(moved), 0, axis)


def _sample(measured: Measured, scores: FloatArray, settings: Settings) -> Sample:
    return Sample(replace(measured, scores=scores).sample, settings.undefined)


def _second_intervals(
    statistic: Statistic, sample: Sample, measured: Measured, settings: Settings
) -> list[dict[str, Any]]:
    """Return the columns of the interval about contexts like these, for each row of a statistic in its order.

    Shares of comparisons have none: they jump where a comparison turns, which leaving out few contexts and
    groups of respondents does not show.
    """
    told = measured.told or plain(len(measured.contexts))
    layouts = [told, *without_each_topic(told).values()]
    ones, groups = np.ones((1, sample.scores.shape[2])), without_groups(sample.scores.shape[2])
    whole = statistic.compute(sample, ones)
    rows = [(k, at) for k, figure in enumerate(whole) for at in np.ndindex(figure.mean.shape[1:])]
    if not settings.draws or not statistic.smooth:
        status = "these_contexts" if settings.draws else "no_interval"
        return [{"contexts_status": status} for _ in rows]
    if len(layouts) <= MINIMUM_CONTEXTS:
        return [{"contexts_status": "few_contexts"} for _ in rows]
    parts = [
        statistic.compute(
            _in_contexts(sample, np.searchsorted(told.main, own.main)), groups.astype(float)
        )
        for own in layouts
    ]
    made = [
        over_contexts(
            figure.quantity, np.stack([part[k].mean for part in parts]), settings.confidence
        )
        for k, figure in enumerate(whole)
    ]
    return [made[k].at(at) for k, at in rows]


def _in_contexts(sample: Sample, places: IntArray) -> Sample:
    return replace(sample, scores=sample.scores[:, places])


def _columns(row: Estimate, more: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a row's second interval; nothing where it does not have the first either."""
    return {} if np.isnan(row.lower) else more


def _named(row: Estimate, measured: Measured) -> Estimate:
    """Return a row with the respondents of its own methods, and the theory's name where it is of no method."""
    answered = ~np.isnan(measured.scores).all(axis=(1, 2, 4))
    answered &= answered.sum(axis=0) > 1
    named = [measured.methods.index(m) for m in (row.context_a, row.context_b) if m is not None]
    n = int(answered[named].all(axis=0).sum()) if named else row.n
    method = "; ".join([row.method, *([measured.note] if measured.note else [])])
    return replace(row, n=n, context_a=row.context_a or measured.theory, method=method)
