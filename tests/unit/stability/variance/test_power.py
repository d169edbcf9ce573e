"""Power by simulation: nothing to find, more to find in larger designs, and what the real test finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_study_simulation import model

from holdfast.stability.correlation.rank_order import rank_order_draws
from holdfast.stability.estimation.model_comparison import paired_bootstrap
from holdfast.stability.estimation.model_stability import model_stability
from holdfast.stability.resampling.bootstrap import respondent_multiplicities
from holdfast.stability.variance.bootstrap_calibration import bootstrap_ratio, rank_order_mean_draws
from holdfast.stability.variance.planned_designs import HALF_WIDTH, reliability_rows, said_designs
from holdfast.stability.variance.power import (
    over_respondents,
    planned,
    power,
    smallest_designs,
)
from holdfast.stability.variance.precision_intervals import _half_width, half_width_interval
from holdfast.stability.variance.study_simulation import (
    Plan,
    simulated_figures,
    simulated_scores,
    source,
)

PLAN = Plan(personas=40, contexts=3, replicates=2)


def found(p: float, q: float, plan: Plan, simulations: int = 300) -> dict[str, float]:
    figures = simulated_figures([model(p), model(q)], plan, 0.3, simulations, 1)["rank_order"]
    return power(figures[0] - figures[1], 0.05)


def test_no_difference_is_found_as_often_as_the_level_says() -> None:
    rank = found(0.5, 0.5, PLAN, 600)
    assert rank["power"] == pytest.approx(0.05, abs=0.03)
    assert rank["difference"] == pytest.approx(0, abs=4 * rank["se"] / np.sqrt(600))


def test_more_of_everything_is_more_power() -> None:
    base = found(0.5, 0.8, PLAN)["power"]
    assert 0.2 < base < 0.95
    for larger in (
        PLAN._replace(personas=120),
        PLAN._replace(contexts=9),
        PLAN._replace(replicates=8),
    ):
        assert found(0.5, 0.8, larger)["power"] > base
    assert found(0.5, 2.0, PLAN)["power"] > base


@pytest.mark.parametrize("level", [0.01, 0.05])
def test_the_detectable_difference_is_found_in_80_percent(level: float) -> None:
    figures = simulated_figures([model(0.5), model(0.5)], PLAN, 0.3, 1000, 2)["rank_order"]
    differences = figures[0] - figures[1]
    row = power(differences, level)
    shifted = power(differences - differences[0, 0].mean() + row["detectable"], level)
    assert shifted["power"] == pytest.approx(0.8, abs=0.005)


def test_agrees_with_the_paired_bootstrap_itself() -> None:
    """20 personas, 60 simulated studies, each with its own bootstrap: as many of them are significant."""
    plan, models, names = Plan(20, 5, 2), [model(0.5), model(1.2)], list("wxyz")
    generator = np.random.default_rng(3)
    topics, shifts = np.arange(5)[None] % 3, generator.normal(size=(2, 1, 5, 4))
    significant = []
    for _ in range(60):
        common = generator.normal(size=(1, 20, 4))
        pair = []
        for m, shift in zip(models, shifts, strict=True):
            own = generator.normal(size=common.shape)
            persons = np.sqrt(0.3) * common + np.sqrt(0.7) * own
            scores = simulated_scores(m, plan, persons, shift, topics, generator)[0].astype(float)
            pair.append(model_stability(scores, list("abcde"), names, draws=60))
        significant.append(paired_bootstrap(*pair, "rank_order", 0.95)["p"] < 0.05)
    figures = simulated_figures(models, plan, 0.3, 300, 1)["rank_order"]
    ratio = bootstrap_ratio(models, plan, 0.3, 1)
    said = power(figures[0] - figures[1], 0.05, "these", ratio)
    assert said["power"] == pytest.approx(np.mean(significant), abs=0.15)
    assert 0.9 < ratio < 1 == bootstrap_ratio(models, Plan(120, 3, 2), 0.3, 1)


@pytest.mark.parametrize("n", [3, 20])
def test_fast_draws_are_those_of_the_bootstrap(n: int) -> None:
    """With three respondents some resamples repeat one of them, and their correlations are undefined."""
    rng = np.random.default_rng(n)
    scores = rng.normal(size=(n, 4)) + rng.normal(size=(2, 5, n, 4))
    weights = respondent_multiplicities(n, 50, 0)
    slow = np.nan_to_num(rank_order_draws(scores, weights, None)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(rank_order_mean_draws(scores, weights), slow, atol=1e-6)


def test_where_topics_differ_only_the_two_way_test_keeps_its_level() -> None:
    """Two models that are equal over all topics, of which each study has five of its own."""
    rng = np.random.default_rng(4)
    uneven = [np.exp(rng.normal(size=200)) for _ in range(2)]
    models = [replace(model(2.0, 8), disturbance=10 * d / d.mean()) for d in uneven]
    figures = simulated_figures(models, Plan(40, 5, 2), 0.3, 300, 1, "drawn")["rank_order"]
    differences = figures[0] - figures[1]
    assert power(differences, 0.05, "drawn")["power"] < 0.09
    assert power(differences, 0.05, "these")["power"] > 0.15


def small_study() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(1)
    trait = generator.normal(size=(30, 5))
    return {
        name: signal * trait + generator.normal(size=(2, 3, 30, 5))
        for name, signal in (("weak", 0.3), ("strong", 2.0), ("strong too", 2.0))
    }


def test_rows_and_the_smallest_design() -> None:
    plans = [Plan(10, 3, 1), Plan(60, 3, 1)]
    rows, designs = planned(small_study(), plans, 60, 0.05, 1)
    assert len(rows) == 2 * 3 * 2
    again, _ = planned(small_study(), plans[1:], 60, 0.05, 1)
    assert again == [r for r in rows if r["personas"] == 60]  # a plan does not depend on others
    said = smallest_designs(pd.DataFrame(rows).assign(population="x", instrument="y"))
    assert any("weak and strong, these contexts: 10 personas × 3" in line for line in said)
    assert any("strong and strong too, these contexts: at most" in line for line in said)
    precision = pd.DataFrame(designs).assign(population="x", instrument="y")
    answers = precision[
        precision["half_width_lower"].notna()
    ]  # three contexts: nothing of drawn ones
    assert list(answers["model"]) == ["weak", "strong", "strong too"]
    assert (answers["half_width_lower"] < answers["half_width"]).all()
    assert (answers["half_width"] < answers["half_width_upper"]).all()
    own = precision[precision["quantity"].eq("rank_order") & precision["model"].eq("weak")]
    small, large = own.set_index("personas")["half_width"].loc[[10, 60]]
    assert large < 0.6 * small
    assert "extrapolated" in said_designs(precision)[0]


def test_the_design_said_to_be_precise_enough_is() -> None:
    rows = pd.DataFrame([
        {"population": "x", "instrument": "y", "model": "m", "quantity": "rank_order", "personas": n,
         "contexts": 5, "replicates": 2, "topics": topics, "half_width": width,
         "half_width_lower": 0.8 * width, "half_width_upper": 1.2 * width}
        for topics, widths in (("these", (0.10, 0.06, 0.04)), ("drawn", (0.2, 0.16, 0.12)))
        for n, width in zip((20, 60, 120), widths, strict=True)
    ])  # fmt: skip
    these, drawn = said_designs(rows)
    assert these.endswith(
        f"120 personas × 5 contexts × 2 replicates for a half-width of {HALF_WIDTH:g} "
        "(expected: 0.040 [0.032, 0.048])"
    )
    assert (
        "none of the designs asked for; half-width 0.120 [0.096, 0.144] with 120 personas" in drawn
    )
    [extrapolated] = said_designs(rows[rows["topics"].eq("these") & rows["personas"].eq(20)])
    assert "about 80 [52, 116] personas × 5 contexts × 2 replicates" in extrapolated
    unsure = rows.assign(half_width_upper=1.3 * rows["half_width"])
    assert said_designs(unsure)[0].endswith(
        "(expected: 0.040 [0.032, 0.052] and so may not be enough)"
    )


def test_interval_of_a_half_width_holds_that_of_a_very_large_study() -> None:
    plan, held = Plan(40, 5, 2), 0
    about = "these", over_respondents, 0.95, 1

    def study(n: int, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        own = rng.normal(size=(n, 4)) + 0.7 * rng.normal(size=(1, 5, n, 4))
        return np.asarray(own + rng.normal(size=(2, 5, n, 4)))

    truth = _half_width(source(study(4000, 0)), plan, *about)
    for seed in range(1, 21):
        own = study(40, seed)
        width = _half_width(source(own), plan, *about)
        lower, upper = half_width_interval(own, plan, width, *about)
        held += lower <= truth <= upper
        assert lower < width < upper
    assert held >= 16  # of 20; fewer once in 100 such tests if the coverage is .93


def test_projected_reliability_is_less_sure_where_contexts_differ() -> None:
    """One context of five is mere noise: its share in G depends on whether it is there."""
    rng = np.random.default_rng(2)
    trait = rng.normal(size=(60, 6))
    noise = np.array([0.3, 0.3, 0.3, 0.3, 4.0])[:, None, None] * rng.normal(size=(1, 5, 60, 6))
    uneven = trait + noise + 0.3 * rng.normal(size=(2, 5, 60, 6))
    five, three = (
        next(r for r in reliability_rows({"m": scores}, [Plan(60, 5, 2)], 0.95))
        for scores in (uneven, uneven[:, [0, 1, 4]])
    )
    assert five["upper"] - five["lower"] > 3 * (three["upper"] - three["lower"])


def test_projected_reliability_holds_the_truth_in_its_interval() -> None:
    """σ²_p = 1, σ²_pc = .5, σ²_e = 1: G of c contexts and r replicates is 1 / (1 + .5/c + 1/(c r))."""
    rng, held, plan = np.random.default_rng(5), 0, Plan(20, 9, 3)
    truth = 1 / (1 + 0.5 / 9 + 1 / 27)
    for _ in range(100):
        scores = rng.normal(size=(40, 6)) + np.sqrt(0.5) * rng.normal(size=(1, 3, 40, 6))
        study = {"m": scores + rng.normal(size=(2, 3, 40, 6))}
        row = next(r for r in reliability_rows(study, [plan], 0.95))
        held += row["lower"] <= truth <= row["upper"]
    assert row["quantity"] == "g_coefficient" and row["contexts"] == 9
    assert held >= 88
