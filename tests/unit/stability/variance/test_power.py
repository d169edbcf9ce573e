"""Power by simulation: nothing to find, more to find in larger designs, and what the real test finds."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.stability.estimation.model_comparison import paired_bootstrap
from holdfast.stability.estimation.model_stability import model_stability
from holdfast.stability.variance.power import (
    Plan,
    Source,
    power,
    power_rows,
    shared,
    simulated_figures,
    simulated_scores,
    smallest_designs,
    source,
)

PLAN = Plan(personas=40, contexts=3, replicates=2)


def model(p: float, values: int = 4) -> Source:
    """Return a model with a persona variance of p and a noise variance of 1."""
    sizes = {"p": p, "c": 0.02, "r": 0.0, "pc": 0.1, "pr": 0.05, "cr": 0.0, "pcr": 1.0}
    parts = {name: np.full(values, v) for name, v in sizes.items()}
    return Source(np.linspace(-1, 1, values), parts, np.zeros((3, values)))


def found(p: float, q: float, plan: Plan, simulations: int = 300) -> dict[str, float]:
    figures = simulated_figures([model(p), model(q)], plan, 0.3, simulations, 1)[0]
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
    differences = np.random.default_rng(0).normal(size=4000)
    row = power(differences, level)
    shifted = power(differences - differences.mean() + row["detectable"], level)
    assert shifted["power"] == pytest.approx(0.8, abs=0.02)


def test_agrees_with_the_paired_bootstrap_itself() -> None:
    """100 simulated studies, each with its own bootstrap: the same share is significant."""
    models, names = [model(0.5), model(0.9)], list("wxyz")
    generator = np.random.default_rng(3)
    shifts = generator.normal(size=(2, PLAN.contexts, 4))
    significant = []
    for _ in range(100):
        common = generator.normal(size=(PLAN.personas, 4))
        pair = []
        for m, shift in zip(models, shifts, strict=True):
            own = generator.normal(size=common.shape)
            persons = np.sqrt(0.3) * common + np.sqrt(0.7) * own
            scores = simulated_scores(m, PLAN, persons, shift, generator)
            pair.append(model_stability(scores, list("abc"), names, draws=100))
        significant.append(paired_bootstrap(*pair, "rank_order", 0.95)["p"] < 0.05)
    assert found(0.5, 0.9, PLAN)["power"] == pytest.approx(np.mean(significant), abs=0.15)


def test_components_come_back_from_simulated_scores() -> None:
    generator = np.random.default_rng(0)
    plan = Plan(3000, 4, 4)
    common = generator.normal(size=(3000, 4))
    scores = [
        simulated_scores(
            model(p), plan, np.sqrt(0.6) * common + np.sqrt(0.4) * generator.normal(size=common.shape),
            np.zeros((4, 4)), generator,
        )
        for p in (0.5, 2.0)
    ]  # fmt: skip
    sources = [source(s) for s in scores]
    for s, p in zip(sources, (0.5, 2.0), strict=True):
        assert s.variances["p"] == pytest.approx(p, rel=0.12)
        assert s.variances["pc"] == pytest.approx(0.1, abs=0.03)
        assert s.variances["pcr"] == pytest.approx(1, abs=0.03)
    assert shared(sources) == pytest.approx(0.6, abs=0.04)
    assert shared(sources[:1]) == 0


def test_rows_and_the_smallest_design() -> None:
    import pandas as pd

    generator = np.random.default_rng(1)
    trait = generator.normal(size=(30, 5))
    scores = {
        name: signal * trait + generator.normal(size=(2, 3, 30, 5))
        for name, signal in (("weak", 0.3), ("strong", 2.0), ("strong too", 2.0))
    }
    plans = [Plan(10, 3, 1), Plan(60, 3, 1)]
    rows = power_rows(scores, plans, 60, 0.05, 1)
    assert len(rows) == 2 * 3 * 2
    again = power_rows(scores, plans[1:], 60, 0.05, 1)
    assert again == [r for r in rows if r["personas"] == 60]  # a plan does not depend on others
    said = smallest_designs(pd.DataFrame(rows).assign(population="x", instrument="y"))
    assert any("weak and strong: 10 personas × 3 contexts × 1 replicates" in line for line in said)
    assert any("strong and strong too: at most" in line for line in said)
