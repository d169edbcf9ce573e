"""What holds for all statistics beside rank-order and ipsative stability."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.stability.estimation.weighted_statistics import (
    Names,
    Sample,
    Statistic,
    estimate_figures,
)
from holdfast.stability.measures.all_measures import OF_RATINGS, OF_SCORES, measures, measures_null
from holdfast.stability.resampling.stability_draws import Settings

KEY = [[0, 1, 2], [3, 4, 5, 6], [7, 8, 9], [10, 11, 12]]
SIZES = {"rmse", "mean_level_change", "mean_level_change_abs", "elevation", "scatter"}
EVERY = pytest.mark.parametrize(
    "statistic", OF_SCORES + OF_RATINGS, ids=lambda s: s.compute.__name__
)


def sample(seed: int, shape: tuple[int, int, int] = (2, 3, 12), signal: float = 1.0) -> Sample:
    """Return centred scores of rounded ratings and the ratings."""
    rng = np.random.default_rng(seed)
    trait = signal * np.repeat(rng.normal(size=(shape[2], 4)), [3, 4, 3, 3], axis=1)
    ratings = np.clip(np.round(3.5 + trait + rng.normal(size=(*shape, 13))), 1, 6)
    scores = np.stack([ratings[..., k].mean(-1) for k in KEY], -1) - ratings.mean(-1)[..., None]
    return Sample(scores, "zero", ratings, KEY)


def turned(data: Sample, contexts: list[int], respondents: list[int]) -> Sample:
    """Return the sample with its contexts and respondents in another order, or some repeated."""
    scores, ratings = (x[:, contexts][:, :, respondents] for x in (data.scores, data.ratings))
    return Sample(scores, data.undefined, ratings, data.key)


def figures(statistic: Statistic, data: Sample, weights: np.ndarray) -> dict[tuple, np.ndarray]:
    return {(f.quantity, f.level): f.mean for f in statistic.compute(data, weights)}


@EVERY
@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 99), counts=st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_weights_repeat_respondents(statistic: Statistic, seed: int, counts: list[int]) -> None:
    """So a bootstrap draw is what the study would give with the respondents drawn."""
    counts = [count if i > 4 else 1 for i, count in enumerate(counts)]
    data = sample(seed)
    weighted = figures(statistic, data, np.array([counts, [1] * 12], float))
    respondents = np.repeat(np.arange(12), counts).tolist()
    repeated = turned(data, [0, 1, 2], respondents)
    plain = figures(statistic, repeated, np.ones((1, len(respondents))))
    whole = figures(statistic, data, np.ones((1, 12)))
    for name, mean in weighted.items():
        np.testing.assert_allclose(mean[0], plain[name][0], atol=1e-9, err_msg=str(name))
        np.testing.assert_allclose(mean[1], whole[name][0], atol=1e-9, err_msg=str(name))


@EVERY
@settings(deadline=None, max_examples=10)
@given(
    seed=st.integers(0, 99),
    contexts=st.permutations(range(3)),
    respondents=st.permutations(range(12)),
)
def test_orders_do_not_matter(
    statistic: Statistic, seed: int, contexts: list[int], respondents: list[int]
) -> None:
    data, ones = sample(seed), np.ones((1, 12))
    before = figures(statistic, data, ones)
    after = figures(statistic, turned(data, contexts, respondents), ones)
    for (quantity, level), mean in before.items():
        if level in ("pooled", "value", "replicate"):
            np.testing.assert_allclose(after[quantity, level], mean, atol=1e-9, err_msg=quantity)


def names(data: Sample) -> Names:
    replicates, contexts, _, values = data.scores.shape
    return Names([f"c{i}" for i in range(contexts)], [f"v{i}" for i in range(values)],
                 range(1, replicates + 1))  # fmt: skip


def test_rows_say_where_they_belong() -> None:
    data = sample(0)
    rows, draws = measures(data, names(data), Settings(draws=20), {})
    places = {(r.quantity, r.value, r.context_a, r.context_b, r.replicate) for r in rows}
    assert len(places) == len(rows)
    assert ("pearson", None, "c0", "c2", None) in places
    assert ("mean_level_change", "v3", "c1", "c2", None) in places
    assert ("reliability", None, "c1", None, None) in places
    assert ("cronbach_alpha_raw", "v2", "c1", None, None) in places
    assert ("icc_a1", None, None, None, 2) in places
    assert all(r.n == 12 for r in rows)
    assert {d.shape for d in draws.values()} == {(20,)}
    assert all(r.lower <= r.upper for r in rows if not np.isnan(r.lower))


@pytest.mark.parametrize("filler", [0.0, np.nan])
def test_nothing_to_estimate(filler: float) -> None:
    """Answers that are all the same, or all missing, give no correlation and no crash."""
    empty = Sample(np.full((2, 3, 12, 4), filler), "zero", np.full((2, 3, 12, 13), filler), KEY)
    rows, _ = measures(empty, names(empty), Settings(draws=10), {})
    for row in rows:
        moves = row.quantity in SIZES
        if np.isnan(filler) or not (moves or row.quantity.startswith("variance")):
            assert row.status != "ok" and np.isnan(row.estimate), row
        else:
            assert row.estimate == 0


def test_a_missing_administration_changes_little() -> None:
    whole = sample(1, (2, 3, 40))
    data = turned(whole, [0, 1, 2], list(range(40)))
    data.scores[0, 1, 5], data.ratings[0, 1, 5] = np.nan, np.nan
    rows = {}
    for name, s in (("before", whole), ("after", data)):
        found, _ = measures(s, names(s), Settings(draws=10), {})
        rows[name] = {r.quantity: r for r in found if r.value is r.context_a is r.replicate is None}
    for quantity, row in rows["before"].items():
        after = rows["after"][quantity]
        assert after.status == row.status
        if row.status == "ok" and "needed" not in quantity and "variance" not in quantity:
            assert after.estimate == pytest.approx(row.estimate, abs=0.05), quantity


def test_null_is_that_of_random_answers() -> None:
    key = {f"v{i}": [k + 1 for k in items] for i, items in enumerate(KEY)}
    null = measures_null(key, (2, 3, 12), items=13, options=6, simulations=240, seed=1,
                         undefined="zero")  # fmt: skip
    for quantity in ("pearson", "icc_a1", "distinctive", "reliability", "cronbach_alpha_raw"):
        moments = null[quantity, "pooled"]
        wide = 0.35 if quantity == "cronbach_alpha_raw" else 0.1
        assert abs(moments.mean[0]) < wide and 0 < moments.sd[0] < 0.4, quantity
    assert null["pearson", "value"].mean.shape == (4,)
    data = sample(3, signal=0.0)
    rows, _ = estimate_figures(OF_SCORES[0], data, names(data), Settings(draws=10), null)
    assert rows[0].null_sd == null["pearson", "pooled"].sd[0]
