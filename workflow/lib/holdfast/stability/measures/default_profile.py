"""The model's own profile: what a persona's answers share with those given without one (methods 5.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, tie_order
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.measures.fidelity import Known, agreement, correlations_with
from holdfast.stability.resampling.stability_draws import Settings

METHOD = "spearman with the mean ranks of the answers without a persona, taken as known"


def mean_ranks(scores: FloatArray) -> FloatArray:
    """Return the mean rank (V,) of each value over the complete profiles of scores (R, C, N, V).

    Raises:
        ValueError: no profile is complete.
    """
    profiles = scores.reshape(-1, scores.shape[-1])
    profiles = profiles[~np.isnan(profiles).any(axis=1)]
    if not len(profiles):
        raise ValueError("no complete profile")
    ties = tie_order(profiles)
    return np.asarray(((ties.lower + ties.upper + 1) / 2).mean(axis=0), dtype=np.float64)


def default_profile(
    scores: FloatArray, without: FloatArray | None, contexts: Sequence[str],
    values: Sequence[str], settings: Settings,
) -> tuple[list[Estimate], FloatArray]:  # fmt: skip
    """Return rows of the quantity `default_profile`, and its pooled draws (D,).

    Args:
        scores: centred value scores of a population's respondents (R, C, N, V).
        without: the same of the population `none`; None: it is not in the study.
        contexts: names of the C contexts.
        values: names of the V values.
        settings: undefined rule, draws, confidence and seed.
    """
    latent = default_latent(without, scores.shape[2], len(values))
    within = correlations_with(scores, latent)
    rows, draws = agreement(within, Known(scores, latent, contexts, values), settings)
    rows = [_renamed(row) for row in rows]
    if without is None:
        return [replace(rows[0], status="needs_population_none", undefined=0)], draws
    return rows, draws


def default_latent(without: FloatArray | None, respondents: int, values: int) -> FloatArray:
    """Return the profile without a persona, the same for all respondents (N, V); zeros: it is not known."""
    known = without is not None and bool((~np.isnan(without).any(axis=-1)).any())
    profile = mean_ranks(without) if without is not None and known else np.zeros(values)
    return np.broadcast_to(profile, (respondents, values))


def _renamed(row: Estimate) -> Estimate:
    _, _, rest = row.method.partition(";")
    return replace(row, quantity="default_profile", method=f"{METHOD};{rest}")
