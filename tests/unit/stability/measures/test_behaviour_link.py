"""The link of values and behaviour: planted and recovered, absent and not found, by hand, missing."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from holdfast.design.instruments import Instrument
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.estimation.score_arrays import Design
from holdfast.stability.estimation.weighted_statistics import Names
from holdfast.stability.measures.behaviour_link import behaviour_links, link_name, link_parts, links
from holdfast.stability.resampling.stability_draws import Settings

FEW = Settings(draws=10)


def names(values: int, groups: int, contexts: int, replicates: int) -> Names:
    shown = ["", *(f"g{i}" for i in range(groups))] if groups > 1 else [""]
    every = [link_name("q", f"v{i}", g) for i in range(values) for g in shown]
    return Names([f"c{i}" for i in range(contexts)], every, range(1, replicates + 1))


def estimated(values: np.ndarray, groups: np.ndarray, settings: Settings = FEW) -> list[Estimate]:
    shape = values.shape
    return links(
        values, groups, names(shape[3], groups.shape[3], shape[1], shape[0]), settings
    )  # fmt: skip


def pooled(rows: list[Estimate]) -> dict[str, Estimate]:
    """Return the rows pooled over contexts by the name of the link."""
    return {str(r.value): r for r in rows if r.context_a is None}


def planted(rho: float, shape: tuple[int, int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a value and a task's score whose Pearson correlation is rho in every context and replicate."""
    g = np.random.default_rng(seed)
    value, noise = g.normal(size=(*shape, 1)), g.normal(size=(*shape, 1))
    return value, rho * value + np.sqrt(1 - rho**2) * noise


@pytest.mark.parametrize("rho", [-0.8, -0.3, 0.0, 0.6])
def test_planted_link_is_recovered(rho: float) -> None:
    """Spearman's of normal scores is 6/π asin(ρ/2)."""
    row = pooled(estimated(*planted(rho, (2, 3, 2000), 1), Settings(draws=0)))["q × v0"]
    assert row.estimate == pytest.approx(6 / np.pi * np.arcsin(rho / 2), abs=0.02)
    assert (row.quantity, row.status, row.undefined) == ("value_behaviour_link", "ok", 0)


def test_interval_holds_a_planted_link_of_persons() -> None:
    """Persons who keep both over contexts: the interval must be as wide as other persons make it."""
    truth, held = 6 / np.pi * np.arcsin(0.5 / 2), 0
    for seed in range(120):
        value, coins = planted(0.5, (1, 1, 40), seed)
        row = pooled(estimated(*(np.repeat(x, 3, axis=1) for x in (value, coins))))["q × v0"]
        held += row.lower <= truth <= row.upper
    assert 0.9 <= held / 120 <= 0.99


def test_random_answers_have_no_link_and_the_null_says_how_far_they_scatter() -> None:
    g = np.random.default_rng(0)
    seen = []
    for _ in range(60):
        coins = 2 * g.integers(0, 6, (2, 3, 20, 4, 5)).mean(axis=-1)
        rows = estimated(g.integers(1, 7, (2, 3, 20, 6)).astype(float), coins, Settings(draws=0))
        seen += [[r.estimate, r.null_sd, r.null_mean] for r in rows if r.context_a is None]
    estimates, sd, mean = np.array(seen).T
    assert set(mean) == {0.0} and sd == pytest.approx(1 / np.sqrt(19 * 6))
    assert estimates.mean() == pytest.approx(0, abs=0.01)
    assert estimates.std() == pytest.approx(sd[0], rel=0.1)


def test_links_by_hand() -> None:
    g = np.random.default_rng(3)
    values, coins = g.normal(size=(2, 3, 15, 2)), g.integers(0, 6, (2, 3, 15, 4)) * 2.0
    rows = estimated(values, coins)
    assert len(rows) == 2 * (1 + 4) * (1 + 3)

    def by_hand(value: int, done: np.ndarray, contexts: range) -> float:
        places = product(range(2), contexts)
        return float(
            np.mean([spearmanr(values[r, c, :, value], done[r, c]).statistic for r, c in places])
        )

    found = pooled(rows)
    assert found["q × v1"].estimate == pytest.approx(by_hand(1, coins.mean(axis=-1), range(3)))
    assert found["q × v0 × g3"].estimate == pytest.approx(by_hand(0, coins[..., 3], range(3)))
    one = next(r for r in rows if r.value == "q × v0 × g2" and r.context_a == "c1")
    assert one.estimate == pytest.approx(by_hand(0, coins[..., 2], range(1, 2)))
    assert one.null_sd == pytest.approx(1 / np.sqrt(14 * 2))
    assert all(r.lower < r.estimate < r.upper and r.n == 15 and r.se > 0 for r in rows)


def test_the_same_gift_for_all_is_undefined_and_counted() -> None:
    g = np.random.default_rng(4)
    values, coins = g.normal(size=(1, 2, 10, 1)), g.normal(size=(1, 2, 10, 2))
    coins[:, 0, :, 1] = 4.0
    found = pooled(estimated(values, coins))
    assert (found["q × v0 × g1"].undefined, found["q × v0 × g0"].undefined) == (1, 0)
    assert found["q × v0 × g1"].status == "ok"
    coins[:, 1, :, 1] = 4.0
    row = pooled(estimated(values, coins))["q × v0 × g1"]
    assert (row.status, row.undefined) == ("not_estimable", 2) and np.isnan(row.estimate)


def test_respondents_without_both_are_left_out_of_n_and_of_the_link() -> None:
    g = np.random.default_rng(5)
    values, coins = g.normal(size=(1, 2, 12, 2)), g.normal(size=(1, 2, 12, 3))
    values[:, :, 0], coins[:, :, 1] = np.nan, np.nan
    rows, fewer = estimated(values, coins), estimated(values[:, :, 2:], coins[:, :, 2:])
    for row, other in zip(rows, fewer, strict=True):
        assert row.n == other.n == 10
        assert row.estimate == pytest.approx(other.estimate)
        assert row.lower == pytest.approx(other.lower)


def test_name_of_a_link_comes_apart_again() -> None:
    for parts in (("pvq40", "Self-Direction", "Elves"), ("svs", "Power", "")):
        assert link_parts(link_name(*parts)) == parts


def instrument(name: str, values: list[str], framework: str) -> Instrument:
    about = dict.fromkeys(("title", "source", "licence", "introduction", "question"), "")
    key = {v: [i + 1] for i, v in enumerate(values)}
    forms = dict.fromkeys(("female", "male", "neutral"), "x")
    return Instrument.model_validate(
        about | {"name": name, "framework": framework, "wording": "own", "values": key,
                 "centred": framework != "behaviour",
                 "options": [{"rating": r, "text": str(r)} for r in (2, 1)],
                 "items": [{"item": i + 1, **forms} for i in range(len(values))]}
    )  # fmt: skip


def test_only_tasks_and_questionnaires_of_the_same_respondents_are_linked() -> None:
    asked = [
        instrument("q", ["a", "b"], "own"), instrument("t", ["g", "h"], "behaviour"),
        instrument("one", ["all"], "behaviour"),
    ]  # fmt: skip
    people, contexts = [f"p{i}" for i in range(8)], ["x", "y"]
    design = Design([1], contexts, people, pd.DataFrame(), asked)
    g = np.random.default_rng(6)
    table = pd.DataFrame(
        [{"replicate": 1, "context": c, "respondent": p, "instrument": i.name, "value": v,
          "centred": g.normal()}
         for c, p, i in product(contexts, people, asked) for v in i.values]
    )  # fmt: skip
    rows = behaviour_links(table, design, asked[1], FEW)
    assert set(pooled(rows)) == {f"q × {v}{g}" for v in "ab" for g in ("", " × g", " × h")}
    assert set(pooled(behaviour_links(table, design, asked[2], FEW))) == {"q × a", "q × b"}
    alone = Design([1], contexts, people, pd.DataFrame(), asked[1:])
    assert behaviour_links(table, alone, asked[1], FEW) == []
