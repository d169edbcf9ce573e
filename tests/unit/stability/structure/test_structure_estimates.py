"""Rows of structure and confirmatory factor analysis in the table of estimates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from golden_data import PVQ_KEY

from holdfast.design.instruments import load_instrument
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.estimation.weighted_statistics import Names
from holdfast.stability.stability_job import Design
from holdfast.stability.structure.administrations import Answers
from holdfast.stability.structure.cfa_estimates import COMPAT, INDICES
from holdfast.stability.structure.invariance_estimates import QUANTITIES as INVARIANCE
from holdfast.stability.structure.structure_estimates import validity, write_structure
from holdfast.stability.structure.value_circle import HIGHER_ORDER
from holdfast.stability.structure.value_structure import QUANTITIES
from holdfast.tables.table_files import read_table, write_table

KEY = {value: [i - 1 for i in items] for value, items in PVQ_KEY.items()}
CONTEXTS = ["joke", "poem", "chess"]


def ratings(respondents: int = 40, seed: int = 0) -> FloatArray:
    """Return ratings (2, 3, N, 40) in which each value is a factor."""
    random = np.random.default_rng(seed)
    position = [next(n for n, k in enumerate(KEY.values()) if i in k) for i in range(40)]
    factors = random.normal(size=(respondents, 10))[:, position]
    noise = 0.8 * random.normal(size=(2, 3, respondents, 40))
    return np.asarray(np.clip(np.round(3.5 + factors + noise), 1, 6), dtype=np.float64)


def rows(array: FloatArray, permutations: int = 4) -> list[Estimate]:
    replicates, contexts = array.shape[:2]
    names = Names(CONTEXTS[:contexts], list(KEY), [1, 2][:replicates])
    answers = Answers(array, KEY, names)
    return validity(answers, permutations, np.random.default_rng(0))


def pooled(found: list[Estimate], quantity: str) -> Estimate:
    own = [
        r for r in found
        if r.quantity == quantity and r.value is r.context_a is r.replicate is None
    ]  # fmt: skip
    assert len(own) == 1
    return own[0]


def test_every_quantity_has_its_rows() -> None:
    found = rows(ratings())
    for quantity in QUANTITIES:
        own = [r for r in found if r.quantity == quantity]
        assert len(own) == 1 + 3 + 2
        assert {r.context_a for r in own} == {None, *CONTEXTS}
        assert {r.replicate for r in own} == {None, 1, 2}
        assert all(r.status == "ok" and r.n == 40 for r in own)
        single = [r.estimate for r in own if r.context_a]
        assert pooled(found, quantity).estimate == pytest.approx(np.mean(single))
    for index in (*INDICES, *COMPAT):
        own = [r for r in found if r.quantity == index]
        assert {r.value for r in own} == {None, *HIGHER_ORDER}
    assert pooled(found, "separability").estimate > pooled(found, "separability").null_mean + 0.3
    assert pooled(found, "stress").estimate < pooled(found, "stress").null_mean


def test_an_improper_fit_counts_and_has_a_row_with_its_reason() -> None:
    array = ratings()[:1, :2]
    first = rows(array, 0)
    array[0, 1, :, KEY["Power"][0]] = 4
    found = rows(array, 0)
    own = [r for r in found if r.quantity == "srmr" and r.status == "constant_item"]
    assert [(r.value, r.context_a, r.replicate) for r in own] == [("self_enhancement", "poem", 1)]
    assert np.isnan(own[0].estimate)
    before, after = (pooled(x, "cfi_compat") for x in (first, found))
    assert after.undefined == before.undefined + 1 == 1
    assert after.estimate < before.estimate - 0.1
    assert after.status == "ok"
    without, single = pooled(found, "cfi"), pooled(first, "cfi")
    assert without.undefined == single.undefined + 1
    assert without.estimate == pytest.approx(single.estimate, abs=0.02)
    assert f"mean of {8 - without.undefined} of 8 fits" in without.method
    assert pooled(found, "stress").undefined == 1


def test_nothing_but_constants_is_no_figure() -> None:
    found = rows(np.full((2, 3, 40, 40), 3.0))
    assert pooled(found, "stress").status == "constant_items"
    assert np.isnan(pooled(found, "stress").estimate)
    assert pooled(found, "stress").undefined == 240
    assert pooled(found, "cfi").status == "constant_item"
    assert np.isnan(pooled(found, "cfi").estimate)
    assert pooled(found, "cfi_compat").estimate == 0
    assert pooled(found, "rmsea_compat").estimate == 1


def test_respondents_with_a_missing_answer_are_left_out() -> None:
    array = ratings()[:1, :2]
    without = rows(np.delete(array, 5, axis=2), 0)
    array[:, :, 5, 17] = np.nan
    found = rows(array, 0)
    assert pooled(found, "stress").n == 39
    for a, b in zip(found, without, strict=True):
        assert a.estimate == pytest.approx(b.estimate, nan_ok=True)


def test_other_values_have_no_structure() -> None:
    key = {"A": [0, 1, 2], "B": [3, 4]}
    names = Names(CONTEXTS, list(key), [1, 2])
    assert validity(Answers(ratings(), key, names), 2, np.random.default_rng(0)) == []


def test_the_rule_s_table(tmp_path: Path) -> None:
    array, people = ratings(12), [f"p{i}" for i in range(12)]
    instrument = load_instrument(Path(__file__).parents[4] / "resources", "pvq40")
    table = pd.DataFrame([
        {
            "model": "m", "population": "p", "respondent": people[n], "context": CONTEXTS[c],
            "replicate": r + 1, "instrument": "pvq40", "item": i + 1, "value": "",
            "rating": array[r, c, n, i], "expected": 0.0, "position": 1, "mass": 1.0,
            "entropy": 0.0, "status": "ok",
        }
        for r, c, n, i in np.ndindex(array.shape)
    ])  # fmt: skip
    write_table(table, "ratings", tmp_path / "ratings.parquet")
    design = Design([1, 2], CONTEXTS, people, pd.DataFrame(), [instrument])
    write_structure(
        ratings=tmp_path / "ratings.parquet", design=design,
        about={"model": "m", "family": "f", "population": "p"},
        settings={"seed": 1, "rating": "choice", "structure_permutations": 2},
        output=tmp_path / "out.parquet",
    )  # fmt: skip
    found = read_table(tmp_path / "out.parquet", "estimates")
    whole = found[found["context_a"].eq("") & found["value"].eq("") & found["replicate"].isna()]
    estimates = dict(zip(whole["quantity"], whole["estimate"], strict=True))
    assert set(estimates) == {
        *QUANTITIES,
        *INDICES,
        *COMPAT,
        "correspondence",
        "correspondence_p",
        "latent_rank_order",
    }
    assert estimates["stress"] == pytest.approx(pooled(rows(array, 0), "stress").estimate)


def test_invariance_and_latent_stability_have_rows_of_higher_order_values() -> None:
    found = rows(ratings(60), 0)
    for quantity in INVARIANCE:
        own = [r for r in found if r.quantity == quantity]
        whole = [None] if quantity == "latent_rank_order" else []
        assert [r.value for r in own] == [*whole, *HIGHER_ORDER]
        assert all(r.context_a is r.replicate is None and r.n == 60 for r in own)
    latent = pooled(found, "latent_rank_order")
    assert latent.estimate == pytest.approx(1, abs=0.05)  # the values never change
    assert latent.undefined == 0
    levels = [r for r in found if r.quantity == "invariance_level" and r.status == "ok"]
    assert levels and max(r.estimate for r in levels) == 3


def test_only_contexts_that_are_compared_enter_the_invariance() -> None:
    array = ratings()[:1]
    array[0, 2, :, :] = np.random.default_rng(0).integers(1, 7, (40, 40))
    names = Names(CONTEXTS, list(KEY), [1])
    few, every = (
        validity(Answers(array, KEY, names, compared), 0, np.random.default_rng(0))
        for compared in (np.array([0, 1]), None)
    )
    assert pooled(few, "latent_rank_order").estimate > 0.9
    assert pooled(every, "latent_rank_order").estimate < 0.9


def test_one_context_has_no_invariance() -> None:
    found = rows(ratings()[:, :1], 0)
    assert not [r for r in found if r.quantity in INVARIANCE]
