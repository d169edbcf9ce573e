"""Both stabilities of many simulated studies without each respondent, fast: no ties and nothing missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.spearman import FloatArray, IntArray, context_pairs

WORD = 64
"""Respondents whose order is kept in one number."""


@dataclass(frozen=True)
class _Ordered:
    """Scores of studies (S, C, R × V, N) in order.

    Attributes:
        ranks: centred ranks.
        order: indices that sort the respondents.
        place: where each respondent is in the order.
        below: for each respondent, as bits, who is below; the words first (words, S, C, R × V, N).
    """

    ranks: FloatArray
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
    o, n = _ordered(scores), scores.shape[3]
    first, second = context_pairs(scores.shape[2])
    result = np.empty((scores.shape[0], first.size, 1 + n))
    for pair, (x, y) in enumerate(zip(first, second, strict=True)):
        product = o.ranks[:, x] * o.ranks[:, y]
        crossed = _beyond(o, o.ranks[:, x], y) + _beyond(o, o.ranks[:, y], x)
        whole = product.sum(axis=-1)
        sums = whole[..., None] - product - crossed + _alike(o, x, y)
        result[:, pair, 0] = whole.mean(axis=1)
        result[:, pair, 1:] = sums.mean(axis=1)
    return result * _scales(n)


def deleted_rank_order_mean(scores: FloatArray) -> FloatArray:
    """Return the mean over pairs of `deleted_rank_order` (S, 1, 1 + N), in less time.

    The sums in the order of a context are linear in the ranks of the other contexts, which are added first.
    """
    o, n, contexts = _ordered(scores), scores.shape[3], scores.shape[2]
    first, second = context_pairs(contexts)
    every = o.ranks.sum(axis=1)
    product = (every**2 - (o.ranks**2).sum(axis=1)) / 2  # of all pairs
    sums = product.sum(axis=-1, keepdims=True) - product
    for y in range(contexts):
        sums -= _beyond(o, every - o.ranks[:, y], y)
    for x, y in zip(first, second, strict=True):
        sums += _alike(o, x, y)
    result = np.concatenate([product.sum(axis=-1, keepdims=True), sums], axis=-1).mean(axis=1)
    return np.asarray(result[:, None] / first.size * _scales(n), dtype=np.float64)


def deleted_ipsative(scores: FloatArray) -> FloatArray:
    """Return ipsative stability as `deleted_rank_order` does."""
    studies, replicates, *rest = scores.shape
    cells = ipsative(scores.reshape(-1, *rest), None)  # (S × R, P, N)
    own = cells.reshape(studies, replicates, *cells.shape[1:]).mean(axis=1)
    n = own.shape[-1]
    total = own.sum(axis=-1, keepdims=True)
    return np.concatenate([total / n, (total - own) / (n - 1)], axis=-1)


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


def _ordered(scores: FloatArray) -> _Ordered:
    """Return the scores (S, R, C, N, V) of studies in order."""
    studies, replicates, contexts, n, values = scores.shape
    columns = scores.transpose(0, 2, 1, 4, 3).reshape(studies, contexts, replicates * values, n)
    order = np.argsort(columns, axis=-1)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(n), axis=-1)
    below = []
    for start in range(0, n, WORD):
        single = np.zeros(n, dtype=np.uint64)
        inside = np.arange(start, min(n, start + WORD))
        single[inside] = np.uint64(1) << (inside - start).astype(np.uint64)
        own = single[order]
        until = np.cumsum(own, axis=-1, dtype=np.uint64) - own
        below.append(np.take_along_axis(until, place, axis=-1))
    return _Ordered(2.0 * place - (n - 1), order, place, np.stack(below))


def _beyond(o: _Ordered, ranks: FloatArray, context: int) -> FloatArray:
    """Return Σ aᵢ sign(yᵢ - yₖ) for every k: the ranks above k in a context's order less those below."""
    inside = np.take_along_axis(ranks, o.order[:, context], axis=-1)
    below = np.take_along_axis(np.cumsum(inside, axis=-1) - inside, o.place[:, context], axis=-1)
    return np.asarray(-2 * below - ranks, dtype=np.float64)  # all ranks sum to 0


def _alike(o: _Ordered, x: int, y: int) -> FloatArray:
    """Return Σ sign(xᵢ - xₖ) sign(yᵢ - yₖ) for every k: who is on the same side less who is not."""
    apart = np.zeros(o.ranks[:, x].shape, dtype=np.int16)
    for word in o.below:
        apart += np.bitwise_count(word[:, x] ^ word[:, y])
    return np.asarray(o.ranks.shape[-1] - 1 - 2.0 * apart, dtype=np.float64)
