"""Tests of the stability in bootstrap draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from holdfast.stability.correlation.undefined_correlations import AVERAGED, UndefinedRule, summarise
from holdfast.stability.resampling import bootstrap
from holdfast.stability.resampling.bootstrap import respondent_multiplicities
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


def test_chunks_change_nothing(
    simulate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded without touching results."""
    scores, settings = simulate(), Settings(draws=10)
    whole = resample(scores, settings)
    monkeypatch.setattr(bootstrap, "CHUNK_BYTES", 3000)
    parts = resample(scores, settings)
    for quantity, levels in whole.items():
        for level, draws in levels.items():
            np.testing.assert_allclose(parts[quantity][level], draws, atol=1e-14)
