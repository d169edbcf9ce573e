"""Cluster bootstrap over respondents, and over contexts where they are a sample too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np
from scipy.special import ndtr, stdtrit

from holdfast.stability.correlate import FloatArray, IntArray, context_pairs

CHUNK_BYTES = 64 * 2**20
"""Size of one array of correlations under draws; a handful of them exist at a time."""

RESPONDENTS, CONTEXTS = 0, 1

Interval = Literal["percentile", "basic"]
"""``percentile``: quantiles of the draws; ``basic``: these mirrored at the estimate."""


def respondent_multiplicities(respondents: int, draws: int, seed: int) -> IntArray:
    """Draw how often each respondent occurs in each resample, (D, N).

    They depend on nothing but the arguments: models with the same respondents in the same order
    (those that did not answer as NaN, not left out) get the same draws, which makes differences
    between models paired. The first D of a longer series are the same D. methods.md 6.1, 6.2.
    """
    return _multiplicities(respondents, draws, seed, RESPONDENTS)


def context_multiplicities(contexts: int, draws: int, seed: int) -> IntArray:
    """Draw how often each context occurs in each resample, (D, C), apart from respondents."""
    return _multiplicities(contexts, draws, seed, CONTEXTS)


def pair_weights(multiplicities: IntArray) -> IntArray:
    """Return the weights (D, P) of pairs i < j of contexts: the products of multiplicities.

    A context drawn twice is not paired with itself: that correlation would be 1. A draw of one
    context only has no pairs, and so no estimate.
    """
    i, j = context_pairs(multiplicities.shape[1])
    return multiplicities[:, i] * multiplicities[:, j]


def draw_chunks(draws: int, bytes_per_draw: int) -> Iterator[slice]:
    """Yield slices over the draws so that a chunk of results stays within CHUNK_BYTES."""
    step = max(1, CHUNK_BYTES // max(1, bytes_per_draw))
    for start in range(0, draws, step):
        yield slice(start, min(start + step, draws))


def bootstrap_interval(
    draws: FloatArray,
    estimate: FloatArray,
    confidence: float,
    kind: Interval = "percentile",
    bounds: tuple[float, float] = (-1.0, 1.0),
    clusters: int | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the lower and upper bounds of an interval over the first axis of draws.

    A resample repeats respondents, which biases its rank-order correlations towards zero, by
    about as much as the estimate itself is biased. Percentile intervals double that bias, basic
    ones undo it. Measured with 60 respondents, 5 contexts and 5 replicates, 95 % intervals cover
    a true rank-order stability of .39, .58, .79, .89 with .86, .76, .71, .33 (percentile) and
    .93, .94, .97, .96 (basic).

    Args:
        draws: (D, ...). Undefined draws (NaN) are left out; without any the bounds are NaN.
        estimate: (...), the figure on the data themselves.
        confidence: between 0 and 1.
        kind: see Interval.
        bounds: what the figure lies between; basic intervals are cut there.
        clusters: number of units drawn from. Draws vary too little by √((n - 1)/n), and know their
            own spread no better than n - 1 degrees of freedom do; with the number the quantiles
            are those that make up for both (Hesterberg 2015). None: plain quantiles.

    Raises:
        ValueError: the confidence is not between 0 and 1, or the kind is unknown.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if kind not in get_args(Interval):
        raise ValueError(f"interval must be one of {get_args(Interval)}, not {kind!r}")
    tail = _tail(confidence, clusters)
    ends = np.full((2, *draws.shape[1:]), np.nan)
    some = ~np.isnan(draws).all(axis=0)
    gaps = not (some.size and some.all()) or np.isnan(draws).any()
    quantile = np.nanquantile if gaps else np.quantile  # the same, but faster
    ends[:, some] = quantile(draws[:, some], [tail, 1 - tail], axis=0)
    if kind == "basic":
        ends = np.clip(2 * estimate - ends[::-1], *bounds)
    return ends[0], ends[1]


def _tail(confidence: float, clusters: int | None) -> float:
    """Return the share of draws beyond each end of an interval."""
    tail = (1 - confidence) / 2
    if clusters is None or clusters < 2:
        return tail
    wider = np.sqrt(clusters / (clusters - 1)) * stdtrit(clusters - 1, tail)
    return float(ndtr(wider))


def standard_error(draws: FloatArray) -> FloatArray:
    """Return the standard deviation over the first axis of draws (D, ...), NaN left out."""
    error = np.full(draws.shape[1:], np.nan)
    some = (~np.isnan(draws)).sum(axis=0) > 1
    error[some] = np.nanstd(draws[:, some], axis=0, ddof=1)
    return error


def _multiplicities(units: int, draws: int, seed: int, stream: int) -> IntArray:
    """Draw multinomial multiplicities (D, units) from the stream of a seed."""
    generator = np.random.default_rng([seed, stream])
    return generator.multinomial(units, np.full(units, 1 / units), size=draws)
