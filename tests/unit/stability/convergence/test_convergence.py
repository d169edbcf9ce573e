"""Convergence of methods: against pandas, planted truths, symmetries, the null, and what is missing."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.stability.convergence.convergence_estimates import Measured, convergence
from holdfast.stability.convergence.multitrait_multimethod import convergent
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.estimation.weighted_statistics import Names, Sample, estimate_figures
from holdfast.stability.resampling.stability_draws import Settings

NO_DRAWS, FEW = Settings(draws=0), Settings(draws=20)
Key = tuple[str, str, str | None]
"""Quantity, methods, value."""


def measured(scores: np.ndarray) -> Measured:
    """Return scores (M, R, C, N, V) with names."""
    m, r, c, _, v = scores.shape
    names = ([f"m{i}" for i in range(m)], [f"c{i}" for i in range(c)], [f"v{i}" for i in range(v)])
    return Measured(scores, *names, range(1, r + 1), "theory")


def rows_of(
    scores: np.ndarray, how: Settings = NO_DRAWS, simulations: int = 2
) -> dict[Key, Estimate]:
    """Return the rows by quantity, what they are of, and value."""
    rows = convergence(measured(scores), how, simulations)
    found = {
        (r.quantity, " ".join(filter(None, (r.context_a, r.context_b))), r.value): r for r in rows
    }
    assert len(found) == len(rows)
    return found


def planted(
    rho: float, shape: tuple[int, int, int, int, int], seed: int, noise: float = 0.0
) -> np.ndarray:
    """Return scores (M, R, C, N, V) whose Pearson correlation between methods is rho, the same in all contexts.

    Values are independent. With noise, an error of that variance is in each score and lowers the correlation.
    """
    g = np.random.default_rng(seed)
    respondents, values = shape[3:]
    common = g.normal(size=(1, 1, 1, respondents, values))
    own = g.normal(size=(shape[0], 1, 1, respondents, values))
    true = np.sqrt(rho) * common + np.sqrt(1 - rho) * own
    return np.broadcast_to(true, shape) + np.sqrt(noise) * g.normal(size=shape)


def spearman_of(rho: float) -> float:
    """Return Spearman's correlation of normal scores from Pearson's."""
    return float(6 / np.pi * np.arcsin(rho / 2))


def by_pandas(scores: np.ndarray) -> dict[Key, float]:
    """Return the figures of all levels, pair of columns by pair of columns; nothing may be undefined."""
    m, r, c, _, v = scores.shape
    columns = {at: pd.Series(scores[at[0], at[1], at[2], :, at[3]])
               for at in product(range(m), range(r), range(c), range(v))}  # fmt: skip

    def rho(one: tuple[int, ...], other: tuple[int, ...]) -> float:
        return float(columns[one].corr(columns[other], method="spearman"))

    cells: dict[tuple[str, tuple[int, ...], int], list[float]] = {}

    def put(quantity: str, methods: tuple[int, ...], value: int, figure: float) -> None:
        cells.setdefault((quantity, methods, value), []).append(figure)

    for (a, b), s, x, k in product(combinations(range(m), 2), range(r), range(c), range(v)):
        put("convergent", (a, b), k, rho((a, s, x, k), (b, s, x, k)))
        for w in set(range(v)) - {k}:
            put("heterotrait_heteromethod", (a, b), k, rho((a, s, x, k), (b, s, x, w)))
            put("heterotrait_heteromethod", (a, b), k, rho((a, s, x, w), (b, s, x, k)))
        for y in set(range(c)) - {x}:
            put("convergent_across_contexts", (a, b), k, rho((a, s, x, k), (b, s, y, k)))
    for a, s, k in product(range(m), range(r), range(v)):
        for x, y in combinations(range(c), 2):
            put("monotrait_monomethod", (a,), k, rho((a, s, x, k), (a, s, y, k)))
        for x, w in product(range(c), set(range(v)) - {k}):
            put("heterotrait_monomethod", (a,), k, rho((a, s, x, k), (a, s, x, w)))
    found: dict[Key, list[float]] = {}
    for (quantity, methods, k), figures in cells.items():
        for name, value in product((" ".join(f"m{i}" for i in methods), "theory"), (f"v{k}", None)):
            found.setdefault((quantity, name, value), []).extend(figures)
    return {key: float(np.mean(figures)) for key, figures in found.items()}


def random_scores(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return scores that have something in common over methods, contexts and values, with ties."""
    g = np.random.default_rng(seed)
    common = g.normal(size=(1, 1, 1, shape[3], 1)) + g.normal(size=(1, 1, 1, *shape[3:]))
    return np.asarray(np.round(common + g.normal(size=shape), 1))


@pytest.mark.parametrize("hole", [False, True], ids=["complete", "with a score missing"])
def test_every_figure_is_what_pandas_gives_pair_by_pair(hole: bool) -> None:
    scores = random_scores((3, 2, 3, 14, 4), 1)
    if hole:
        scores[1, 0, 2, 5, 3] = np.nan
    wanted, found = by_pandas(scores), rows_of(scores)
    for key, figure in wanted.items():
        assert found[key].estimate == pytest.approx(figure, abs=1e-12), key
        assert (found[key].undefined, found[key].status) == (0, "ok")
    for name, value in (("theory", None), ("m0 m2", None), ("theory", "v1"), ("m1 m2", "v3")):
        less = wanted["convergent", name, value] - wanted["heterotrait_heteromethod", name, value]
        row = found["convergent_less_heterotrait", name, value]
        assert row.estimate == pytest.approx(less, abs=1e-12)
    others = {"convergent_disattenuated", "convergent_less_heterotrait"}
    assert {q for q, _, _ in found} - {q for q, _, _ in wanted} == others | {
        "campbell_fiske_heteromethod", "campbell_fiske_monomethod",
    }  # fmt: skip


def test_shares_are_the_comparisons_of_campbell_and_fiske() -> None:
    """Counted in the matrix of all methods and values that numpy makes of the ranks."""
    scores = random_scores((2, 1, 1, 12, 5), 3)
    ranks = np.stack([pd.DataFrame(own[0, 0]).rank().to_numpy() for own in scores], axis=1)
    matrix = np.corrcoef(ranks.reshape(12, 10), rowvar=False)
    between, within = [], []
    for k in range(5):
        own = matrix[k, 5 + k]
        others = [w for w in range(5) if w != k]
        between.append([own > x for w in others for x in (matrix[k, 5 + w], matrix[w, 5 + k])])
        within.append([own > x for w in others for x in (matrix[k, w], matrix[5 + k, 5 + w])])
    found = rows_of(scores)
    for quantity, wanted in (("heteromethod", between), ("monomethod", within)):
        assert 0.05 < np.mean(wanted) < 0.95, "or the comparison could not fail"
        assert found[f"campbell_fiske_{quantity}", "theory", None].estimate == np.mean(wanted)
        assert found[f"campbell_fiske_{quantity}", "m0 m1", "v2"].estimate == np.mean(wanted[2])


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_planted_convergence_is_recovered_with_500_respondents(rho: float) -> None:
    found = rows_of(planted(rho, (3, 1, 2, 500, 10), 5))
    for quantity in ("convergent", "convergent_across_contexts"):
        assert found[quantity, "theory", None].estimate == pytest.approx(spearman_of(rho), abs=0.03)
    assert found["monotrait_monomethod", "theory", None].estimate == pytest.approx(1)
    for quantity in ("heterotrait_monomethod", "heterotrait_heteromethod"):
        assert found[quantity, "theory", None].estimate == pytest.approx(0, abs=0.03)
    share = found["campbell_fiske_heteromethod", "theory", None].estimate
    assert share == (1.0 if rho else pytest.approx(0.5, abs=0.15))


def test_noise_is_taken_out_of_convergence() -> None:
    """Equal variance of noise and truth halves what is seen; without noise it is what was planted."""
    scores = planted(0.7, (2, 3, 3, 500, 6), 6, noise=1.0)
    found = rows_of(scores)
    assert found["convergent", "theory", None].estimate == pytest.approx(
        spearman_of(0.35), abs=0.03
    )
    true = found["convergent_disattenuated", "theory", None]
    assert (true.estimate, true.status) == (pytest.approx(spearman_of(0.7), abs=0.03), "ok")
    again = rows_of(scores[:, :1])["convergent_disattenuated", "m0 m1", None]
    assert np.isnan(again.estimate) and again.status == "needs_replicates"
    noise = rows_of(np.random.default_rng(7).normal(size=(2, 2, 2, 60, 4)))
    row = noise["convergent_disattenuated", "theory", None]
    assert np.isnan(row.estimate) and row.status == "unreliable"


def test_what_a_conversation_moves_alike_in_all_methods_is_between_the_two_convergences() -> None:
    """Every method reads the same conversation, whose effect is common to them in one context alone."""
    g = np.random.default_rng(8)
    kept, here = g.normal(size=(1, 1, 1, 500, 6)), g.normal(size=(1, 2, 4, 500, 6))
    scores = kept + here + 0.5 * g.normal(size=(2, 2, 4, 500, 6))
    found = rows_of(scores)
    for quantity, shared in (("convergent", 2.0), ("convergent_across_contexts", 1.0)):
        wanted = spearman_of(shared / 2.25)
        assert found[quantity, "theory", None].estimate == pytest.approx(wanted, abs=0.03)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_names_of_respondents_and_the_order_of_methods_change_nothing(seed: int) -> None:
    g = np.random.default_rng(seed)
    scores = random_scores((3, 2, 2, 7, 2), seed)
    scores[g.random(scores.shape) < 0.05] = np.nan
    found = rows_of(scores)
    relabelled = rows_of(scores[:, :, :, g.permutation(7)])
    order = g.permutation(3)
    swapped = rows_of(scores[order])
    back = {f"m{new}": f"m{old}" for new, old in enumerate(order)}
    for (quantity, name, value), row in found.items():
        assert relabelled[quantity, name, value].estimate == pytest.approx(
            row.estimate, nan_ok=True
        )
    for (quantity, name, value), row in swapped.items():
        named = " ".join(sorted(back.get(part, part) for part in name.split()))
        other = found[quantity, named, value]
        assert row.estimate == pytest.approx(other.estimate, nan_ok=True)
        assert (row.n, row.undefined, row.status) == (other.n, other.undefined, other.status)


def test_exchanged_respondents_converge_to_nothing_and_so_the_null_says() -> None:
    """Respondents who keep their scores: chance does not shrink with the number of contexts."""
    scores = planted(0.6, (2, 1, 4, 40, 6), 9, noise=0.05)
    found = rows_of(scores, simulations=200)
    of_value = found["convergent", "m0 m1", "v3"]
    assert of_value.null_mean == pytest.approx(0, abs=0.03)
    assert of_value.null_sd == pytest.approx(1 / np.sqrt(39), rel=0.15)
    assert of_value.estimate > of_value.null_mean + 2 * of_value.null_sd
    pooled = {q: r for (q, name, value), r in found.items() if (name, value) == ("theory", None)}
    for quantity in ("convergent", "convergent_across_contexts", "convergent_less_heterotrait",
                     "heterotrait_heteromethod", "monotrait_monomethod"):  # fmt: skip
        assert pooled[quantity].null_mean == pytest.approx(0, abs=0.02), quantity
    assert pooled["convergent"].null_sd == pytest.approx(1 / np.sqrt(39 * 6), rel=0.2)
    assert pooled["campbell_fiske_heteromethod"].null_mean == pytest.approx(0.5, abs=0.03)
    assert np.isnan(pooled["heterotrait_monomethod"].null_mean), (
        "within a method nothing is exchanged"
    )


def test_both_intervals_are_there_and_hold_the_estimate() -> None:
    scores = planted(0.5, (2, 2, 5, 30, 4), 10, noise=0.5)
    found = rows_of(scores, FEW)
    for (quantity, _, _), row in found.items():
        assert row.lower <= row.estimate <= row.upper, quantity
        assert row.n == 30 and row.se >= 0
        if quantity.startswith("campbell_fiske"):
            assert row.contexts_status == "these_contexts" and "Student's" in row.method
        else:
            assert row.contexts_lower <= row.estimate <= row.contexts_upper
            assert row.contexts_status == "ok" and "jackknife" in row.method
    few = rows_of(scores[:, :, :3], FEW)["convergent", "theory", None]
    assert few.contexts_status == "few_contexts" and np.isnan(few.contexts_lower)


def test_interval_covers_planted_convergence() -> None:
    """Of respondents who are the same in all contexts; 95 % of the intervals, up to chance."""
    truth, held = spearman_of(0.5), 0
    names = Names(["a", "b"], ["v", "w"], [1])
    for seed in range(100):
        sample = Sample(measured(planted(0.5, (2, 1, 2, 40, 2), seed)).sample)
        rows, _ = estimate_figures(convergent(2), sample, names, Settings(draws=2), {})
        pooled = next(r for r in rows if r.quantity == "convergent" and r.value is None)
        held += pooled.lower <= truth <= pooled.upper
    assert 90 <= held <= 99


def test_who_was_asked_one_questionnaire_alone_is_left_out() -> None:
    scores = planted(0.5, (3, 1, 2, 20, 3), 11)
    fewer = rows_of(scores[:, :, :, 1:], FEW)
    scores[1:, :, :, 0] = np.nan
    found = rows_of(scores, FEW)
    for key, row in found.items():
        assert row.estimate == pytest.approx(fewer[key].estimate, nan_ok=True), key
        if not key[0].startswith("campbell"):  # their intervals are from draws, which are others
            assert row.lower == pytest.approx(fewer[key].lower, nan_ok=True)
        assert row.n == 19
    scores[2, :, :, 1] = np.nan
    found = rows_of(scores)
    assert [found["convergent", f"m{a} m{b}", None].n for a, b in ((0, 1), (0, 2))] == [19, 18]


def test_a_value_on_which_all_say_the_same_is_undefined_and_counted() -> None:
    scores = planted(0.5, (2, 2, 2, 20, 3), 12)
    scores[1, 0, 1, :, 2] = 4.0
    found = rows_of(scores)
    assert found["convergent", "m0 m1", "v2"].undefined == 1
    assert found["convergent", "m0 m1", "v1"].undefined == 0
    assert found["heterotrait_heteromethod", "m0 m1", None].undefined == 2
    assert found["heterotrait_heteromethod", "m0 m1", "v2"].undefined == 2
    assert found["heterotrait_monomethod", "m1", None].undefined == 2
    assert found["convergent_less_heterotrait", "theory", None].undefined == 3
    scores[1, :, :, :, 2] = 4.0
    found = rows_of(scores, FEW)
    row = found["convergent", "m0 m1", "v2"]
    assert (row.status, row.undefined, row.contexts_status) == ("not_estimable", 4, "no_interval")
    share = found["campbell_fiske_heteromethod", "theory", None]
    assert share.undefined == 4 + 2, "the value's own comparisons, and those of the others with it"


def test_a_single_context_has_no_figures_of_another() -> None:
    found = rows_of(planted(0.5, (2, 2, 1, 20, 3), 13))
    assert {"convergent", "convergent_disattenuated"} <= {q for q, _, _ in found}
    assert not {q for q, _, _ in found} & {"monotrait_monomethod", "convergent_across_contexts"}
