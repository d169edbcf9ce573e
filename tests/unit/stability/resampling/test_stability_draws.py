"""Tests of the stability in bootstrap draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from holdfast.stability.correlation.spearman import context_pairs
from holdfast.stability.correlation.undefined_correlations import AVERAGED, UndefinedRule, summarise
from holdfast.stability.resampling import bootstrap
from holdfast.stability.resampling.bootstrap import (
    context_multiplicities,
    respondent_multiplicities,
)
from holdfast.stability.resampling.quantities import BOOTSTRAPPED, LEVELS
from holdfast.stability.resampling.stability_draws import Settings, correlate, resample


@pytest.mark.parametrize("rule", ["zero", "drop", "nan"])
def test_draws_equal_the_figures_of_resampled_respondents(
    simulate: Callable[..., Any], rule: UndefinedRule
) -> None:
    """At every level and under every rule."""
    scores = simulate()
    scores[0, 1, 4] = np.nan
    drawn = resample(scores, Settings(undefined=rule, draws=3, seed=5))
    for draw, weights in enumerate(respondent_multiplicities(20, 3, seed=5)):
        correlations = correlate(np.repeat(scores, weights, axis=2), 9)
        for quantity, levels in LEVELS.items():
            for level in set(levels) & set(BOOTSTRAPPED):
                expected = summarise(correlations[quantity], rule, AVERAGED[level]).mean
                np.testing.assert_allclose(drawn[quantity][level][draw], expected, atol=1e-12)


def test_two_way_draws_leave_out_a_context_paired_with_itself(
    simulate: Callable[..., Any],
) -> None:
    """Resampled contexts are paired where they differ."""
    scores = simulate(contexts=4)
    settings = Settings(draws=4, seed=2, resample_contexts=True)
    drawn = resample(scores, settings)
    respondents = respondent_multiplicities(20, 4, seed=2)
    contexts = context_multiplicities(4, 4, seed=2)
    for draw in range(4):
        chosen = np.repeat(np.arange(4), contexts[draw])
        i, j = context_pairs(4)
        kept = chosen[i] != chosen[j]
        resampled = np.repeat(scores[:, chosen], respondents[draw], axis=2)
        for quantity, correlations in correlate(resampled, 9).items():
            expected = correlations[:, kept].mean()
            assert drawn[quantity]["pooled"][draw] == pytest.approx(expected, abs=1e-12)


def test_two_contexts_are_not_resampled(simulate: Callable[..., Any]) -> None:
    """Two contexts would leave one pair or none."""
    scores = simulate(contexts=2)
    one_way, two_way = (
        resample(scores, Settings(draws=20, resample_contexts=contexts))
        for contexts in (False, True)
    )
    np.testing.assert_array_equal(one_way["rank_order"]["pooled"], two_way["rank_order"]["pooled"])


def test_chunks_change_nothing(
    simulate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded without touching results."""
    scores, settings = simulate(), Settings(draws=10, resample_contexts=True)
    whole = resample(scores, settings)
    monkeypatch.setattr(bootstrap, "CHUNK_BYTES", 3000)
    parts = resample(scores, settings)
    for quantity, levels in whole.items():
        for level, draws in levels.items():
            np.testing.assert_allclose(parts[quantity][level], draws, atol=1e-14)
