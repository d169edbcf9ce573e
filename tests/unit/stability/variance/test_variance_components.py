"""Variance components against a worked example, and known truths."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.variance.anova import mean_squares
from holdfast.stability.variance.variance_components import components, needed, projection, relative

TRUE = {"p": 1.0, "c": 0.2, "r": 0.1, "pc": 0.5, "pr": 0.3, "cr": 0.15, "pcr": 0.8}


def study(
    respondents: int, contexts: int, replicates: int, seed: int = 0, exact: bool = False
) -> np.ndarray:
    """Return scores with components TRUE, all effects random.

    With `exact` those of facets alone are centred and have exactly their variance.
    """
    rng = np.random.default_rng(seed)
    sizes = {"r": replicates, "c": contexts, "p": respondents}
    scores = np.zeros((replicates, contexts, respondents, 2))
    for name, variance in TRUE.items():
        shape = [sizes[f] if f in name else 1 for f in "rcp"]
        effect = rng.normal(size=(*shape, 2))
        if exact and "p" not in name:
            for axis in (a for a, f in enumerate("rc") if f in name):
                effect -= effect.mean(axis=axis, keepdims=True)
            freedom = np.prod([sizes[f] - 1 for f in name])
            effect *= np.sqrt(freedom / (effect**2).sum(axis=(0, 1, 2)))
        scores = scores + variance**0.5 * effect
    return scores


def test_equals_plain_sums_of_squares() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 4, 7, 1))
    x = scores[..., 0]
    grand, p, pc = x.mean(), x.mean((0, 1)), x.mean(0)
    c = x.mean((0, 2))
    ms = mean_squares(scores, np.ones((1, 7)))
    assert ms.p[0, 0] == pytest.approx(12 * ((p - grand) ** 2).sum() / 6)
    assert ms.c[0, 0] == pytest.approx(21 * ((c - grand) ** 2).sum() / 3)
    interaction = pc - p - c[:, None] + grand
    assert ms.pc[0, 0] == pytest.approx(3 * (interaction**2).sum() / 18)


def test_recovers_the_truth() -> None:
    sample = Sample(study(100_000, 8, 6, exact=True))
    found = {f.quantity: f.mean[0] for f in components(sample, np.ones((1, 100_000)))
             if f.level == "pooled"}  # fmt: skip
    context, replicate = 0.2 - 0.15 / 6, 0.1 - 0.15 / 8  # as the interaction is centred here
    for name, true in (
        ("variance_respondent", 1.0), ("variance_context", context), ("variance_replicate", replicate),
        ("variance_respondent_context", 0.5), ("variance_respondent_replicate", 0.3),
        ("variance_context_replicate", 0.15), ("variance_residual", 0.8),
    ):  # fmt: skip
        assert found[name] == pytest.approx(true, abs=0.01), name
    error = 0.5 / 8 + 0.3 / 6 + 0.8 / 48
    assert found["g_coefficient"] == pytest.approx(1 / (1 + error), abs=0.01)
    level = error + context / 8 + replicate / 6 + 0.15 / 48
    assert found["phi_coefficient"] == pytest.approx(1 / (1 + level), abs=0.01)


def test_estimates_are_unbiased_in_small_studies() -> None:
    """The mean over 300 studies of 20 respondents lies within 4 standard errors of the truth."""
    found = [
        {f.quantity: f.mean[0] for f in components(Sample(study(20, 3, 2, seed)), np.ones((1, 20)))
         if f.level == "pooled"}
        for seed in range(300)
    ]  # fmt: skip
    for name, true in (
        ("variance_respondent", 1.0), ("variance_respondent_context", 0.5),
        ("variance_respondent_replicate", 0.3), ("variance_residual", 0.8),
        ("variance_context_replicate", 0.15), ("variance_context", 0.2),
    ):  # fmt: skip
        row = np.array([f[name] for f in found])
        assert row.mean() == pytest.approx(true, abs=4 * row.std() / 300**0.5), name


def test_projection_is_the_smallest_design_that_is_enough() -> None:
    parts = {name: np.array([v]) for name, v in TRUE.items()}
    for replicates in (2, 5):
        count = int(needed(parts, "pc", "pr", replicates)[0])
        assert relative(parts, count, replicates)[0] >= 0.8 > relative(parts, count - 1, replicates)
    assert np.isnan(needed(parts, "pc", "pr", 1))  # .3 of respondent × replicate is too much


def test_one_replicate() -> None:
    figures = components(Sample(study(50, 4, 1)), np.ones((1, 50)))
    status = {f.quantity: np.isnan(f.mean).all() and f.status for f in figures}
    assert status["variance_respondent_context"] == "needs_replicates"
    assert status["variance_replicate"] == "needs_replicates"
    assert status["variance_respondent"] is np.False_ or not status["variance_respondent"]
    found = projection(Sample(study(50, 4, 1)), np.ones((1, 50)))
    assert found[1].quantity == "replicates_needed"


def test_the_ratio_of_components_is_the_correlation_of_true_scores() -> None:
    """Replicates and errors are no part of it: 1 / (1 + .5), as Pearson's r of scores without them."""
    n = 50_000
    figures = components(Sample(study(n, 4, 3)), np.ones((1, n)))
    found = next(f for f in figures if f.quantity == "disattenuated_components")
    assert found.mean[0] == pytest.approx(1 / 1.5, abs=0.01)
    one = components(Sample(study(50, 4, 1)), np.ones((1, 50)))
    alone = next(f for f in one if f.quantity == "disattenuated_components")
    assert np.isnan(alone.mean[0]) and alone.status == "needs_replicates"


def test_nothing_is_divided_by_scores_that_are_noise() -> None:
    noise = np.random.default_rng(0).normal(size=(2, 5, 200, 3))
    figures = components(Sample(noise), np.ones((1, 200)))
    found = next(f for f in figures if f.quantity == "disattenuated_components")
    assert np.isnan(found.mean[0]) and found.status == "unreliable"
