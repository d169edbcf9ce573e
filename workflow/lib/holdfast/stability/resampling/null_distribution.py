"""Null distribution of stability: what uniformly random answers give in a design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.stability.correlation.spearman import TIE_DECIMALS, FloatArray
from holdfast.stability.correlation.undefined_correlations import (
    AVERAGED,
    UNIT,
    Level,
    UndefinedRule,
    summarise,
)
from holdfast.stability.resampling.quantities import LEVELS, Quantity
from holdfast.stability.resampling.stability_draws import correlate


@dataclass(frozen=True)
class Columns:
    """Which items' ratings stand in the columns of an array of a key's items.

    Attributes:
        items: indices of the items, one for each column.
        reversed: which columns are reversed.
    """

    items: Sequence[int]
    reversed: Sequence[bool]

    def of(self, ratings: FloatArray, ends: float) -> FloatArray:
        """Return the columns (…, columns) of ratings (…, items); ends: lowest and highest rating together."""
        own = ratings[..., list(self.items)]
        return np.asarray(np.where(np.asarray(self.reversed), ends - own, own), dtype=np.float64)


@dataclass(frozen=True)
class NullMoments:
    """Mean and standard deviation of one figure under random answers.

    Attributes:
        mean: (V,) at the levels that keep values apart, else (1,).
        sd: as ``mean``.
    """

    mean: FloatArray
    sd: FloatArray


NullDistribution = Mapping[tuple[Quantity, Level], NullMoments]


def simulate_null(
    key: Mapping[str, Sequence[int]],
    *,
    replicates: int,
    contexts: int,
    respondents: int,
    options: int | Sequence[float],
    items: int | None = None,
    centred: bool = True,
    simulations: int = 200,
    seed: int = 0,
    undefined: UndefinedRule = "zero",
    decimals: int | None = TIE_DECIMALS,
    columns: Columns | None = None,
) -> NullDistribution:
    """Simulate studies of random answers. methods.md 6.4.

    Args:
        key: items of each value, 1-based, in the order of the values.
        replicates: R of the design, as contexts C and respondents N.
        contexts: C.
        respondents: N.
        options: the scale's ratings, or their count for 1, 2, …; answers are uniform over them.
        items: count of items that centre the scores; by default the largest in the key.
        centred: whether scores are less the respondent's mean rating.
        simulations: count of simulated studies.
        seed: of the simulation.
        undefined: rule for undefined correlations.
        decimals: decimals that decide about ties.
        columns: as of `random_ratings`.

    Returns:
        Moments for each quantity and level. Pairs, and replicates, are exchangeable under the
        null, so they are taken together.
    """
    generator = np.random.default_rng(seed)
    weights = scoring_weights(key, items, centred)
    shape = (replicates, contexts, respondents, weights.shape[0])
    studies = []
    for _ in range(simulations):
        ratings = random_ratings(generator, options, shape, columns)
        studies.append(_figures(correlate(ratings @ weights, decimals), undefined))
    return {name: _moments(np.stack([study[name] for study in studies])) for name in studies[0]}


def _figures(
    correlations: Mapping[Quantity, FloatArray], undefined: UndefinedRule
) -> dict[tuple[Quantity, Level], FloatArray]:
    """Return the figures of every level, averaged axes kept with length 1."""
    return {
        (quantity, level): np.expand_dims(
            summarise(correlations[quantity], undefined, AVERAGED[level]).mean, AVERAGED[level]
        )
        for quantity, levels in LEVELS.items()
        for level in levels
    }


def random_ratings(
    generator: np.random.Generator, options: int | Sequence[float], shape: tuple[int, ...],
    columns: Columns | None = None,
) -> FloatArray:  # fmt: skip
    """Return ratings drawn uniformly from a scale, moved so that the lowest is 1.

    Args:
        generator: of the draws.
        options: the scale's ratings, or their count for 1, 2, ….
        shape: of the result.
        columns: which items are drawn and stand where; None: each column is an item of its own.
    """
    scale = np.sort(np.asarray(range(options) if isinstance(options, int) else options, float))
    scale = scale - scale[0] + 1
    if columns is not None:
        shape = (*shape[:-1], max(columns.items) + 1)
    drawn = generator.integers(1, scale.size, size=shape, endpoint=True)
    ratings = np.asarray(scale[drawn - 1], dtype=np.float64)
    return ratings if columns is None else columns.of(ratings, scale[0] + scale[-1])


def scoring_weights(
    key: Mapping[str, Sequence[int]], items: int | None = None, centred: bool = True
) -> FloatArray:
    """Return the matrix (items, V) that turns ratings into value scores, centred or not. methods.md 4."""
    count = items if items is not None else max(max(numbers) for numbers in key.values())
    weights = np.full((count, len(key)), -1 / count if centred else 0.0)
    for column, numbers in enumerate(key.values()):
        weights[np.asarray(numbers) - 1, column] += 1 / len(numbers)
    return weights


def _moments(figures: FloatArray) -> NullMoments:
    """Return the moments of figures (simulations, R or 1, P or 1, V or 1), units kept apart."""
    units = figures.shape[UNIT]
    flat = np.moveaxis(figures, UNIT, 0).reshape(units, -1)
    return NullMoments(mean=flat.mean(axis=1), sd=flat.std(axis=1, ddof=1))
