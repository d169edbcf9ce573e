"""Data that several tests of the statistics core share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from golden_data import GOLDEN, PVQ_KEY

Scores = npt.NDArray[np.float64]


def centred_scores(ratings: Scores) -> Scores:
    """Score ratings (..., 40) as the original does: mean of items minus mean of all."""
    values = [ratings[..., np.array(items) - 1].mean(axis=-1) for items in PVQ_KEY.values()]
    scores: Scores = np.stack(values, axis=-1) - ratings.mean(axis=-1, keepdims=True)
    return scores


@pytest.fixture
def pvq_key() -> dict[str, list[int]]:
    """Return the items of each value of the PVQ-40."""
    return PVQ_KEY


@pytest.fixture(params=["sig00", "sig10"])
def golden(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return a golden run with its scores (1, C, N, V) beside the expected figures."""
    run: dict[str, Any] = json.loads((GOLDEN / f"{request.param}.json").read_text())
    ratings = [[list(map(float, row)) for row in run["ratings"][c]] for c in run["contexts"]]
    return run | {"scores": centred_scores(np.array(ratings))[None], "values": list(PVQ_KEY)}


@pytest.fixture
def simulate() -> Callable[..., Scores]:
    """Return a function that simulates centred scores (R, C, N, 10) of random PVQ answers."""

    def scores(
        replicates: int = 2,
        contexts: int = 3,
        respondents: int = 20,
        signal: float = 0.5,
        seed: int = 0,
    ) -> Scores:
        generator = np.random.default_rng(seed)
        trait = generator.normal(size=(respondents, 40)) * signal
        noise = generator.normal(size=(replicates, contexts, respondents, 40))
        return centred_scores(np.clip(np.round(3.5 + trait + noise), 1, 6))

    return scores
