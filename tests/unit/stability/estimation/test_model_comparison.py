"""Comparisons of models: hand-made draws, known truths, and the error rate under no difference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from holdfast.stability.context_figures import second_intervals
from holdfast.stability.estimation.context_layout import plain
from holdfast.stability.estimation.family_stability import family_stability
from holdfast.stability.estimation.model_comparison import adjusted, compare
from holdfast.stability.estimation.model_stability import Stability, model_stability
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.resampling.stability_draws import Settings


def model(seed: int, signal: float, trait: np.ndarray, draws: int = 200) -> Stability:
    """Return the stability of a model that plays the personas of a latent profile."""
    noise = np.random.default_rng(seed).normal(size=(3, 3, *trait.shape))
    names = Names(["a", "b", "c"], [f"v{i}" for i in range(trait.shape[1])], [1, 2, 3])
    scores = signal * trait + noise
    found = model_stability(
        scores, names.contexts, names.values, replicates=names.replicates, draws=draws
    )
    settings = Settings(draws=draws)
    return second_intervals(found, Sample(scores), names, plain(3), settings, statistics=False)


@pytest.fixture(scope="module")
def models() -> dict[str, Stability]:
    trait = np.random.default_rng(0).normal(size=(40, 4))
    return {
        "weak": model(1, 0.3, trait),
        "strong": model(2, 1.5, trait),
        "same": model(3, 1.5, trait),
    }


def test_rows(models: dict[str, Stability]) -> None:
    rows = compare(models, "model", 0.95)
    assert len(rows) == 2 * 3 * 3  # quantities × methods × pairs
    contexts = [r for r in rows if r["method"] == "paired_contexts"]
    assert all(r["status"] == "few_contexts" and np.isnan(r["p"]) for r in contexts)
    found = {(r["model_a"], r["model_b"], r["quantity"], r["method"]): r for r in rows}
    row = found["weak", "strong", "rank_order", "paired_bootstrap"]
    assert row["upper"] < 0 and row["p"] <= row["p_adjusted"] < 1e-3 and row["status"] == "ok"
    assert found["strong", "same", "rank_order", "paired_bootstrap"]["p"] > 0.01
    a, b = ([r.estimate for r in models[m].estimates
             if r.quantity == "ipsative" and r.replicate is not None] for m in ("weak", "strong"))  # fmt: skip
    t = found["weak", "strong", "ipsative", "t_test"]
    assert t["p"] == pytest.approx(ttest_ind(a, b).pvalue)
    assert t["lower"] < t["difference"] < t["upper"]


def test_families_have_no_t_test(models: dict[str, Stability]) -> None:
    families = {"one": family_stability([models["weak"]]),
                "two": family_stability([models["strong"], models["same"]])}  # fmt: skip
    rows = compare(families, "family", 0.95)
    assert {r["method"] for r in rows} == {"paired_contexts", "paired_bootstrap"}
    row = next(r for r in rows if r["method"] == "paired_bootstrap")
    assert row["p"] < 1e-3 and row["p_adjusted"] == row["p"]


def test_adjustment_by_hand() -> None:
    """Benjamini & Hochberg: p × m / rank, from the largest down; what has no p does not count."""
    rows = adjusted([{"p": p} for p in (0.01, 0.04, np.nan, 0.03)])
    assert [r["p_adjusted"] for r in rows] == pytest.approx([0.03, 0.04, np.nan, 0.04], nan_ok=True)


def test_a_model_against_itself(models: dict[str, Stability]) -> None:
    rows = compare({"a": models["weak"], "b": models["weak"]}, "model", 0.95)
    for row in (r for r in rows if r["method"] != "paired_contexts"):
        assert row["difference"] == 0 and row["p"] == 1 and row["status"] == "ok"


def test_what_is_not_estimable_is_not_compared(models: dict[str, Stability]) -> None:
    constant = model_stability(np.zeros((3, 3, 40, 4)), ["a", "b", "c"], list("wxyz"), draws=200)
    for row in compare({"a": models["weak"], "b": constant}, "model", 0.95):
        assert (
            row["status"] == "not_estimable" and np.isnan(row["p"]) and np.isnan(row["p_adjusted"])
        )


def test_nothing_to_compare() -> None:
    assert compare({}, "family", 0.95) == []


def test_no_difference_is_seldom_significant() -> None:
    """200 pairs of equal models: about 5 % have p < .05, at most 10 %."""
    p = []
    for seed in range(100):
        trait = np.random.default_rng(seed).normal(size=(40, 4))
        pair = {name: model(1000 * seed + i, 0.8, trait) for i, name in enumerate("ab", 1)}
        p += [r["p"] for r in compare(pair, "model", 0.95) if r["method"] == "paired_bootstrap"]
    assert 0.01 < np.mean(np.array(p) < 0.05) < 0.10
