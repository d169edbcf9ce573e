"""Intervals about contexts like these: against a plain loop, and in simulated studies whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr, t

from holdfast.stability.context_figures import of_stability, second_intervals
from holdfast.stability.estimation.context_layout import layout, plain, without_each_topic
from holdfast.stability.estimation.estimate_tables import (
    draws_table,
    estimates_table,
    stability_of,
)
from holdfast.stability.estimation.family_stability import family_stability, pooled
from holdfast.stability.estimation.model_comparison import compare
from holdfast.stability.estimation.model_stability import Stability, model_stability
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.measures.all_measures import measures
from holdfast.stability.resampling.intervals import ends
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.stability.resampling.two_way_jackknife import over_contexts, two_way_spread

SETTINGS = Settings(draws=20)
ABOUT = {"model": "m", "family": "f", "population": "p", "instrument": "q"}


def scores(seed: int, contexts: int = 4, respondents: int = 8, values: int = 3) -> np.ndarray:
    """Return answers (1, C, N, V) of one replicate; the first topic disturbs most."""
    g = np.random.default_rng(seed)
    noise = np.linspace(1.5, 0.5, contexts)[:, None, None]
    noise = noise * g.normal(size=(contexts, respondents, values))
    return np.asarray((np.random.default_rng(99).normal(size=(respondents, values)) + noise)[None])


def model(x: np.ndarray) -> Stability:
    names = Names([f"c{i}" for i in range(x.shape[1])], [f"v{i}" for i in range(x.shape[3])], [1])
    core = model_stability(x, names.contexts, names.values, replicates=[1], draws=SETTINGS.draws)
    told = replace(plain(x.shape[1]), topics=names.contexts)
    return second_intervals(core, Sample(x), names, told, SETTINGS, statistics=False)


def rank_order(x: np.ndarray) -> float:
    """Return rank-order stability of answers (C, N, V) with one call of scipy a pair and value."""
    pairs = combinations(range(len(x)), 2)
    return float(
        np.mean([spearmanr(x[a, :, v], x[b, :, v])[0] for a, b in pairs for v in range(x.shape[2])])
    )


def jackknife(x: np.ndarray, of: object) -> tuple[float, float, float]:
    """Return a figure of (C, N, V) on Fisher's scale, its error and degrees of freedom, in plain loops."""
    contexts, respondents = x.shape[:2]
    z = np.arctanh(of(x))  # type: ignore[operator]
    by_c = [np.arctanh(of(np.delete(x, c, 0))) for c in range(contexts)]  # type: ignore[operator]
    by_i = [np.arctanh(of(np.delete(x, i, 1))) for i in range(respondents)]  # type: ignore[operator]
    cells = np.array([
        [contexts * respondents * z - contexts * (respondents - 1) * by_i[i]
         - respondents * (contexts - 1) * by_c[c] + (contexts - 1) * (respondents - 1)
         * np.arctanh(of(np.delete(np.delete(x, c, 0), i, 1)))  # type: ignore[operator]
         for i in range(respondents)] for c in range(contexts)
    ])  # fmt: skip
    of_c = sum((b - np.mean(by_c)) ** 2 for b in by_c) * (contexts - 1) / contexts
    of_i = sum((b - np.mean(by_i)) ** 2 for b in by_i) * (respondents - 1) / respondents
    free = (contexts - 1) * (respondents - 1)
    rest = cells - cells.mean(axis=0) - cells.mean(axis=1, keepdims=True) + cells.mean()
    of_cells = (rest**2).sum() / free / cells.size
    variance = of_c + of_i - of_cells
    assert variance > max(of_c, of_i)  # else another formula holds
    freedom = variance**2 / (
        of_c**2 / (contexts - 1) + of_i**2 / (respondents - 1) + of_cells**2 / free
    )
    bias = (respondents - 1) * (np.mean(by_i) - z)
    return float(z), float(np.sqrt(variance + bias**2)), float(freedom)


def test_a_plain_loop_that_deletes_one_at_a_time() -> None:
    x = scores(5)
    z, error, freedom = jackknife(x[0], rank_order)
    row = pooled(model(x), "rank_order")
    away = t.isf(0.025, freedom) * error
    assert (row.contexts_lower, row.contexts_upper) == pytest.approx(
        (np.tanh(z - away), np.tanh(z + away))
    )
    assert row.contexts_status == "ok"


def test_each_topic_left_out() -> None:
    x = scores(2)
    found = {r.context_a: r for r in model(x).estimates if r.quantity == "rank_order_without"}
    assert list(found) == ["c0", "c1", "c2", "c3"]
    for c, row in enumerate(found.values()):
        assert row.estimate == pytest.approx(rank_order(np.delete(x[0], c, 0)))
        assert row.lower < row.estimate < row.upper and row.contexts_status == "these_contexts"


def test_rows_say_which_intervals_they_have() -> None:
    status = {(r.value, r.context_a, r.replicate): r.contexts_status
              for r in model(scores(0)).estimates if r.quantity == "rank_order"}  # fmt: skip
    assert status[None, None, None] == status["v1", None, None] == status[None, None, 1] == "ok"
    assert (
        status[None, "c0", None] == "these_contexts" and status["v0", "c0", None] == "no_interval"
    )
    few = model(scores(0, contexts=3))
    assert pooled(few, "ipsative").contexts_status == "few_contexts" and not few.deleted
    assert np.isnan(pooled(few, "ipsative").contexts_lower)
    assert not [r for r in few.estimates if r.quantity.endswith("_without")]


def test_tables_and_back() -> None:
    one = model(scores(0))
    again = stability_of(estimates_table(one, ABOUT), draws_table(one, "q"), "q")
    assert again.deleted.keys() == one.deleted.keys() and again.draws.keys() == one.draws.keys()
    for quantity, figures in one.deleted.items():
        np.testing.assert_array_equal(again.deleted[quantity], figures)
    assert repr(pooled(again, "rank_order")) == repr(pooled(one, "rank_order"))


def test_a_family_and_a_comparison_are_of_the_same_topics() -> None:
    """A family of one is its model; the interval of a difference is the jackknife of differences."""
    one, other = model(scores(0)), model(scores(1))
    alone = pooled(family_stability([one]), "rank_order")
    assert alone.contexts_lower == pytest.approx(pooled(one, "rank_order").contexts_lower)
    both = family_stability([one, other]).deleted["rank_order"]
    np.testing.assert_allclose(both, (one.deleted["rank_order"] + other.deleted["rank_order"]) / 2)
    rows = compare({"one": one, "other": other}, "model", 0.95)
    row = next(
        r for r in rows if r["method"] == "paired_contexts" and r["quantity"] == "rank_order"
    )
    less = one.deleted["rank_order"] - other.deleted["rank_order"]
    spread = two_way_spread(less, "plain")
    assert row["difference"] == pytest.approx(float(less[0, 0])) and row["status"] == "ok"
    expected = 2 * t.sf(abs(less[0, 0]) / float(spread.error), float(spread.freedom))
    assert row["p"] == pytest.approx(float(expected))


def test_conversations_on_one_topic_are_left_out_together() -> None:
    told = layout(pd.DataFrame({
        "context": ["none", "a-1", "a-7", "b-1", "b-7", "x"], "topic": ["", "a", "a", "b", "b", ""],
        "text": ["", "", "", "", "", "story"], "messages": [0, 1, 7, 1, 7, 1],
    }))  # fmt: skip
    found = without_each_topic(told)
    assert {topic: one.main.tolist() for topic, one in found.items()} == {
        "a": [4, 5], "b": [2, 5], "story": [2, 4],
    }  # fmt: skip
    assert {n: at.tolist() for n, at in found["a"].lengths.items()} == {1: [3], 7: [4]}


def test_a_length_has_the_second_interval_of_a_study_of_that_length_alone() -> None:
    x = np.concatenate([scores(3), scores(4)], axis=1)  # four topics after 1 message, then after 7
    told = replace(
        plain(8), main=np.arange(4, 8), lengths={1: np.arange(4), 7: np.arange(4, 8)},
        topics=list("abcdabcd"),
    )  # fmt: skip
    names = Names([f"c{i}" for i in range(8)], [f"v{i}" for i in range(3)], [1])
    rows, _ = measures(Sample(x), names, SETTINGS, {}, told)
    found = second_intervals(Stability(tuple(rows), {}, 8, 0), Sample(x), names, told, SETTINGS)
    at = {r.context_a: r for r in found.estimates if r.quantity == "rank_order_at_length"}
    for length, own in (("1 messages", x[:, :4]), ("7 messages", x[:, 4:])):
        alone = pooled(model(own), "rank_order")
        assert at[length].contexts_status == "ok"
        for end in ("contexts_lower", "contexts_upper", "contexts_se"):
            assert getattr(at[length], end) == pytest.approx(getattr(alone, end))


def equal_models(
    studies: int, respondents: int = 20, topics: int = 5
) -> tuple[float, list[np.ndarray]]:
    """Return two models that are equal over topics, as replicates are independent studies, and the truth.

    The disturbance of a topic is log-normal (SD .4) and each model's own: what a topic does to one is not what
    it does to the other.
    """
    g = np.random.default_rng(7)
    latent = g.normal(size=(studies, 1, respondents, 3))
    made = [
        latent + 0.8 * np.exp(0.4 * g.normal(size=(studies, topics, 1, 1)))
        * g.normal(size=(studies, topics, respondents, 3))
        for _ in range(2)
    ]  # fmt: skip
    d = 0.8 * np.exp(0.4 * g.normal(size=(2, 1_000_000)))
    r = 1 / np.sqrt((1 + d[0] ** 2) * (1 + d[1] ** 2))
    return float((6 / np.pi * np.arcsin(r / 2)).mean()), made


def test_coverage_and_false_positives_of_equal_models() -> None:
    """Intervals hold the truth over all topics in 92 to 97 %, and a difference is claimed in at most 6 %."""
    true, models = equal_models(300)
    about = ("rank_order", "replicate")
    one, other = (
        of_stability(Sample(x), plain(5), SETTINGS)[about]
        for x in models  # type: ignore[index]
    )
    found = over_contexts("rank_order", one, 0.95)
    assert 0.92 <= np.mean((found.lower <= true) & (true <= found.upper)) <= 0.97
    less = one - other
    low, high = ends(less[0, 0], two_way_spread(less, "plain"), 0.95, "plain", (-9, 9))
    assert np.mean((low > 0) | (high < 0)) <= 0.06
