"""Both stabilities of one model in every bootstrap draw, at every level of averaging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order, rank_order_draws
from holdfast.stability.correlation.spearman import (
    TIE_DECIMALS,
    FloatArray,
    IntArray,
    context_pairs,
)
from holdfast.stability.correlation.undefined_correlations import (
    AVERAGED,
    UNIT,
    Level,
    UndefinedRule,
    summarise,
)
from holdfast.stability.resampling.bootstrap import (
    draw_chunks,
    respondent_multiplicities,
)
from holdfast.stability.resampling.quantities import (
    BOOTSTRAPPED,
    LEVELS,
    Quantity,
)

OF_ALL_PAIRS: tuple[Level, ...] = ("pooled", "replicate", "value")

Draws = Mapping[Quantity, Mapping[Level, FloatArray]]


@dataclass(frozen=True)
class Settings:
    """How stability is estimated.

    Attributes:
        undefined: what undefined correlations count as, methods.md 5.3.
        draws: bootstrap draws, 0 for none.
        confidence: of the bootstrap interval.
        seed: of the bootstrap.
        decimals: decimals that decide about ties; None compares floats as the original does.
    """

    undefined: UndefinedRule = "zero"
    draws: int = 1000
    confidence: float = 0.95
    seed: int = 0
    decimals: int | None = TIE_DECIMALS


def correlate(scores: FloatArray, decimals: int | None) -> dict[Quantity, FloatArray]:
    """Return rank-order (R, P, V) and ipsative (R, P, N) correlations of scores (R, C, N, V)."""
    return {"rank_order": rank_order(scores, decimals), "ipsative": ipsative(scores, decimals)}


def resample(scores: FloatArray, settings: Settings) -> Draws:
    """Return the bootstrap draws of every level of BOOTSTRAPPED. methods.md 6.1.

    Args:
        scores: centred value scores (R, C, N, V), NaN = missing.
        settings: rule, draws and seed.

    Returns:
        For each quantity and level an array (D, ...): "pooled" (D,), "replicate" (D, R),
        "pair" (D, P), "value" (D, V). NaN = undefined in that draw.
    """
    drawn = respondent_multiplicities(scores.shape[2], settings.draws, settings.seed)
    return under_weights(scores, settings, drawn)


def under_weights(scores: FloatArray, settings: Settings, drawn: IntArray) -> Draws:
    """Return what `resample` does for given weights of respondents.

    Args:
        scores: as there.
        settings: rule and decimals.
        drawn: how often each respondent counts (D, N).
    """
    replicates, contexts, respondents, values = scores.shape
    correlations = replicates * context_pairs(contexts)[0].size * max(respondents, values)
    profiles = ipsative(scores, settings.decimals)
    chunks = [
        _resample_chunk(scores, profiles, drawn[at], settings)
        for at in draw_chunks(len(drawn), 8 * correlations)
    ]
    return {
        quantity: {
            level: np.concatenate([chunk[quantity][level] for chunk in chunks])
            for level in LEVELS[quantity]
            if level in BOOTSTRAPPED
        }
        for quantity in LEVELS
    }


def _resample_chunk(
    scores: FloatArray, profiles: FloatArray, drawn: IntArray, settings: Settings
) -> Draws:
    """Return the draws of one chunk of multiplicities (D, N)."""
    correlations = rank_order_draws(scores, drawn, settings.decimals)
    return _means(correlations, profiles, drawn, settings.undefined)


def among_contexts(
    scores: FloatArray, settings: Settings, drawn: IntArray, kept: Sequence[IntArray]
) -> list[Draws]:
    """Return what `under_weights` does for the scores of some contexts, but for pairs, for several choices.

    Args:
        scores: as there, of all contexts.
        settings: rule and decimals.
        drawn: how often each respondent counts (D, N); few, since all their correlations are held at once.
        kept: places of the contexts, in order.
    """
    correlations = rank_order_draws(scores, drawn, settings.decimals)
    profiles = ipsative(scores, settings.decimals)
    first, second = context_pairs(scores.shape[1])
    chosen = [np.isin(first, places) & np.isin(second, places) for places in kept]
    return [
        _means(correlations[:, :, at], profiles[:, at], drawn, settings.undefined, OF_ALL_PAIRS)
        for at in chosen
    ]


def _means(
    correlations: FloatArray, profiles: FloatArray, drawn: IntArray, rule: UndefinedRule,
    levels: Sequence[Level] = BOOTSTRAPPED,
) -> Draws:  # fmt: skip
    """Return the means of rank-order (D, R, P, V) and ipsative (R, P, N) correlations at some levels."""
    respondents = {UNIT: drawn[:, None, None, :].astype(np.float64)}
    return {
        "rank_order": {
            level: summarise(correlations, rule, AVERAGED[level]).mean
            for level in LEVELS["rank_order"]
            if level in levels
        },
        "ipsative": {
            level: summarise(profiles[None], rule, AVERAGED[level], respondents).mean
            for level in LEVELS["ipsative"]
            if level in levels
        },
    }
