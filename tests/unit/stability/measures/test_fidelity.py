"""Fidelity against a plain loop over scipy, and known truths."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.measures.fidelity import Known, fidelity
from holdfast.stability.resampling.stability_draws import Settings

VALUES = [f"v{i}" for i in range(10)]


def estimate(scores: np.ndarray, latent: np.ndarray, **settings: object) -> dict[tuple, Estimate]:
    known = Known(scores, latent, [f"c{i}" for i in range(scores.shape[1])], VALUES)
    rows, _ = fidelity(known, Settings(**({"draws": 200} | settings)))
    return {(r.value, r.context_a, r.replicate): r for r in rows}


@pytest.fixture
def truth() -> tuple[np.ndarray, np.ndarray]:
    """Return scores of two replicates × three contexts × 30 respondents, and their truth."""
    rng = np.random.default_rng(3)
    latent = rng.normal(size=(30, 10))
    return latent + rng.normal(0, 0.8, (2, 3, 30, 10)), latent


def test_equals_a_plain_loop(truth: tuple[np.ndarray, np.ndarray]) -> None:
    scores, latent = truth
    rows = estimate(scores, latent)
    within = [
        spearmanr(scores[r, c, n], latent[n])[0]
        for r in range(2) for c in range(3) for n in range(30)
    ]  # fmt: skip
    assert rows[None, None, None].estimate == pytest.approx(np.mean(within), abs=1e-12)
    one = [spearmanr(scores[r, 1, n], latent[n])[0] for r in range(2) for n in range(30)]
    assert rows[None, "c1", None].estimate == pytest.approx(np.mean(one), abs=1e-12)
    second = [spearmanr(scores[1, c, n], latent[n])[0] for c in range(3) for n in range(30)]
    assert rows[None, None, 2].estimate == pytest.approx(np.mean(second), abs=1e-12)
    across = [
        spearmanr(scores[r, c, :, 4], latent[:, 4])[0] for r in range(2) for c in range(3)
    ]  # fmt: skip
    assert rows["v4", None, None].estimate == pytest.approx(np.mean(across), abs=1e-12)


def test_interval_holds_the_estimate(truth: tuple[np.ndarray, np.ndarray]) -> None:
    row = estimate(*truth)[None, None, None]
    assert row.lower < row.estimate < row.upper
    assert row.se == pytest.approx((row.upper - row.lower) / 3.92, rel=0.3)
    assert row.n == 30 and row.undefined == 0 and row.status == "ok"


def test_truth_and_its_reverse(truth: tuple[np.ndarray, np.ndarray]) -> None:
    latent = truth[1]
    assert estimate(latent[None, None], latent)[None, None, None].estimate == 1
    assert estimate(-latent[None, None], latent)[None, None, None].estimate == -1


def test_random_scores_lie_within_the_null() -> None:
    rng = np.random.default_rng(0)
    pooled = []
    for _ in range(200):
        scores, latent = rng.normal(size=(1, 2, 20, 10)), rng.normal(size=(20, 10))
        row = estimate(scores, latent, draws=2)[None, None, None]
        pooled.append(row.estimate)
    assert np.mean(pooled) == pytest.approx(0, abs=4 * row.null_sd / np.sqrt(200))
    assert np.std(pooled) == pytest.approx(row.null_sd, rel=0.2)


def test_constant_respondents_are_counted(truth: tuple[np.ndarray, np.ndarray]) -> None:
    scores, latent = truth
    before = estimate(scores, latent)[None, None, None].estimate
    scores[:, :, 0] = 1.0
    row = estimate(scores, latent)[None, None, None]
    assert row.undefined == 6 and row.status == "ok" and row.estimate < before
    assert estimate(scores, latent, undefined="drop")[None, None, None].n == 29
    nothing = estimate(np.ones_like(scores), latent)[None, None, None]
    assert nothing.status == "not_estimable" and np.isnan(nothing.estimate)
