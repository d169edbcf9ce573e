"""Measurement invariance and latent stability: against lavaan, and where the truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from golden_data import GOLDEN, PVQ_KEY

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.structure.invariance import LEVELS, Invariance, invariance
from holdfast.stability.structure.latent_stability import latent_correlations
from holdfast.stability.structure.value_circle import HIGHER_ORDER

FOLDER = GOLDEN / "lavaan"


@pytest.fixture(scope="module")
def samples() -> dict[str, Any]:
    table = pd.read_csv(FOLDER / "ratings.csv", dtype=str)
    return {
        str(name): np.array([list(map(float, row)) for row in own["ratings"]])
        for name, own in table.groupby("sample", sort=False)
    }


def test_indices_of_every_level_are_those_of_lavaan(samples: dict[str, Any]) -> None:
    table = pd.read_csv(FOLDER / "invariance.csv")
    assert len(table) == 2 * 4 * 3
    for (groups, model), own in table.groupby(["set", "model"], sort=False):
        ratings = np.stack([x for name, x in samples.items() if name.startswith(str(groups))])
        values = HIGHER_ORDER[str(model)]
        columns = [i - 1 for v in values for i in PVQ_KEY[v]]
        found = invariance(ratings[:, :, columns], [len(PVQ_KEY[v]) for v in values])
        assert own["level"].tolist() == list(LEVELS)
        assert found.cfi == pytest.approx(own["cfi"].tolist(), abs=1e-6)
        assert found.rmsea == pytest.approx(own["rmsea"].tolist(), abs=1e-6)
        improper = own["latent"].lt(0).to_numpy()
        assert found.proper == (np.argmax(improper) if improper.any() else 3)
        assert found.problem == ("latent_covariance" if improper.any() else "")


def answers(respondents: int, seed: int, *, stable: float = 0.8, own: float = 0.5) -> FloatArray:
    """Return ratings (3 contexts, N, 7 items) of two correlated values that are stable to a known degree.

    Items keep something of their own, and the rest is noise.
    """
    random = np.random.default_rng(seed)
    both = np.linalg.cholesky(np.array([[1, 0.4], [0.4, 1]]))
    kept, new = random.normal(size=(respondents, 2)), random.normal(size=(3, respondents, 2))
    latent = (np.sqrt(stable) * kept + np.sqrt(1 - stable) * new) @ both.T
    specific = own * random.normal(size=(respondents, 7))
    noise = 0.5 * random.normal(size=(3, respondents, 7))
    return np.asarray(0.8 * latent[..., [0, 0, 0, 0, 1, 1, 1]] + specific + noise, dtype=np.float64)


def test_what_is_the_same_in_all_contexts_is_scalar() -> None:
    """Also where the values themselves change, in level and in spread."""
    ratings = answers(200, 0)
    ratings[1, :, :4] = 1.3 * ratings[1, :, :4] + 0.5
    assert invariance(ratings, [4, 3]).level() == 3


def test_an_item_that_is_answered_higher_in_one_context_leaves_metric() -> None:
    ratings = answers(200, 1)
    ratings[2, :, 1] += 1
    found = invariance(ratings, [4, 3])
    assert (found.proper, found.level()) == (3, 2)


def test_an_item_that_means_something_else_in_one_context_leaves_configural() -> None:
    ratings = answers(200, 2)
    ratings[2, :, 1] = 0.2 * ratings[2, :, 1] + np.random.default_rng(0).normal(size=200)
    found = invariance(ratings, [4, 3])
    assert (found.proper, found.level()) == (3, 1)


def test_noise_holds_no_level() -> None:
    noise = np.random.default_rng(3).normal(size=(3, 200, 7))
    assert invariance(noise, [4, 3]).level() == 0


def test_a_level_holds_only_with_those_before_it() -> None:
    assert Invariance([0.95, 0.93, 0.93], [0.05] * 3, proper=3).level() == 1
    assert Invariance([0.95, 0.945, 0.94], [0.05, 0.05, 0.07], proper=3).level() == 2
    assert Invariance([0.85, 0.85, 0.85], [0.05] * 3, proper=3).level() == 0
    assert Invariance([0.95, 0.95, 0.95], [0.05] * 3, proper=1).level() == 1


def test_what_can_t_be_fitted_has_its_reason() -> None:
    ratings = answers(40, 4)
    assert invariance(ratings[:, :20], [4, 3]).problem == "too_few_respondents"
    constant, same = ratings.copy(), ratings.copy()
    constant[1, :, 2] = 3
    same[1, :, 2] = same[1, :, 3]
    assert invariance(constant, [4, 3]).problem == "constant_item"
    assert invariance(same, [4, 3]).problem == "collinear_items"


def test_latent_correlations_are_near_those_of_lavaan(samples: dict[str, Any]) -> None:
    """Maximum likelihood with equal loadings; the moments need no iterations and are a little noisier."""
    table = pd.read_csv(FOLDER / "latent.csv")
    ours = []
    for row in table.to_dict("records"):
        ratings = np.stack([samples[row["a"]], samples[row["b"]]])[None]
        centred = ratings - ratings.mean(axis=3, keepdims=True)
        items = centred[..., [i - 1 for i in PVQ_KEY[row["value"]]]]
        ours.append(latent_correlations(items)[0, 1])
    apart = np.array(ours) - table["correlation"].to_numpy()
    assert np.abs(apart).max() < 0.08
    assert abs(apart.mean()) < 0.025


@pytest.mark.parametrize("stable", [0.5, 0.9])
def test_the_latent_correlation_is_that_of_the_values_without_what_items_keep(
    stable: float,
) -> None:
    """Unequal loadings cancel, and what an item keeps of its own is left out."""
    ratings = answers(4000, 5, stable=stable, own=1.0)[..., :4] * [1, 2, 0.5, 1.5]
    found = latent_correlations(ratings[None])
    assert found.diagonal() == pytest.approx(np.ones(3))
    assert found[np.triu_indices(3, k=1)] == pytest.approx(np.full(3, stable), abs=0.05)
    plain = np.corrcoef(ratings[0].sum(axis=1), ratings[1].sum(axis=1))[0, 1]
    assert abs(plain - stable) > 0.05 or stable == 0.9


def test_noise_and_single_items_have_no_latent_correlation() -> None:
    noise = np.random.default_rng(6).normal(size=(1, 2, 2000, 4))
    assert np.isnan(latent_correlations(noise)).all()
    assert np.isnan(latent_correlations(answers(50, 7)[None, ..., :1])).all()
