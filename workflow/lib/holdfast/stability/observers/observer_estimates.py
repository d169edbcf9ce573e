"""Tables of scores to the rows about observers of one model in one population (methods 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from holdfast.seeds import derive
from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.estimation.context_intervals import (
    LEVELS,
    Figures,
    deleted_figures,
    with_contexts,
)
from holdfast.stability.estimation.context_layout import Layout
from holdfast.stability.estimation.model_stability import Estimate, Stability
from holdfast.stability.estimation.weighted_statistics import (
    Figure,
    Names,
    Sample,
    Statistic,
    estimate_figures,
    null_moments,
)
from holdfast.stability.measures.all_measures import NULL_SHARE
from holdfast.stability.observers.observed_stability import by_length, stability
from holdfast.stability.observers.observer_agreement import observer_agreement
from holdfast.stability.observers.observer_biases import length_bias
from holdfast.stability.observers.self_observer import agreement, ceilings
from holdfast.stability.observers.views import Views
from holdfast.stability.resampling.null_distribution import NullDistribution
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.stability_draws import Settings

WITHOUT_NULL = ("_less_", "_ceiling", "_disattenuated")
"""Parts of the names of quantities that chance has no distribution of: their intervals say what there is."""

VALIDITY: Mapping[Quantity, Quantity] = {
    "observer_truth": "observer_validity",
    "observer_truth_profile": "observer_validity_profile",
}
"""What is the validity of an observer, where the conversations are planted."""


@dataclass(frozen=True)
class Observation:
    """What is estimated from some views of the same conversations.

    Attributes:
        views: in the contexts of `told`.
        told: which contexts are the main ones, and of which length others are.
        names: of contexts, values and replicates.
        settings: undefined rule, draws, confidence and seed.
        simulations: of the null, of which one in NULL_SHARE is made.
    """

    views: Views
    told: Layout
    names: Names
    settings: Settings
    simulations: int


@dataclass(frozen=True)
class Measure:
    """A function of views and weights (D, N), and what to say of it.

    Attributes:
        compute: the function; with lengths, their places come third.
        method: how, for the table of estimates.
        lengths: whether it is of the contexts of all lengths.
        mixed_up: whether the null exchanges respondents anew in each session, as for the likeness of
            sessions, or the same ones in all, as for the likeness of sides.
    """

    compute: Callable[..., list[Figure]]
    method: str
    lengths: bool = False
    mixed_up: bool = False

    def figures(self, views: Views, told: Layout, weights: FloatArray) -> list[Figure]:
        """Return the figures in the contexts that a layout chooses."""
        if not self.lengths:
            return self.compute(views.at(told.main), weights)
        return self.compute(views, weights, told.lengths)


OTHERS = "null: observers of other respondents"
OF_ONE = (
    Measure(agreement, f"spearman within a context and replicate; {OTHERS}"),
    Measure(
        ceilings, "spearman between replicates of a context; null: respondents exchanged in each",
        mixed_up=True,
    ),
    Measure(
        stability, "spearman between contexts, sessions that both sides have; null: respondents "
        "exchanged in each", mixed_up=True,
    ),
)  # fmt: skip
OF_LENGTHS = Measure(
    by_length, f"spearman within a context and replicate of a length; slope per message; {OTHERS}",
    lengths=True,
)  # fmt: skip
OF_ALL = Measure(observer_agreement, f"observers as raters of respondents' scores; {OTHERS}")
OF_TEXTS = Measure(
    length_bias,
    "spearman of characters read with the mean rating; null: texts of other respondents",
)


def estimates(measure: Measure, about: Observation) -> list[Estimate]:
    """Return the rows of a measure, with both intervals and the null."""
    names = replace(
        about.names, contexts=[about.names.contexts[c] for c in _places(measure, about.told)],
        lengths=[f"{n} {about.told.unit}" for n in about.told.lengths],
    )  # fmt: skip
    if about.views.sides.size == 0 or not names.contexts:
        return []
    rows, _ = estimate_figures(
        _statistic(measure, about.views, about.told), _sample(about.views, about.told), names,
        about.settings, _null(measure, about),
    )  # fmt: skip
    if not about.settings.draws:
        return rows
    result = Stability(tuple(rows), {}, about.views.sides.shape[3], about.settings.seed)
    lengths = [(length, "") for length in names.lengths]
    return list(
        with_contexts(
            result, _deleted(measure, about), about.told, names.values, names.replicates,
            about.settings.confidence, {"length": lengths} if measure.lengths else {},
        ).estimates
    )  # fmt: skip


def _places(measure: Measure, told: Layout) -> IntArray:
    """Return the places of the contexts that a measure is of."""
    every = list(told.lengths.values()) if measure.lengths else [told.main]
    return np.sort(np.concatenate(every)) if every else np.empty(0, dtype=np.int64)


def _statistic(measure: Measure, views: Views, told: Layout) -> Statistic:
    return Statistic(lambda _, w: measure.figures(views, told, w), measure.method)


def _sample(views: Views, told: Layout) -> Sample:
    """Return what tells who was described: those whom two sides know, or the one that there is."""
    known = (~np.isnan(views.sides)).sum(axis=0) >= min(2, len(views.sides))
    return Sample(np.where(known, 0.0, np.nan), views.undefined)


def _null(measure: Measure, about: Observation) -> NullDistribution:
    """Return mean and standard deviation of the figures if observers had read somebody else."""

    def studies() -> Iterator[list[tuple[Statistic, Sample]]]:
        random = np.random.default_rng(derive(about.settings.seed, "other respondents"))
        for _ in range(max(2, about.simulations // NULL_SHARE)):
            views = about.views
            other = views.mixed_up(random) if measure.mixed_up else views.of_others(random)
            yield [(_statistic(measure, other, about.told), _sample(other, about.told))]

    found = null_moments(studies(), about.views.sides.shape[3])
    return {
        name: moments
        for name, moments in found.items()
        if not any(part in name[0] for part in WITHOUT_NULL)
    }


def _deleted(measure: Measure, about: Observation) -> Figures:
    """Return the figures without each topic and each group of respondents."""

    def one(weights: FloatArray, told: Layout) -> Figures:
        figures = measure.figures(about.views, told, weights)
        return {(f.quantity, f.level): f.mean for f in figures if f.level in LEVELS}

    def compute(layouts: Sequence[Layout], weights: IntArray) -> list[Figures]:
        return [*map(partial(one, weights.astype(np.float64)), layouts)]

    return deleted_figures(about.told, about.views.sides.shape[3], compute)


def validity(rows: Sequence[Estimate], least: float) -> list[Estimate]:
    """Return an observer's validity, from its agreement with the truth in planted conversations.

    The status is `below_least_validity` where the interval's lower end by value is below the least: then the
    study has not shown that the observer sees what is there. The interval is that about contexts like these
    where there is one.

    Args:
        rows: of the quantities in VALIDITY, of speakers who are known to show their values.
        least: correlation over respondents.
    """
    found = []
    for row in rows:
        if row.quantity not in VALIDITY or row.context_a is not None or row.replicate is not None:
            continue
        lower = row.contexts_lower if not np.isnan(row.contexts_lower) else row.lower
        low = row.quantity == "observer_truth" and row.status == "ok" and not lower >= least
        found.append(
            replace(
                row, quantity=VALIDITY[row.quantity],
                status="below_least_validity" if low and row.value is None else row.status,
                method=f"{row.method}; planted conversations, least validity {least:g}",
            )
        )  # fmt: skip
    return found
