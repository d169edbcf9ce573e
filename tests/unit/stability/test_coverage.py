"""The bootstrap intervals cover the truth about as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.stability.bootstrap import Interval
from holdfast.stability.model import model_stability

STUDIES, RESPONDENTS, CONTEXTS, VALUES = 100, 60, 3, 3


def coverage(reliability: float, interval: Interval) -> float:
    """Return the share of simulated studies whose 95 % interval holds the true figure."""
    generator = np.random.default_rng(11)
    truth = 6 / np.pi * np.arcsin(reliability / 2)  # Spearman of a bivariate normal
    covered = []
    for _ in range(STUDIES):
        trait = generator.normal(size=(1, 1, RESPONDENTS, VALUES)) * reliability**0.5
        noise = generator.normal(size=(1, CONTEXTS, RESPONDENTS, VALUES))
        scores = trait + noise * (1 - reliability) ** 0.5
        pooled = model_stability(
            scores, ["a", "b", "c"], ["x", "y", "z"], draws=200, interval=interval
        ).estimates[0]
        covered.append(pooled.lower <= truth <= pooled.upper)
    return float(np.mean(covered))


@pytest.mark.parametrize(
    ("reliability", "interval"), [(0.6, "percentile"), (0.6, "basic"), (0.9, "basic")]
)
def test_interval_covers_the_true_rank_order_stability(
    reliability: float, interval: Interval
) -> None:
    """At least 88 of 100 studies."""
    assert coverage(reliability, interval) >= 0.88
