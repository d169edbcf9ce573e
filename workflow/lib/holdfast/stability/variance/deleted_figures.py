"""Both stabilities of many simulated studies without each respondent, fast: no ties and nothing missing."""

from __future__ import annotations

import numpy as np

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.spearman import FloatArray, IntArray, context_pairs

WORD = 64
"""Respondents whose order is kept in one number."""


def deleted_rank_order(scores: FloatArray) -> FloatArray:
    """Return rank-order stability of pairs of contexts without nobody and without each respondent.

    With centred ranks aᵢ and bᵢ, Spearman's coefficient is 3 Σ aᵢbᵢ / (n³ - n). Without the respondent k,
    aᵢ becomes aᵢ - sign(xᵢ - xₖ), so the sum changes by sums in the order of one side and by the number
    of respondents whom both sides place on the same side of k.

    Args:
        scores: studies (S, R, C, N, V).

    Returns:
        (S, P, 1 + N), means over replicates and values; 0: nobody is left out.
    """
    studies, replicates, contexts, n, values = scores.shape
    columns = scores.transpose(0, 2, 1, 4, 3).reshape(studies, contexts, replicates * values, n)
    order = np.argsort(columns, axis=-1)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(n), axis=-1)
    ranks = 2.0 * place - (n - 1)
    below = _who_is_below(order, place)
    whole, left = 3 / (n**3 - n), 3 / ((n - 1) ** 3 - (n - 1))
    first, second = context_pairs(contexts)
    result = np.empty((studies, first.size, 1 + n))
    for pair, (x, y) in enumerate(zip(first, second, strict=True)):
        a, b = ranks[:, x], ranks[:, y]
        product = (a * b).sum(axis=-1)
        apart = np.bitwise_count(below[:, x] ^ below[:, y]).sum(axis=-1, dtype=np.int64)
        alike = (n - 1) - 2 * apart
        crossed = _beyond(a, order[:, y], place[:, y]) + _beyond(b, order[:, x], place[:, x])
        sums = product[..., None] - a * b - crossed + alike
        result[:, pair, 0] = whole * product.mean(axis=1)
        result[:, pair, 1:] = left * sums.mean(axis=1)
    return result


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


def _beyond(ranks: FloatArray, order: IntArray, place: IntArray) -> FloatArray:
    """Return Σ aᵢ sign(yᵢ - yₖ) for every k: the ranks above k in y less those below."""
    inside = np.take_along_axis(ranks, order, axis=-1)
    below = np.take_along_axis(np.cumsum(inside, axis=-1) - inside, place, axis=-1)
    return -2 * below - ranks  # all ranks sum to 0


def _who_is_below(order: IntArray, place: IntArray) -> np.ndarray:
    """Return for each respondent, as bits (..., N, words), who is below."""
    n = order.shape[-1]
    words = -(-n // WORD)
    single = np.zeros((n, words), dtype=np.uint64)
    who = np.arange(n)
    single[who, who // WORD] = np.uint64(1) << (who % WORD).astype(np.uint64)
    own = single[order]
    below = np.cumsum(own, axis=-2, dtype=np.uint64) - own
    return np.take_along_axis(below, place[..., None], axis=-2)
