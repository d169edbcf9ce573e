"""Cluster bootstrap over respondents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray

CHUNK_BYTES = 64 * 2**20
"""Size of one array of correlations under draws; a handful of them exist at a time."""

RESPONDENTS = 0
"""The stream of the seed."""


def respondent_multiplicities(respondents: int, draws: int, seed: int) -> IntArray:
    """Draw how often each respondent occurs in each resample, (D, N).

    They depend on nothing but the arguments: models with the same respondents in the same order
    (those that did not answer as NaN, not left out) get the same draws, which makes differences
    between models paired. The first D of a longer series are the same D. methods.md 6.1, 6.2.
    """
    generator = np.random.default_rng([seed, RESPONDENTS])
    return generator.multinomial(respondents, np.full(respondents, 1 / respondents), size=draws)


def draw_chunks(draws: int, bytes_per_draw: int) -> Iterator[slice]:
    """Yield slices over the draws so that a chunk of results stays within CHUNK_BYTES."""
    step = max(1, CHUNK_BYTES // max(1, bytes_per_draw))
    for start in range(0, draws, step):
        yield slice(start, min(start + step, draws))


def standard_error(draws: FloatArray) -> FloatArray:
    """Return the standard deviation over the first axis of draws (D, ...), NaN left out."""
    error = np.full(draws.shape[1:], np.nan)
    some = (~np.isnan(draws)).sum(axis=0) > 1
    error[some] = np.nanstd(draws[:, some], axis=0, ddof=1)
    return error
