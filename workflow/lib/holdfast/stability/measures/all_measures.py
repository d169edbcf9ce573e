"""All statistics beside rank-order, ipsative and fidelity, and what random answers give for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.correlation.undefined_correlations import UndefinedRule
from holdfast.stability.estimation.context_layout import Layout, levels_of_facet, plain
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.estimation.weighted_statistics import (
    Names,
    Sample,
    Statistic,
    estimate_figures,
    null_moments,
)
from holdfast.stability.facets.facet_components import facet_components
from holdfast.stability.facets.facet_levels import by_level
from holdfast.stability.facets.facet_names import facet_names
from holdfast.stability.measures.conversation_length import by_length
from holdfast.stability.measures.internal_consistency import CONSISTENCY, OMEGA
from holdfast.stability.measures.magnitude import AGREEMENT, CHANGE, MAGNITUDE
from holdfast.stability.measures.neutral_context import NEUTRAL_ORDER
from holdfast.stability.measures.noise_ceiling import CEILING
from holdfast.stability.measures.topic_domains import by_domain
from holdfast.stability.measures.unbiased_rank_order import UNBIASED
from holdfast.stability.profiles.distinctive import DISTINCTIVE
from holdfast.stability.profiles.profile_parts import PARTS
from holdfast.stability.profiles.response_sets import SETS
from holdfast.stability.resampling.null_distribution import (
    Columns,
    NullDistribution,
    random_ratings,
    scoring_weights,
)
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.stability.variance.variance_components import COMPONENTS, PROJECTION

OF_SCORES: tuple[Statistic, ...] = (
    MAGNITUDE, CHANGE, AGREEMENT, UNBIASED, DISTINCTIVE, CEILING, COMPONENTS, PROJECTION,
)  # fmt: skip
OF_RATINGS: tuple[Statistic, ...] = (PARTS, SETS, CONSISTENCY, OMEGA)

NULL_SHARE = 4
"""One in so many of the simulations of the null is used here: these statistics take longer."""


@dataclass(frozen=True)
class Task:
    """A statistic and the contexts that it is computed from.

    Attributes:
        statistic: the function.
        contexts: their places.
    """

    statistic: Statistic
    contexts: IntArray


def tasks(layout: Layout, *, ratings: bool, groups: Statistic | None = None) -> list[Task]:
    """Return what there is to compute in a study.

    Args:
        layout: which contexts are compared with which.
        ratings: whether there are item ratings.
        groups: from `known_groups`.
    """
    main = OF_SCORES + (OF_RATINGS if ratings else ()) + ((groups,) if groups else ())
    found = [Task(statistic, layout.main) for statistic in main]
    if layout.neutral is not None:
        found.append(Task(NEUTRAL_ORDER, np.append(layout.neutral, layout.main)))
    if layout.lengths:
        every = np.concatenate(list(layout.lengths.values()))
        places = {m: np.searchsorted(np.sort(every), at) for m, at in layout.lengths.items()}
        found.append(Task(by_length(places, layout.unit), np.sort(every)))
    if layout.domains:
        every = np.sort(np.concatenate(list(layout.domains.values())))
        of_domains = {d: np.searchsorted(every, at) for d, at in layout.domains.items()}
        found.append(Task(by_domain(of_domains), every))
    return [*found, *_of_facets(layout)]


def _of_facets(layout: Layout) -> list[Task]:
    """Return what there is to compute where the same questions are put in several ways."""
    if not layout.facets:
        return []
    every = np.unique(layout.grid[layout.grid >= 0])
    grid = np.where(layout.grid >= 0, np.searchsorted(every, layout.grid), -1)
    own = replace(layout, grid=grid)
    levels = by_level([levels_of_facet(own, facet) for facet in layout.facets])
    components = facet_components(grid, list(layout.facets))
    return [Task(statistic, every) for statistic in (levels, components)]


def measures(
    sample: Sample, names: Names, settings: Settings, null: NullDistribution,
    layout: Layout | None = None, groups: Statistic | None = None,
) -> tuple[list[Estimate], dict[Quantity, FloatArray]]:  # fmt: skip
    """Return the rows of all statistics that the sample has the data for, and the pooled draws (D,).

    Args:
        sample: scores, and ratings where they are at hand.
        names: of contexts, values and replicates.
        settings: draws, confidence, seed and interval.
        null: from `measures_null`.
        layout: which contexts are compared with which; by default all with all.
        groups: from `known_groups`.
    """
    told = layout or plain(sample.scores.shape[1])
    rows: list[Estimate] = []
    draws: dict[Quantity, FloatArray] = {}
    for task in tasks(told, ratings=sample.ratings.size > 0, groups=groups):
        own = replace(
            names, contexts=[names.contexts[c] for c in task.contexts],
            lengths=[f"{n} {told.unit}" for n in told.lengths], domains=list(told.domains),
            facets=facet_names(told, len(names.replicates)),
        )  # fmt: skip
        more, drawn = estimate_figures(task.statistic, of(sample, task), own, settings, null)
        rows += more
        draws |= {quantity: d for quantity, d in drawn.items() if d.size}
    return rows, draws


def of(sample: Sample, task: Task) -> Sample:
    """Return the sample with the contexts of a task."""
    ratings = sample.ratings[:, task.contexts] if sample.ratings.size else sample.ratings
    return replace(sample, scores=sample.scores[:, task.contexts], ratings=ratings)


def measures_null(
    key: Mapping[str, Sequence[int]], shape: tuple[int, int, int], *, items: int,
    options: int | Sequence[float], simulations: int, seed: int, undefined: UndefinedRule,
    layout: Layout | None = None, groups: Statistic | None = None, centred: bool = True,
    columns: Columns | None = None,
) -> NullDistribution:  # fmt: skip
    """Return mean and standard deviation of all statistics under random answers. methods.md 6.4.

    Args:
        key: items of each value, from 1.
        shape: replicates, contexts and respondents of the design.
        items: of the questionnaire.
        options: the scale's ratings, or their count for 1, 2, ….
        simulations: as for `simulate_null`, of which one in NULL_SHARE is made.
        seed: of the simulation.
        undefined: what undefined correlations count as.
        layout: as for `measures`.
        groups: as for `measures`.
        centred: as for `simulate_null`.
        columns: as for `simulate_null`.
    """
    work = tasks(layout or plain(shape[1]), ratings=True, groups=groups)

    def studies() -> Iterator[list[tuple[Statistic, Sample]]]:
        generator = np.random.default_rng([seed, NULL_SHARE])
        weights = scoring_weights(key, items, centred)
        for _ in range(max(2, simulations // NULL_SHARE)):
            ratings = random_ratings(generator, options, (*shape, items), columns)
            scores = np.asarray(ratings @ weights, dtype=np.float64)
            sample = Sample(scores, undefined, ratings, indices(key))
            yield [(task.statistic, of(sample, task)) for task in work]

    return null_moments(studies(), shape[2])


def indices(key: Mapping[str, Sequence[int]]) -> list[list[int]]:
    """Return the items of each value, from 0."""
    return [[item - 1 for item in items] for items in key.values()]
