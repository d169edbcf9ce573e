"""The noise ceiling: known truths come back, under both kinds of option order."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.stability.correlation.spearman import spearman
from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.measures.noise_ceiling import between_replicates, ceiling


def study(stable: float, noise: float, order: float, respondents: int, seed: int = 0) -> np.ndarray:
    """Return scores (2, 3, N, 4): trait, what a topic adds, order effects of a replicate, noise.

    The true scores of two contexts correlate by `stable`.
    """
    rng = np.random.default_rng(seed)
    trait = stable**0.5 * rng.normal(size=(1, 1, respondents, 4))
    topic = (1 - stable) ** 0.5 * rng.normal(size=(1, 3, respondents, 4))
    orders = order * rng.normal(size=(2, 1, respondents, 4))
    return trait + topic + orders + noise * rng.normal(size=(2, 3, respondents, 4))


def spearmans(r: float) -> float:
    """Return Spearman's correlation of normal scores of Pearson's (Pearson 1907)."""
    return 6 / np.pi * np.arcsin(r / 2)


@pytest.mark.parametrize("stable", [0.3, 0.8, 1.0])
@pytest.mark.parametrize(("noise", "order"), [(0.5, 0.0), (1.2, 0.0), (0.7, 0.7)])
def test_recovers_the_truth(stable: float, noise: float, order: float) -> None:
    """Within .01; also where both contexts of a replicate share an option order."""
    scores = study(stable, noise, order, 40_000)
    found = {(f.quantity, f.level): f.mean[0]
             for f in ceiling(Sample(scores), np.ones((1, 40_000)))}  # fmt: skip
    reliability = 1 / (1 + noise**2 + order**2)
    assert found["reliability", "pooled"] == pytest.approx(spearmans(reliability), abs=0.01)
    assert found["disattenuated", "pooled"] == pytest.approx(spearmans(stable), abs=0.01)


def test_rounded_answers_cost_little() -> None:
    """Ties of a coarse scale are no normal scores; the truth still comes back within .02."""
    scores = np.round(2 * study(0.8, 0.8, 0.0, 40_000)) / 2
    pooled = ceiling(Sample(scores), np.ones((1, 40_000)))[3]
    assert (pooled.quantity, pooled.level) == ("disattenuated", "pooled")
    assert pooled.mean[0] == pytest.approx(spearmans(0.8), abs=0.02)


def test_pairs_are_those_they_should_be() -> None:
    scores = study(0.5, 1.0, 0.0, 20)
    same, cross = between_replicates(scores, np.ones((1, 20)))
    assert same.shape == (1, 1, 3, 4) and cross.shape == (1, 2, 3, 4)
    assert same[0, 0, 2, 1] == pytest.approx(spearman(scores[0, 2, :, 1], scores[1, 2, :, 1]))
    assert cross[0, 0, 1, 3] == pytest.approx(spearman(scores[0, 0, :, 3], scores[1, 2, :, 3]))
    assert cross[0, 1, 1, 3] == pytest.approx(spearman(scores[1, 0, :, 3], scores[0, 2, :, 3]))


def test_one_replicate_is_not_enough() -> None:
    for figure in ceiling(Sample(study(0.5, 1.0, 0.0, 20)[:1]), np.ones((1, 20))):
        assert figure.status == "needs_replicates" and np.isnan(figure.mean).all()


def test_noise_is_not_divided_by_noise() -> None:
    scores = np.random.default_rng(0).normal(size=(2, 3, 500, 4))
    for figure in ceiling(Sample(scores), np.ones((1, 500))):
        if figure.quantity == "disattenuated":
            assert figure.status == "unreliable" and np.isnan(figure.mean).all()
