"""Cronbach's α, ICC(A,1) and Cohen's κ: against psych (R) and pingouin (Python) on the same answers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from golden_data import GOLDEN

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.measures.internal_consistency import consistency
from holdfast.stability.measures.magnitude import agreement
from holdfast.stability.measures.readout_agreement import (
    NONE,
    Read,
    kappa,
    pair_counts,
    weighted_kappa,
)

FOLDER = GOLDEN / "reliability"
KEY = [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.fixture(scope="module", params=["psych", "pingouin"])
def other(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the figures of another program."""
    figures: dict[str, Any] = json.loads((FOLDER / f"{request.param}.json").read_text())
    return figures


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Return the answers, with means of items as scores."""
    table = pd.read_csv(FOLDER / "answers.csv", dtype={"ratings": str})
    ratings: FloatArray = np.array(
        [[list(map(float, row)) for row in own["ratings"]] for _, own in table.groupby("context")]
    )[None]
    scores = np.stack([ratings[..., items].mean(axis=-1) for items in KEY], axis=-1)
    return Sample(scores, "drop", ratings, KEY)


def ones(sample: Sample) -> FloatArray:
    return np.ones((1, sample.scores.shape[2]))


def test_alpha_of_raw_items(other: dict[str, Any], sample: Sample) -> None:
    found = {(f.quantity, f.level): f.mean[0] for f in consistency(sample, ones(sample))}
    expected = np.array(list(other["alpha"].values()))  # (V, C)
    assert expected.shape == (3, 3) and expected.min() < 0 < expected.max()
    alpha = found["cronbach_alpha_raw", "context_value"]
    np.testing.assert_allclose(alpha, expected.T, rtol=0, atol=1e-12)
    assert found["cronbach_alpha_raw", "pooled"] == pytest.approx(expected.mean(), abs=1e-12)


def test_intraclass_correlation(other: dict[str, Any], sample: Sample) -> None:
    found = {f.level: f.mean[0] for f in agreement(sample, ones(sample))}
    expected = list(other["icc_a1"].values())
    assert len(expected) == 3
    np.testing.assert_allclose(found["value"], expected, rtol=0, atol=1e-12)
    assert found["pooled"] == pytest.approx(np.mean(expected), abs=1e-12)


def test_kappa_of_every_two_readouts() -> None:
    """Also with answers that one of the two could not read."""
    figures = json.loads((FOLDER / "psych.json").read_text())
    table = pd.read_csv(FOLDER / "readouts.csv")
    assert len(figures["kappa"]) == 3 and table.isna().any().all()
    scale = np.arange(1.0, 7.0)
    for row in figures["kappa"]:
        places = (table[row["readouts"]].fillna(NONE + 1) - 1).to_numpy(np.int64)
        read = Read(row["readouts"], places, np.arange(len(places)) % 8, 8, list(scale))
        counts = pair_counts(read).sum(axis=0)
        assert float(kappa(counts, scale)) == pytest.approx(row["kappa"], abs=1e-12)
        assert float(weighted_kappa(counts, scale)) == pytest.approx(
            row["weighted_kappa"], abs=1e-12
        )
