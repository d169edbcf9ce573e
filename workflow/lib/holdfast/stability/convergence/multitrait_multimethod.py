"""The multitrait-multimethod matrix in figures (methods 5; Campbell & Fiske 1959).

Traits are values. In the names of levels, which are those of contexts elsewhere, "context" is one method and
"pair" is two methods.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from holdfast.stability.convergence.trait_correlations import (
    other_context,
    other_replicate,
    other_values,
    same_context,
)
from holdfast.stability.correlation.spearman import FloatArray, context_pairs
from holdfast.stability.correlation.undefined_correlations import (
    PAIR,
    REPLICATE,
    UNIT,
    Level,
    UndefinedRule,
    summarise,
)
from holdfast.stability.estimation.weighted_statistics import (
    Figure,
    Sample,
    Statistic,
    averaged,
    exact,
)
from holdfast.stability.measures.noise_ceiling import disattenuate, joint_ceiling
from holdfast.stability.resampling.quantities import Quantity

OF_PAIRS: tuple[Level, ...] = ("pooled", "value", "pair", "pair_value")
OF_METHODS: tuple[Level, ...] = ("pooled", "value", "context", "context_value")


def convergent(methods: int) -> Statistic:
    """Return the statistic of two methods in the same context: the same value, other values, the difference."""

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        blocks = _blocks(same_context(_split(sample, methods), weights))
        rule = sample.undefined
        same = averaged("convergent", _cells(_validity(blocks)), OF_PAIRS, rule)
        other = _heterotrait("heterotrait_heteromethod", blocks, _around(blocks), "pair", rule)
        by_level = {figure.level: figure for figure in other}
        return [*same, *other, *(_less(figure, by_level[figure.level]) for figure in same)]

    return Statistic(compute, "spearman between methods in the same context and replicate")


def heterotrait_monomethod(methods: int) -> Statistic:
    """Return the statistic of different values in the same method and context."""

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        every = same_context(_split(sample, methods), weights)
        blocks = every[:, :, :, np.arange(methods), np.arange(methods)]
        around = _rows(blocks)
        quantity: Quantity = "heterotrait_monomethod"
        return _heterotrait(quantity, blocks, around, "context", sample.undefined)

    how = "spearman between values in the same method, context and replicate"
    return Statistic(compute, how, null=False)


def convergent_across_contexts(methods: int) -> Statistic:
    """Return the statistic of the same value in another method and another context."""

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        every = other_context(_split(sample, methods), weights)
        here, there = np.nonzero(~np.eye(every.shape[2], dtype=np.bool_))
        first, second = context_pairs(methods)
        cells = _cells(every[:, :, here, there][..., first, second, :])
        return averaged("convergent_across_contexts", cells, OF_PAIRS, sample.undefined)

    return Statistic(compute, "spearman between methods in two contexts of a replicate")


def monotrait_monomethod(methods: int) -> Statistic:
    """Return the statistic of the same value in the same method and another context."""

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        every = other_context(_split(sample, methods), weights)
        here, there = context_pairs(every.shape[2])
        own = np.arange(methods)
        cells = _cells(every[:, :, here, there][..., own, own, :])
        return averaged("monotrait_monomethod", cells, OF_METHODS, sample.undefined)

    return Statistic(compute, "spearman between two contexts of a replicate in the same method")


def convergent_disattenuated(methods: int) -> Statistic:
    """Return the statistic of the same value in another method without the noise of both.

    Everything is between replicates, so that errors are independent, as in the noise ceiling. Correlations
    are averaged first and divided afterwards.
    """

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        if sample.scores.shape[0] < 2:
            return _without_replicates(methods, sample.scores.shape[3] // methods, len(weights))
        every = other_replicate(_split(sample, methods), weights)
        r, s = np.nonzero(~np.eye(every.shape[2], dtype=np.bool_))
        i, j = context_pairs(every.shape[2])
        (first, second), own = context_pairs(methods), np.arange(methods)
        cross = _cells(every[:, :, r, s][..., first, second, :])
        again = _cells(every[:, :, i, j][..., own, own, :])
        return _without_noise(cross, again, sample.undefined)

    return Statistic(compute, "spearman between methods and replicates, without noise")


def campbell_fiske(methods: int) -> Statistic:
    """Return the statistic of how often the same value in another method exceeds what stands beside it.

    The comparisons are those of Campbell and Fiske (1959) in the matrix averaged over contexts and replicates:
    with other values in the two methods (heteromethod), and with other values in each of the methods
    (monomethod). A comparison with an undefined correlation is left out and counted.
    """

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        every = same_context(_split(sample, methods), weights)
        first, second = context_pairs(methods)
        mean = _over_occasions(every, sample.undefined)
        blocks, within = mean[:, first, second], mean[:, np.arange(methods), np.arange(methods)]
        own = _validity(blocks)[..., None]
        beside = np.concatenate([_rows(within[:, side]) for side in (first, second)], axis=-1)
        return [
            *_shares("campbell_fiske_heteromethod", own, _around(blocks)),
            *_shares("campbell_fiske_monomethod", own, beside),
        ]

    how = "share of comparisons in the matrix averaged over contexts and replicates"
    return Statistic(compute, how, smooth=False)


def _split(sample: Sample, methods: int) -> FloatArray:
    """Return the scores with an axis for the methods (R, C, N, M, V)."""
    *outer, columns = sample.scores.shape
    return sample.scores.reshape(*outer, methods, columns // methods)


def _blocks(every: FloatArray) -> FloatArray:
    """Return the blocks (D, R, C, P, V, V) of each two methods: rows are values of the first."""
    first, second = context_pairs(every.shape[3])
    return every[:, :, :, first, second]


def _validity(blocks: FloatArray) -> FloatArray:
    """Return the correlations of each value with itself (..., P, V)."""
    return np.asarray(np.diagonal(blocks, axis1=-2, axis2=-1))


def _rows(blocks: FloatArray) -> FloatArray:
    """Return the correlations in the row of each value, but its own (..., V, V - 1)."""
    values = blocks.shape[-1]
    return np.asarray(blocks[..., np.arange(values)[:, None], other_values(values)])


def _around(blocks: FloatArray) -> FloatArray:
    """Return the correlations in the row and the column of each value (..., V, 2 V - 2)."""
    return np.concatenate([_rows(blocks), _rows(np.swapaxes(blocks, -1, -2))], axis=-1)


def _cells(figures: FloatArray) -> FloatArray:
    """Return figures (D, X, Y, P or M, V) as `averaged` takes them, occasions on one axis."""
    return figures.reshape(len(figures), -1, *figures.shape[-2:])


def _heterotrait(
    quantity: Quantity, blocks: FloatArray, around: FloatArray, one: Level, rule: UndefinedRule
) -> list[Figure]:
    """Return the means of different values: of a value, those in its row and column; of all, each once.

    Args:
        quantity: what they are.
        blocks: (D, R, C, P or M, V, V).
        around: the same by value (D, R, C, P or M, V, W).
        one: "pair" or "context", as the blocks are.
        rule: what undefined correlations count as.
    """
    values = blocks.shape[-1]
    every = np.triu(np.ones((values, values)), 1) if one == "context" else 1 - np.eye(values)
    once = _cells(blocks[..., every > 0])
    by_value = _cells(np.moveaxis(around, -1, 3).reshape(*around.shape[:2], -1, *around.shape[3:5]))
    levels: tuple[Level, ...] = ("value", f"{one}_value")  # type: ignore[assignment]
    return averaged(quantity, once, ("pooled", one), rule) + averaged(
        quantity, by_value, levels, rule
    )


def _less(same: Figure, other: Figure) -> Figure:
    """Return the correlation of the same value less the mean of those of different values."""
    undefined = same.undefined + other.undefined
    return Figure("convergent_less_heterotrait", same.level, same.mean - other.mean, undefined)


def _without_noise(cross: FloatArray, again: FloatArray, rule: UndefinedRule) -> list[Figure]:
    """Return the quotients of correlations between methods (D, X, P, V) by those of a method with itself."""

    def mean(cells: FloatArray, axes: Sequence[int]) -> FloatArray:
        found = summarise(cells, rule, axes).mean
        return found.reshape(len(cells), *found.shape[1:])

    first, second = context_pairs(again.shape[PAIR])
    of_methods = mean(again, (UNIT, REPLICATE))
    by_value = mean(again, (REPLICATE,))
    ceilings = joint_ceiling(of_methods[:, first], of_methods[:, second])
    ceilings_by_value = joint_ceiling(by_value[:, first], by_value[:, second])
    made: dict[Level, FloatArray] = {
        "pooled": disattenuate(mean(cross, (PAIR, UNIT, REPLICATE)), ceilings.mean(axis=1)),
        "value": disattenuate(mean(cross, (PAIR, REPLICATE)), ceilings_by_value.mean(axis=1)),
        "pair": disattenuate(mean(cross, (UNIT, REPLICATE)), ceilings),
        "pair_value": disattenuate(mean(cross, (REPLICATE,)), ceilings_by_value),
    }
    return [
        exact("convergent_disattenuated", level, made[level], "unreliable") for level in OF_PAIRS
    ]


def _without_replicates(methods: int, values: int, draws: int) -> list[Figure]:
    pairs = methods * (methods - 1) // 2
    shapes = dict(zip(OF_PAIRS, ((), (values,), (pairs,), (pairs, values)), strict=True))
    return [
        exact(
            "convergent_disattenuated", level, np.full((draws, *shape), np.nan), "needs_replicates"
        )
        for level, shape in shapes.items()
    ]


def _over_occasions(every: FloatArray, rule: UndefinedRule) -> FloatArray:
    """Return the means (D, M, M, V, V) of correlations (D, R, C, M, M, V, V) over contexts and replicates."""
    draws, shape = len(every), every.shape[3:]
    cells = every.reshape(draws, -1, 1, int(np.prod(shape)))
    return summarise(cells, rule, (REPLICATE,)).mean.reshape(draws, *shape)


def _shares(quantity: Quantity, own: FloatArray, others: FloatArray) -> list[Figure]:
    """Return the shares of comparisons (D, P, V, W) in which the first correlation is the larger one."""
    known = ~np.isnan(own) & ~np.isnan(others)
    larger = np.where(known, own > others, 0.0)
    axes: dict[Level, tuple[int, ...]] = {
        "pooled": (1, 2, 3),
        "value": (1, 3),
        "pair": (2, 3),
        "pair_value": (3,),
    }
    found = []
    for level, over in axes.items():
        total = known.sum(axis=over)
        mean = np.full(total.shape, np.nan)
        np.divide(larger.sum(axis=over), total, out=mean, where=total > 0)
        undefined = np.asarray((~known).sum(axis=over)[0], dtype=np.int64)
        found.append(Figure(quantity, level, mean, undefined))
    return found
