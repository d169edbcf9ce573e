"""Parts of profiles against plain loops, and each part against a change of that part alone."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.profiles.profile_parts import profile_parts

KEY = [[0, 1], [2, 3, 4], [5], [6, 7]]
ONES = np.ones((1, 15))


def ratings(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=(15, 8))
    return np.round(3.5 + trait + 0.7 * rng.normal(size=(2, 3, 15, 8)), 2)


def pooled(data: np.ndarray, weights: np.ndarray = ONES) -> dict[str, float]:
    sample = Sample(np.empty((*data.shape[:3], 4)), "zero", data, KEY)
    return {f.quantity: f.mean[0] for f in profile_parts(sample, weights) if f.level == "pooled"}


def test_equals_plain_loops() -> None:
    data = ratings(0)
    raw = np.stack([data[..., k].mean(axis=-1) for k in KEY], axis=-1)
    found = pooled(data)
    assert found["elevation"] == pytest.approx(raw.mean())
    assert found["scatter"] == pytest.approx(raw.std(axis=-1).mean())
    typical = np.empty((2, 3, 15))
    for r, c, n in np.ndindex(typical.shape):
        typical[r, c, n] = pearsonr(raw[r, c, n], np.delete(raw[r, c], n, axis=0).mean(axis=0))[0]
    assert found["normativeness"] == pytest.approx(typical.mean())
    parts = {"elevation": raw.mean(axis=-1), "scatter": raw.std(axis=-1), "normativeness": typical}
    for name, part in parts.items():
        pairs = [(r, a, b) for r in range(2) for a, b in combinations(range(3), 2)]
        expected = np.mean([spearmanr(part[r, a], part[r, b])[0] for r, a, b in pairs])
        assert found[f"{name}_stability"] == pytest.approx(expected), name
    same = [pearsonr(raw[r, a, n], raw[r, b, n])[0] for r, a, b in pairs for n in range(15)]
    assert found["shape_stability"] == pytest.approx(np.mean(same))


def test_who_only_shifts_or_stretches_keeps_its_shape_alone() -> None:
    """Every context has its own elevations and scatters of the same profiles."""
    rng = np.random.default_rng(1)
    shared = np.array([2.0, -2.0, 1.0, -1.0])
    profile = np.repeat(shared + rng.normal(size=(400, 4)), [2, 3, 1, 2], axis=1)
    profile -= profile[:, [0, 2, 5, 6]].mean(axis=1, keepdims=True)
    shift, stretch = rng.normal(size=(1, 3, 400, 1)), rng.uniform(0.2, 3, size=(1, 3, 400, 1))
    found = pooled(4 + shift + stretch * profile, np.ones((1, 400)))
    assert found["shape_stability"] == pytest.approx(1)
    assert abs(found["elevation_stability"]) < 0.15
    assert found["scatter_stability"] < 0.6
    assert found["normativeness_stability"] > 0.99


def test_a_profile_with_a_gap_or_without_relief_has_no_shape() -> None:
    data = ratings(2)
    data[:, :, 0, 5] = np.nan
    data[:, :, 1] = 3
    sample = Sample(np.empty((2, 3, 15, 4)), "drop", data, KEY)
    figures = {(f.quantity, f.level): f for f in profile_parts(sample, ONES)}
    shape = figures["shape_stability", "pooled"]
    left = Sample(np.empty((2, 3, 13, 4)), "drop", data[:, :, 2:], KEY)
    alone = {(f.quantity, f.level): f.mean for f in profile_parts(left, np.ones((1, 13)))}
    assert shape.undefined == 2 * 2 * 3
    assert shape.mean[0] == pytest.approx(alone["shape_stability", "pooled"][0])
    # the level respondent adds nothing to the mean shape, and the one with a gap is not in it
    np.testing.assert_allclose(
        figures["normativeness", "pooled"].mean[0], alone["normativeness", "pooled"][0]
    )
