"""All statistics beside rank-order, ipsative and fidelity, and what random answers give for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from holdfast.stability.ceiling import CEILING
from holdfast.stability.components import COMPONENTS, PROJECTION
from holdfast.stability.correlate import FloatArray
from holdfast.stability.distinctive import DISTINCTIVE
from holdfast.stability.figures import (
    Names,
    Sample,
    Statistic,
    estimate_figures,
    null_moments,
)
from holdfast.stability.magnitude import AGREEMENT, CHANGE, MAGNITUDE
from holdfast.stability.model import Estimate
from holdfast.stability.null import NullDistribution, scoring_weights
from holdfast.stability.reliability import CONSISTENCY
from holdfast.stability.resample import Quantity, Settings
from holdfast.stability.undefined import UndefinedRule

OF_SCORES: tuple[Statistic, ...] = (
    MAGNITUDE, CHANGE, AGREEMENT, DISTINCTIVE, CEILING, COMPONENTS, PROJECTION,
)  # fmt: skip
OF_RATINGS: tuple[Statistic, ...] = (CONSISTENCY,)

NULL_SHARE = 4
"""One in so many of the simulations of the null is used here: these statistics take longer."""


def measures(
    sample: Sample, names: Names, settings: Settings, null: NullDistribution
) -> tuple[list[Estimate], dict[Quantity, FloatArray]]:
    """Return the rows of all statistics that the sample has the data for, and the pooled draws (D,).

    Args:
        sample: scores, and ratings where they are at hand.
        names: of contexts, values and replicates.
        settings: draws, confidence, seed and interval.
        null: from `measures_null`.
    """
    rows: list[Estimate] = []
    draws: dict[Quantity, FloatArray] = {}
    for statistic in OF_SCORES + (OF_RATINGS if sample.ratings.size else ()):
        more, drawn = estimate_figures(statistic, sample, names, settings, null)
        rows += more
        draws |= {quantity: d for quantity, d in drawn.items() if d.size}
    return rows, draws


def measures_null(
    key: Mapping[str, Sequence[int]], shape: tuple[int, int, int], *, items: int, options: int,
    simulations: int, seed: int, undefined: UndefinedRule,
) -> NullDistribution:  # fmt: skip
    """Return mean and standard deviation of all statistics under random answers. methods.md 6.4.

    Args:
        key: items of each value, from 1.
        shape: replicates, contexts and respondents of the design.
        items: of the questionnaire.
        options: of the response scale.
        simulations: as for `simulate_null`, of which one in NULL_SHARE is made.
        seed: of the simulation.
        undefined: what undefined correlations count as.
    """

    def studies() -> Iterator[Sample]:
        generator = np.random.default_rng([seed, NULL_SHARE])
        weights = scoring_weights(key, items)
        for _ in range(max(2, simulations // NULL_SHARE)):
            drawn = generator.integers(1, options, (*shape, items), endpoint=True)
            ratings = drawn.astype(np.float64)
            scores = np.asarray(ratings @ weights, dtype=np.float64)
            yield Sample(scores, undefined, ratings, indices(key))

    return null_moments(OF_SCORES + OF_RATINGS, studies(), shape[2])


def indices(key: Mapping[str, Sequence[int]]) -> list[list[int]]:
    """Return the items of each value, from 0."""
    return [[item - 1 for item in items] for items in key.values()]
