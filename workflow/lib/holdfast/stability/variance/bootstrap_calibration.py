"""How the study's bootstrap interval of a difference compares with the jackknife's, which is far faster."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.resampling.bootstrap import respondent_multiplicities
from holdfast.stability.resampling.intervals import bootstrap_interval, jackknife_interval
from holdfast.stability.variance.deleted_figures import deleted_rank_order_mean
from holdfast.stability.variance.study_simulation import Plan, Source, simulated_studies

STUDIES, DRAWS = 60, 100
"""Simulated studies of two models that are bootstrapped, and with how many draws; more models need fewer."""

MOST_PERSONAS = 40
"""Personas beyond which the two are the same but for a per cent or so."""


def bootstrap_ratio(models: Sequence[Source], plan: Plan, rho: float, seed: int) -> float:
    """Return the length of the bootstrap's interval of a difference over that of the jackknife's, about 1.

    The median over some simulated studies and all pairs of models, for rank-order stability. In small samples
    the jackknife's error of Spearman's correlation is the larger one, by some 3 % with 20 respondents.
    """
    if plan.personas > MOST_PERSONAS or len(models) < 2:
        return 1.0
    ratios: list[float] = []
    several = -(-STUDIES // (len(models) - 1))
    for studies in simulated_studies(models, plan, rho, several, seed):
        left = [deleted_rank_order_mean(scores)[:, 0] for scores in studies]
        for study in range(len(studies[0])):
            # draws of their own: what chance does to an error must not be the same in all studies
            weights = respondent_multiplicities(plan.personas, DRAWS, seed + len(ratios))
            drawn = [rank_order_mean_draws(scores[study], weights) for scores in studies]
            for a, b in combinations(range(len(models)), 2):
                ratios.append(_ratio(left[a][study] - left[b][study], drawn[a] - drawn[b]))
    return float(np.nanmedian(ratios))


def rank_order_mean_draws(scores: FloatArray, multiplicities: IntArray) -> FloatArray:
    """Return the mean rank-order stability (D,) of one study (R, C, N, V) in resamples, fast.

    No scores are tied but those of respondents who were drawn again. With m the multiplicities, a respondent's
    centred rank is Σ mₖ sign(xᵢ - xₖ), and the squares of these sum to (n³ - Σ mₖ³)/3 in every context. So
    the products of all pairs of contexts follow from the sum of the ranks over contexts. 0 in a resample of
    one respondent alone.

    Args:
        scores: of one study (R, C, N, V).
        multiplicities: (D, N).
    """
    contexts, n = scores.shape[1:3]
    columns = scores.transpose(0, 3, 1, 2).reshape(-1, contexts, n)
    signs = np.zeros((len(columns), n, n), dtype=np.float32)
    for context in range(contexts):
        x = columns[:, context]
        signs += x[:, :, None] > x[:, None, :]
        signs -= x[:, :, None] < x[:, None, :]
    weights = np.asarray(multiplicities, dtype=np.float32)
    every = signs @ weights.T  # (R × V, N, D)
    sums = np.einsum("knd,knd,dn->d", every, every, weights, dtype=np.float64) / len(columns)
    own = (n**3 - (multiplicities**3).sum(axis=1)) / 3
    pairs = contexts * (contexts - 1)
    return np.asarray(
        np.where(own > 0, (sums - contexts * own) / np.where(own > 0, pairs * own, 1), 0)
    )


def _ratio(figures: FloatArray, draws: FloatArray) -> float:
    """Return the ratio of lengths for a difference (1 + N,), its first the whole study's, and its draws."""
    n, bounds = figures.size - 1, (-np.inf, np.inf)
    estimate = np.asarray(figures[0])
    ends = [
        bootstrap_interval(estimate, draws, 0.95, "plain", bounds, n),
        jackknife_interval(estimate, figures[1:], 0.95, "plain", bounds),
    ]
    lengths = [float(upper - lower) for lower, upper in ends]
    return lengths[0] / lengths[1] if lengths[1] > 0 else np.nan
