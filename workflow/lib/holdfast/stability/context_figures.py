"""A model's figures without each topic and group of respondents, and their second intervals (methods 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.estimation.context_intervals import (
    LEVELS,
    Figures,
    deleted_figures,
    with_contexts,
)
from holdfast.stability.estimation.context_layout import Layout
from holdfast.stability.estimation.model_stability import Stability
from holdfast.stability.estimation.weighted_statistics import Names, Sample, Statistic
from holdfast.stability.facets.facet_intervals import (
    compared_over_levels,
    facet_intervals,
    of_levels,
)
from holdfast.stability.facets.facet_names import facet_names
from holdfast.stability.measures.all_measures import of, tasks
from holdfast.stability.measures.fidelity import correlations_with, means_under
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.stability_draws import Settings, among_contexts


def second_intervals(
    result: Stability, sample: Sample, names: Names, told: Layout, settings: Settings,
    groups: Statistic | None = None, profiles: Mapping[Quantity, FloatArray] | None = None,
    statistics: bool = True,
) -> Stability:  # fmt: skip
    """Return a model's result with the intervals about contexts like these; as it is without any draws.

    Args:
        result: rows with the first interval.
        sample: scores of all contexts, and ratings where they are at hand.
        names: of values and replicates.
        told: which contexts are compared with which.
        settings: undefined rule, confidence and decimals.
        groups: from `known_groups`.
        profiles: by quantity the profiles (N, V) that the respondents' own are compared with.
        statistics: whether other statistics than stability and agreement with profiles get them.
    """
    if not settings.draws:
        return result
    figures = dict(of_stability(sample, told, settings))
    figures |= _of_statistics(sample, told, groups) if statistics else {}
    for quantity, latent in (profiles or {}).items():
        figures |= of_profiles(quantity, sample, latent, told)
    found = of_levels(sample, told)
    named = facet_names(told, len(names.replicates))
    lengths = [(f"{n} {told.unit}", "") for n in told.lengths]
    result = replace(result, over_levels=compared_over_levels(found))
    return with_contexts(
        result, figures, told, names.values, names.replicates, settings.confidence,
        {**named, "length": lengths},
        facet_intervals(found, sample, told, settings.confidence) if found else {},
    )  # fmt: skip


def of_stability(sample: Sample, told: Layout, settings: Settings) -> Figures:
    """Return rank-order and ipsative stability as `deleted_figures` does."""

    def compute(layouts: Sequence[Layout], weights: IntArray) -> list[Figures]:
        scores = sample.scores[:, told.main]
        kept = [np.searchsorted(told.main, layout.main) for layout in layouts]
        return [
            {(q, level): f for q, levels in found.items() for level, f in levels.items()}
            for found in among_contexts(scores, settings, weights, kept)
        ]

    return deleted_figures(told, sample.scores.shape[2], compute)


def _of_statistics(sample: Sample, told: Layout, groups: Statistic | None) -> Figures:
    """Return every statistic that has intervals as `deleted_figures` does."""

    def one(layout: Layout, weights: FloatArray) -> Figures:
        plain = replace(layout, facets={})  # they have intervals of their own
        work = tasks(plain, ratings=sample.ratings.size > 0, groups=groups)
        return {
            (f.quantity, f.level): f.mean
            for task in work
            if task.statistic.draws
            for f in task.statistic.compute(of(sample, task), weights)
            if f.level in LEVELS
        }

    def compute(layouts: Sequence[Layout], weights: IntArray) -> list[Figures]:
        return [one(layout, weights.astype(np.float64)) for layout in layouts]

    return deleted_figures(told, sample.scores.shape[2], compute)


def of_profiles(quantity: Quantity, sample: Sample, latent: FloatArray, told: Layout) -> Figures:
    """Return the agreement with profiles (N, V), pooled and of each replicate, as `deleted_figures` does."""
    within = correlations_with(sample.scores, latent)

    def one(layout: Layout, weights: IntArray) -> Figures:
        own = within[:, layout.main]
        each = [means_under(r[None], sample.undefined, weights)[0] for r in own]
        return {
            (quantity, "pooled"): means_under(own, sample.undefined, weights)[0],
            (quantity, "replicate"): np.stack(each, axis=1),
        }

    def compute(layouts: Sequence[Layout], weights: IntArray) -> list[Figures]:
        return [one(layout, weights) for layout in layouts]

    return deleted_figures(told, sample.scores.shape[2], compute)
