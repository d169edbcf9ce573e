"""Predicted coefficients of other numbers of levels: by hand from lme4's components, and by drawing levels."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from golden_data import GOLDEN

from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.facets.facet_components import (
    PLANNED,
    facet_components,
    factors_of,
    planned_names,
)

REML = json.loads((GOLDEN / "lme4" / "components.json").read_text())["variances"]["facets"]["value"]


def figures(scores: np.ndarray, grid: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    statistic = facet_components(grid, ["wording"])
    found = statistic.compute(Sample(scores), np.ones((1, scores.shape[2])))
    return {(f.quantity, f.level): f.mean[0] for f in found}


def by_hand(topics: int, wordings: int, replicates: int) -> tuple[float, float]:
    """Return G and Φ from lme4's components, by the names of their effects."""
    levels = {"topic": topics, "wording": wordings, "replicate": replicates}
    relative = absolute = 0.0
    for effect, variance in REML.items():
        factors = effect.split(":")
        error = variance / np.prod([levels[f] for f in factors if f != "respondent"])
        if factors != ["respondent"]:
            absolute += error
            relative += error if "respondent" in factors else 0
    own = REML["respondent"]
    return own / (own + relative), own / (own + absolute)


def test_they_are_those_of_lme4_s_components() -> None:
    table = pd.read_csv(GOLDEN / "lme4" / "facets.csv")
    names = ["respondent", "topic", "wording", "replicate"]
    assert table[names].apply(tuple, axis=1).is_monotonic_increasing
    n, topics, wordings, replicates = (table[name].nunique() for name in names)
    scores = table["value"].to_numpy().reshape(n, topics, wordings, replicates)
    grid = np.arange(topics * wordings).reshape(topics, wordings)
    scores = scores.transpose(3, 1, 2, 0).reshape(replicates, -1, n, 1)
    found = figures(scores, grid)
    design = {"topic": topics, "wording": wordings, "replicate": replicates}
    for at, (factor, number) in enumerate(
        planned_names(factors_of(topics, ["wording"], replicates))
    ):
        g, phi = by_hand(**{f"{k}s": v for k, v in {**design, factor: int(number)}.items()})
        assert found["planned_g", "planned"][at] == pytest.approx(g, abs=1e-5)
        assert found["planned_phi", "planned"][at] == pytest.approx(phi, abs=1e-5)
    assert found["facet_g", "pooled"] == pytest.approx(
        by_hand(topics, wordings, replicates)[0], abs=1e-5
    )


@pytest.mark.parametrize("moved", [0.7, 0.0], ids=["planted", "nothing"])
def test_the_mean_over_drawn_wordings_goes_with_the_score_over_all_as_predicted(
    moved: float,
) -> None:
    """G is the squared correlation of a mean over drawn topics and wordings with the score over all of them.

    A study of 6 topics and 6 wordings predicts what means over 6 other topics and other wordings have.
    """
    g, n, topic_sd, noise = np.random.default_rng(1), 3000, 0.5, 0.6
    trait = g.normal(size=n)

    def answers(topics: int, wordings: int) -> np.ndarray:
        """Return scores (topics, wordings, N) of new topics and wordings, which shift everybody too."""
        of_topics = topic_sd * g.normal(size=(topics, 1, n))
        of_wordings = moved * g.normal(size=(1, wordings, n)) + 0.4 * g.normal(
            size=(1, wordings, 1)
        )
        return np.asarray(
            trait + of_topics + of_wordings + noise * g.normal(size=(topics, wordings, n))
        )

    grid = np.arange(36).reshape(6, 6)
    found = figures(answers(6, 6).reshape(1, 36, n, 1), grid)
    for number, predicted in zip(
        PLANNED, found["planned_g", "planned"][len(PLANNED) :], strict=True
    ):
        drawn = [
            np.corrcoef(answers(6, number).mean(axis=(0, 1)), trait)[0, 1] ** 2 for _ in range(20)
        ]
        assert predicted == pytest.approx(np.mean(drawn), abs=0.02), number
    if not moved:  # another wording is as good as the same one again
        one, ten = found["planned_g", "planned"][[len(PLANNED), -1]]
        assert ten - one < noise**2 / 6 + 0.02


def test_with_more_levels_they_never_fall() -> None:
    g = np.random.default_rng(3)
    scores = g.normal(size=(2, 12, 40, 3)) + g.normal(size=(40, 3))
    found = figures(scores, np.arange(12).reshape(4, 3))
    for quantity in ("planned_g", "planned_phi"):
        rows = found[quantity, "planned"].reshape(-1, len(PLANNED))
        assert len(rows) == 3 and (np.diff(rows, axis=1) >= 0).all()
