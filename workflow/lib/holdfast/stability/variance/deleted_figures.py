"""Both stabilities of many simulated studies without each respondent, fast: no ties and nothing missing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from holdfast.stability.correlation.spearman import FloatArray, IntArray, context_pairs

WORD = 64
"""Respondents whose order is kept in one number."""


@dataclass(frozen=True)
class _Ordered:
    """Scores of studies in order; a column (K of them) is a study's replicate and value.

    Attributes:
        ranks: centred ranks (C, K, N), whole numbers.
        order: places in a context's ranks (C, K × N) that sort the respondents of each column.
        place: places in what is so sorted (C, K × N) where each respondent is.
        below: for each respondent, as bits, who is below; the words first (words, C, K, N).
    """

    ranks: IntArray
    order: IntArray
    place: IntArray
    below: npt.NDArray[np.uint64]


def deleted_rank_order(scores: FloatArray) -> FloatArray:
    """Return rank-order stability of pairs of contexts with everybody and without each respondent.

    With centred ranks aᵢ and bᵢ, Spearman's coefficient is 3 Σ aᵢbᵢ / (n³ - n). Without the respondent k,
    aᵢ becomes aᵢ - sign(xᵢ - xₖ), so the sum changes by sums in the order of one side and by the number
    of respondents whom both sides place on the same side of k.

    Args:
        scores: studies (S, R, C, N, V).

    Returns:
        (S, P, 1 + N), means over replicates and values; 0: nobody is left out.
    """
    o, studies, n = _ordered(scores), len(scores), scores.shape[3]
    contexts = range(scores.shape[2])
    beyond = [_of_studies(_beyond(o, o.ranks, y), studies) for y in contexts]  # [y][x] is (S, N)
    result = np.empty((studies, len(context_pairs(len(contexts))[0]), 1 + n))
    for pair, (x, y) in enumerate(combinations(contexts, 2)):
        product = _of_studies(o.ranks[x] * o.ranks[y], studies)
        alike = _of_studies(_alike(o, x, y), studies)
        whole = product.sum(axis=-1, keepdims=True)
        result[:, pair, :1] = whole
        result[:, pair, 1:] = whole - product - beyond[y][x] - beyond[x][y] + alike
    columns = o.ranks.shape[1] / studies
    return np.asarray(result / columns * _scales(n), dtype=np.float64)


def deleted_rank_order_mean(scores: FloatArray) -> FloatArray:
    """Return the mean over pairs of `deleted_rank_order` (S, 1, 1 + N), in less time.

    The sums in the order of a context are linear in the ranks of the other contexts, which are added first.
    """
    o, studies, n = _ordered(scores), len(scores), scores.shape[3]
    contexts = range(scores.shape[2])
    every = o.ranks.sum(axis=0, dtype=o.ranks.dtype)
    product = (
        np.square(every, dtype=np.int64) - np.square(o.ranks, dtype=np.int64).sum(axis=0)
    ) // 2
    change = np.zeros(every.shape, dtype=o.ranks.dtype)
    for y in contexts:
        change -= _beyond(o, every - o.ranks[y], y)
    for x, y in combinations(contexts, 2):
        change += _alike(o, x, y)
    own = _of_studies(product, studies)
    whole = own.sum(axis=-1, keepdims=True)
    result = np.concatenate([whole, whole - own + _of_studies(change, studies)], axis=-1)
    several = o.ranks.shape[1] / studies * len(context_pairs(len(contexts))[0])
    return np.asarray(result[:, None] / several * _scales(n), dtype=np.float64)


def deleted_ipsative(scores: FloatArray) -> FloatArray:
    """Return ipsative stability as `deleted_rank_order` does."""
    ranks, values = _ranks_of_values(scores), scores.shape[-1]  # (C, V, S, R, N)
    pairs = list(combinations(ranks, 2))
    sums = np.empty((len(scores), len(pairs), scores.shape[3]))
    for pair, (x, y) in enumerate(pairs):
        sums[:, pair] = np.einsum("vsrn,vsrn->sn", x, y)
    return _with_everybody(sums * (3 / (values**3 - values) / scores.shape[1]))


def deleted_ipsative_mean(scores: FloatArray) -> FloatArray:
    """Return the mean over pairs of `deleted_ipsative` (S, 1, 1 + N), in less time."""
    ranks, values, contexts = _ranks_of_values(scores), scores.shape[-1], scores.shape[2]
    every = ranks.sum(axis=0)
    # the squares of a context's ranks sum to the same for all: (V³ - V)/3
    own = np.einsum("vsrn,vsrn->sn", every, every).astype(np.float64)
    own *= 3 / (values**3 - values) / scores.shape[1]
    return _with_everybody((own[:, None] - contexts) / (contexts * (contexts - 1)))


def _with_everybody(respondents: FloatArray) -> FloatArray:
    """Return the means (..., 1 + N) over respondents' figures (..., N) of all, and without each."""
    n = respondents.shape[-1]
    total = respondents.sum(axis=-1, keepdims=True)
    return np.concatenate([total / n, (total - respondents) / (n - 1)], axis=-1)


def _of_studies(columns: IntArray, studies: int) -> FloatArray:
    """Return sums (..., S, N) over the columns (..., K, N) of each study."""
    shape = (*columns.shape[:-2], studies, -1, columns.shape[-1])
    return np.asarray(columns.reshape(shape).sum(axis=-2), dtype=np.float64)


def without_contexts(pairs: FloatArray, contexts: int) -> FloatArray:
    """Return figures (1 + C, 1 + N, S) from those of pairs (S, P, 1 + N), also without each context.

    NaN where no pair is left.
    """
    first, second = context_pairs(contexts)
    kept = np.array([(first != c) & (second != c) for c in range(-1, contexts)], dtype=np.float64)
    count = kept.sum(axis=1)
    weights = np.full(kept.shape, np.nan)
    np.divide(kept, count[:, None], out=weights, where=count[:, None] > 0)
    return np.asarray(np.einsum("cp,spn->cns", weights, pairs), dtype=np.float64)


def _scales(n: int) -> FloatArray:
    """Return what sums of n respondents, and of one less, are multiplied with (1 + n,)."""
    sizes = np.array([n, *[n - 1] * n], dtype=np.float64)
    return np.asarray(3 / (sizes**3 - sizes), dtype=np.float64)


def _ranks_of_values(scores: FloatArray) -> npt.NDArray[np.float32]:
    """Return each respondent's centred ranks of the values (C, V, S, R, N), from comparing every two."""
    values = np.ascontiguousarray(scores.transpose(2, 4, 0, 1, 3))
    count = values.shape[1]
    ranks = np.empty(values.shape, dtype=np.int16)
    ranks[:] = np.arange(count)[:, None, None, None]  # as if each were above all before it
    for a, b in combinations(range(count), 2):
        above = values[:, a] > values[:, b]
        ranks[:, a] += above
        ranks[:, b] -= above
    return np.asarray(2 * ranks - (count - 1), dtype=np.float32)


def _ordered(scores: FloatArray) -> _Ordered:
    """Return the scores (S, R, C, N, V) of studies in order."""
    contexts, n = scores.shape[2:4]
    columns = scores.transpose(2, 0, 1, 4, 3).reshape(contexts, -1, n)
    order = np.argsort(columns, axis=-1)
    start_of = n * np.arange(columns.shape[1])[:, None]
    order += start_of
    order = order.reshape(contexts, -1)
    place = np.empty_like(order)
    for own, its in zip(place, order, strict=True):
        own[its] = np.arange(own.size)
    below = np.empty((-(-n // WORD), *columns.shape), dtype=np.uint64)
    for start, word in zip(range(0, n, WORD), below, strict=True):
        single = np.zeros(n, dtype=np.uint64)
        inside = np.arange(start, min(n, start + WORD))
        single[inside] = np.uint64(1) << (inside - start).astype(np.uint64)
        every = np.tile(single, (columns.shape[1], 1))
        for own, of, its in zip(word, order, place, strict=True):
            own[:] = _sum_below(every, of, its)
    ranks = (place.reshape(columns.shape) - start_of).astype(np.int32)
    return _Ordered(2 * ranks - (n - 1), order, place, below)


def _sum_below(numbers: npt.NDArray[Any], order: IntArray, place: IntArray) -> npt.NDArray[Any]:
    """Return for each respondent the sum of the numbers (..., K, N) of those who are below it in a context."""
    flat = numbers.reshape(*numbers.shape[:-2], -1)
    inside = flat.take(order, axis=-1).reshape(numbers.shape)
    until = np.cumsum(inside, axis=-1, dtype=inside.dtype)
    until -= inside
    return until.reshape(flat.shape).take(place, axis=-1).reshape(numbers.shape)


def _beyond(o: _Ordered, ranks: IntArray, context: int) -> IntArray:
    """Return Σ aᵢ sign(yᵢ - yₖ) for every k (..., K, N): ranks above k in a context less those below."""
    below = _sum_below(ranks, o.order[context], o.place[context])
    return np.asarray(-2 * below - ranks, dtype=np.int32)  # all ranks sum to 0


def _alike(o: _Ordered, x: int, y: int) -> IntArray:
    """Return Σ sign(xᵢ - xₖ) sign(yᵢ - yₖ) for every k (K, N): who is on the same side less who is not."""
    apart = np.zeros(o.ranks[x].shape, dtype=np.int16)
    for word in o.below:
        apart += np.bitwise_count(word[x] ^ word[y])
    return np.asarray(o.ranks.shape[-1] - 1 - 2 * apart, dtype=np.int32)
