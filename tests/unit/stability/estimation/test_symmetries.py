"""What must not change any figure: orders, units of the ratings, and somebody or something constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.stability.correlation.undefined_correlations import UndefinedRule
from holdfast.stability.estimation.model_stability import Estimate, model_stability
from holdfast.stability.estimation.score_arrays import Design, rating_array, score_array
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.measures.all_measures import measures
from holdfast.stability.measures.fidelity import Known, fidelity
from holdfast.stability.resampling.stability_draws import Settings

R, C, N, V, ITEMS = 2, 3, 14, 5, 3
VALUES = [f"v{i}" for i in range(V)]
CONTEXTS = ["a", "b", "c"]
OF_SIZE = {
    "rmse": 1,
    "mean_level_change": 1,
    "mean_level_change_abs": 1,
    "scatter": 1,
    "elevation": 1,
}
"""Quantities in rating steps, and to which power; variances are in steps squared."""

few = settings(deadline=None, max_examples=12)
seeds = st.integers(0, 999)
Rows = dict[tuple[str, str | None, str | None, str | None, int | None], Estimate]


def answers(seed: int) -> np.ndarray:
    """Return ratings (R, C, N, V × ITEMS) of personas with profiles, from 1 to 6."""
    g = np.random.default_rng(seed)
    profile = np.repeat(g.normal(size=(N, V)), ITEMS, axis=1)
    return np.clip(np.round(3.5 + profile + g.normal(size=(R, C, N, V * ITEMS))), 1, 6)


def latent(seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 1]).normal(size=(N, V))


def scored(ratings: np.ndarray) -> np.ndarray:
    shape = ratings.shape
    scores = ratings.reshape(*shape[:3], V, ITEMS).mean(axis=-1)
    return np.asarray(scores - ratings.mean(axis=-1, keepdims=True))


def estimated(
    scores: np.ndarray, ratings: np.ndarray, true: np.ndarray, rule: UndefinedRule = "zero",
    values: Sequence[str] = VALUES, contexts: Sequence[str] = CONTEXTS,
) -> Rows:  # fmt: skip
    """Return every row of a study, by quantity and place; without intervals."""
    told = Settings(rule, draws=0)
    key = [list(range(v * ITEMS, (v + 1) * ITEMS)) for v in range(V)]
    core = model_stability(scores, contexts, values, undefined=rule, draws=0)
    rows, _ = fidelity(Known(scores, true, contexts, values), told)
    names = Names(contexts, values, range(scores.shape[0]))
    more, _ = measures(Sample(scores, rule, ratings, key), names, told, {})
    every = [*core.estimates, *rows, *more]
    return {(r.quantity, r.value, r.context_a, r.context_b, r.replicate): r for r in every}


OF_ALL_ITEMS = {"cronbach_alpha_centred", "rank_order_ipsatised", "rank_order_standardised"}
"""Quantities of scores from which, here, the rating of all items is taken out."""


def same(one: Estimate, other: Estimate, factor: float = 1.0, shift: float = 0.0) -> None:
    assert (one.status, one.undefined) == (other.status, other.undefined), one
    assert other.estimate == pytest.approx(factor * one.estimate + shift, abs=1e-9, nan_ok=True), (
        one
    )


@few
@given(
    seeds, st.permutations(range(N)), st.permutations(range(C)), st.permutations(range(V)),
    st.permutations(range(R)),
)  # fmt: skip
def test_orders(
    seed: int, people: list[int], places: list[int], kinds: list[int], times: list[int]
) -> None:
    """Respondents, contexts, values and replicates in another order: the same rows, by name."""
    ratings, true = answers(seed), latent(seed)
    before = estimated(scored(ratings), ratings, true)
    turned = ratings.reshape(R, C, N, V, ITEMS)[np.ix_(times, places, people, kinds)]
    turned = turned.reshape(ratings.shape)
    after = estimated(
        scored(turned), turned, true[people][:, kinds],
        values=[VALUES[v] for v in kinds], contexts=[CONTEXTS[c] for c in places],
    )  # fmt: skip
    for (quantity, value, a, b, replicate), row in before.items():
        if replicate is not None or quantity == "mean_level_change":
            continue  # the numbers of replicates stay, and a change has a direction
        found = after.get((quantity, value, a, b, None)) or after[quantity, value, b, a, None]
        same(row, found)


@few
@given(seeds, st.sampled_from([0.01, 0.5, 3.0, 100.0]), st.integers(-5, 5))
def test_units_of_the_ratings(seed: int, factor: float, shift: int) -> None:
    """Ratings in other units: coefficients stay, sizes and variances follow."""
    ratings, true = answers(seed), latent(seed)
    other = factor * ratings + shift
    after = estimated(scored(other), other, true)
    for at, row in estimated(scored(ratings), ratings, true).items():
        power = 2 if at[0].startswith("variance") else OF_SIZE.get(at[0], 0)
        same(row, after[at], factor**power, shift if at[0] == "elevation" else 0)


@few
@given(seeds, st.integers(0, V - 1), st.sampled_from(["zero", "drop"]))
def test_a_constant_value(seed: int, kind: int, rule: UndefinedRule) -> None:
    """It is counted where it is undefined, and the other values' rows stay as they are."""
    ratings, true = answers(seed), latent(seed)
    scores = scored(ratings)
    before = estimated(scores, ratings, true, rule)
    flat, same_answer = scores.copy(), ratings.copy()
    flat[..., kind], same_answer[..., kind * ITEMS : (kind + 1) * ITEMS] = 0.25, 4.0
    after = estimated(flat, same_answer, true, rule)
    for at, row in before.items():
        if at[1] not in (None, VALUES[kind]) and at[0] not in OF_ALL_ITEMS:
            same(row, after[at])
    cells = {"rank_order": R * 3, "pearson": R * 3, "icc_a1": R, "reliability": C}
    for quantity, count in cells.items():
        own = after[quantity, VALUES[kind], None, None, None]
        assert own.status == "not_estimable" and own.undefined == count
        whole = after[quantity, None, None, None, None]
        others = [after[quantity, v, None, None, None] for v in VALUES if v != VALUES[kind]]
        share = (V - 1) / V if rule == "zero" else 1.0
        if sum(o.undefined for o in others) == 0:
            assert whole.undefined == count
            assert whole.estimate == pytest.approx(share * np.mean([o.estimate for o in others]))


@few
@given(seeds, st.integers(0, N - 1), st.sampled_from(["zero", "drop"]))
def test_a_constant_respondent(seed: int, who: int, rule: UndefinedRule) -> None:
    """Ipsative figures leave it out, or count it as 0; and say so."""
    ratings, true = answers(seed), latent(seed)
    scores = scored(ratings)
    scores[:, :, who] = 0.0
    after = estimated(scores, ratings, true, rule)
    others = np.delete(np.arange(N), who)
    without = estimated(scores[:, :, others], ratings[:, :, others], true[others], rule)
    for quantity, count in (("ipsative", R * 3), ("fidelity", R * C)):
        row, rest = (rows[quantity, None, None, None, None] for rows in (after, without))
        share = (N - 1) / N if rule == "zero" else 1.0
        assert row.undefined == rest.undefined + count
        assert row.estimate == pytest.approx(share * rest.estimate)
    assert after["rank_order", None, None, None, None].undefined == 0


@few
@given(seeds, st.randoms(use_true_random=False))
def test_order_of_rows(seed: int, random: Any) -> None:
    """Tables of scores and ratings may come in any order of rows."""
    ratings = answers(seed)
    people = [f"r{i}" for i in range(N)]
    design = Design(range(1, R + 1), CONTEXTS, people, pd.DataFrame(), [])
    axes: list[Sequence[Any]] = [design.replicates, CONTEXTS, people]
    names = ["replicate", "context", "respondent"]
    items = pd.MultiIndex.from_product([*axes, range(1, V * ITEMS + 1)], names=[*names, "item"])
    table = items.to_frame(index=False).assign(rating=ratings.ravel())
    kinds = pd.MultiIndex.from_product([*axes, VALUES], names=[*names, "value"])
    scores = kinds.to_frame(index=False).assign(centred=scored(ratings).ravel())
    state = random.randint(0, 2**31)
    mixed = [t.sample(frac=1, random_state=state) for t in (table, scores)]
    found = rating_array(mixed[0], design, range(1, V * ITEMS + 1), "rating")
    np.testing.assert_array_equal(found, ratings)
    np.testing.assert_array_equal(score_array(mixed[1], design, VALUES), scored(ratings))
