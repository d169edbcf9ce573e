"""Both stabilities of one model in every bootstrap draw, at every level of averaging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from holdfast.stability.bootstrap import (
    context_multiplicities,
    draw_chunks,
    pair_weights,
    respondent_multiplicities,
)
from holdfast.stability.correlate import TIE_DECIMALS, FloatArray, IntArray, context_pairs
from holdfast.stability.ipsative import ipsative
from holdfast.stability.rank_order import rank_order, rank_order_draws
from holdfast.stability.undefined import AVERAGED, PAIR, UNIT, Level, UndefinedRule, summarise

Quantity = Literal[
    "rank_order",
    "ipsative",
    "fidelity",
    "pearson",
    "icc_a1",
    "rmse",
    "mean_level_change",
    "mean_level_change_abs",
    "distinctive",
    "reliability",
    "disattenuated",
    "variance_respondent",
    "variance_context",
    "variance_replicate",
    "variance_respondent_context",
    "variance_respondent_replicate",
    "variance_context_replicate",
    "variance_residual",
    "g_coefficient",
    "phi_coefficient",
    "persona_share",
    "contexts_needed",
    "replicates_needed",
    "cronbach_alpha_centred",
    "cronbach_alpha_raw",
    "omega",
    "stress",
    "stress_compat",
    "procrustes",
    "separability",
    "circular_distance",
    "cfi",
    "tli",
    "rmsea",
    "srmr",
    "neutral_rank_order",
    "neutral_ipsative",
    "rank_order_at_length",
    "ipsative_at_length",
    "rank_order_slope",
    "ipsative_slope",
    "default_profile",
    "known_groups",
    "position_bias",
    "acquiescence",
    "extremity",
    "letter_mass",
    "entropy",
    "invalid_share",
    "value_behaviour_link",
    "rank_order_within",
    "rank_order_between",
    "rank_order_within_less_between",
    "ipsative_within",
    "ipsative_between",
    "ipsative_within_less_between",
    "readout_kappa",
    "readout_kappa_weighted",
    "readout_alpha_ordinal",
    "readout_alpha_interval",
]

INFINITE = float("inf")

BOUNDS: Mapping[Quantity, tuple[float, float]] = {
    "rmse": (0.0, INFINITE),
    "mean_level_change": (-INFINITE, INFINITE),
    "mean_level_change_abs": (0.0, INFINITE),
    "disattenuated": (-INFINITE, INFINITE),
    "variance_respondent": (-INFINITE, INFINITE),
    "variance_context": (-INFINITE, INFINITE),
    "variance_replicate": (-INFINITE, INFINITE),
    "variance_respondent_context": (-INFINITE, INFINITE),
    "variance_respondent_replicate": (-INFINITE, INFINITE),
    "variance_context_replicate": (-INFINITE, INFINITE),
    "variance_residual": (0.0, INFINITE),
    "g_coefficient": (0.0, 1.0),
    "phi_coefficient": (0.0, 1.0),
    "persona_share": (0.0, 1.0),
    "contexts_needed": (1.0, INFINITE),
    "replicates_needed": (1.0, INFINITE),
    "rank_order_slope": (-INFINITE, INFINITE),
    "ipsative_slope": (-INFINITE, INFINITE),
    "rank_order_within_less_between": (-INFINITE, INFINITE),
    "ipsative_within_less_between": (-INFINITE, INFINITE),
    "known_groups": (-INFINITE, INFINITE),
    "extremity": (0.0, 1.0),
    "letter_mass": (0.0, 1.0),
    "entropy": (0.0, 1.0),
    "invalid_share": (0.0, 1.0),
    "cronbach_alpha_centred": (-INFINITE, 1.0),
    "cronbach_alpha_raw": (-INFINITE, 1.0),
    "omega": (0.0, 1.0),
}
"""What a quantity lies between, where that is not -1 and 1."""

LEVELS: Mapping[Quantity, tuple[Level, ...]] = {
    "rank_order": ("pooled", "replicate", "pair", "value", "pair_value"),
    "ipsative": ("pooled", "replicate", "pair"),
}
"""Levels of averaging that each quantity is reported at."""

BOOTSTRAPPED: tuple[Level, ...] = ("pooled", "replicate", "pair", "value")
"""Levels that get an interval."""

MINIMUM_CONTEXTS = 3
"""Contexts below which they are not resampled: two give the same single pair, or none."""

Draws = Mapping[Quantity, Mapping[Level, FloatArray]]


@dataclass(frozen=True)
class Settings:
    """How stability is estimated.

    Attributes:
        undefined: what undefined correlations count as, methods.md 5.3.
        draws: bootstrap draws, 0 for none.
        confidence: of the bootstrap interval.
        seed: of the bootstrap.
        resample_contexts: treat the contexts as a sample too (two-way bootstrap).
        decimals: decimals that decide about ties; None compares floats as the original does.
    """

    undefined: UndefinedRule = "zero"
    draws: int = 1000
    confidence: float = 0.95
    seed: int = 0
    resample_contexts: bool = False
    decimals: int | None = TIE_DECIMALS


def correlate(scores: FloatArray, decimals: int | None) -> dict[Quantity, FloatArray]:
    """Return rank-order (R, P, V) and ipsative (R, P, N) correlations of scores (R, C, N, V)."""
    return {"rank_order": rank_order(scores, decimals), "ipsative": ipsative(scores, decimals)}


def resamples_contexts(settings: Settings, level: Level, contexts: int) -> bool:
    """Tell whether the contexts are resampled for a level: only where it averages over pairs."""
    enough = contexts >= MINIMUM_CONTEXTS
    return settings.resample_contexts and enough and PAIR in AVERAGED[level]


def resample(scores: FloatArray, settings: Settings) -> Draws:
    """Return the bootstrap draws of every level of BOOTSTRAPPED. methods.md 6.1.

    Args:
        scores: centred value scores (R, C, N, V), NaN = missing.
        settings: rule, draws and seed.

    Returns:
        For each quantity and level an array (D, ...): "pooled" (D,), "replicate" (D, R),
        "pair" (D, P), "value" (D, V). NaN = undefined in that draw.
    """
    contexts, respondents = scores.shape[1:3]
    drawn = respondent_multiplicities(respondents, settings.draws, settings.seed)
    pairs = None
    if settings.resample_contexts and contexts >= MINIMUM_CONTEXTS:
        pairs = pair_weights(context_multiplicities(contexts, settings.draws, settings.seed))
    return under_weights(scores, settings, drawn, pairs)


def under_weights(
    scores: FloatArray, settings: Settings, drawn: IntArray, pairs: IntArray | None = None
) -> Draws:
    """Return what `resample` does for given weights of respondents.

    Args:
        scores: as there.
        settings: rule and decimals.
        drawn: how often each respondent counts (D, N).
        pairs: weights of the pairs of contexts (D, P); None: each counts once.
    """
    replicates, contexts, respondents, values = scores.shape
    correlations = replicates * context_pairs(contexts)[0].size * max(respondents, values)
    profiles = ipsative(scores, settings.decimals)
    chunks = [
        _resample_chunk(scores, profiles, drawn[at], None if pairs is None else pairs[at], settings)
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
    scores: FloatArray,
    profiles: FloatArray,
    drawn: IntArray,
    pairs: IntArray | None,
    settings: Settings,
) -> Draws:
    """Return the draws of one chunk of multiplicities (D, N) and weights of pairs (D, P)."""
    weights: dict[int, FloatArray] = {}
    if pairs is not None:
        weights[PAIR] = pairs[:, None, :, None].astype(np.float64)
    respondents = {**weights, UNIT: drawn[:, None, None, :].astype(np.float64)}
    correlations = rank_order_draws(scores, drawn, settings.decimals)
    rule = settings.undefined
    return {
        "rank_order": {
            level: summarise(correlations, rule, AVERAGED[level], weights).mean
            for level in LEVELS["rank_order"]
            if level in BOOTSTRAPPED
        },
        "ipsative": {
            level: summarise(profiles[None], rule, AVERAGED[level], respondents).mean
            for level in LEVELS["ipsative"]
        },
    }
