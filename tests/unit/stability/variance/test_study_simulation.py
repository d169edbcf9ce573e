"""Simulated studies are made of the components, and of the topics, that a finished study shows."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.stability.variance.study_simulation import (
    Plan,
    Source,
    disturbances,
    shared,
    simulated_figures,
    simulated_scores,
    source,
)


def model(p: float, values: int = 4, disturbance: tuple[float, ...] = (1, 1, 1)) -> Source:
    """Return a model with a persona variance of p and a noise variance of 1."""
    sizes = {"p": p, "c": 0.02, "r": 0.0, "pc": 0.1, "pr": 0.05, "cr": 0.0, "pcr": 1.0}
    parts = {name: np.full(values, v) for name, v in sizes.items()}
    means, persons = np.linspace(-1, 1, values), np.zeros((3, values))
    return Source(means, parts, persons, np.array(disturbance, dtype=float))


def test_components_come_back_from_simulated_scores() -> None:
    generator, plan = np.random.default_rng(0), Plan(3000, 4, 4)
    common, topics = generator.normal(size=(3000, 4)), np.zeros((1, 4), dtype=np.int64)
    scores = [
        simulated_scores(
            model(p), plan,
            (np.sqrt(0.6) * common + np.sqrt(0.4) * generator.normal(size=common.shape))[None],
            np.zeros((1, 4, 4)), topics, generator,
        )[0].astype(float)
        for p in (0.5, 2.0)
    ]  # fmt: skip
    sources = [source(s) for s in scores]
    for s, p in zip(sources, (0.5, 2.0), strict=True):
        assert s.variances["p"] == pytest.approx(p, rel=0.12)
        assert s.variances["pc"] == pytest.approx(0.1, abs=0.03)
        assert s.variances["pcr"] == pytest.approx(1, abs=0.03)
    assert shared(sources) == pytest.approx(0.6, abs=0.04)
    assert shared(sources[:1]) == 0


def test_topics_that_disturb_more_are_found_and_equal_ones_are_equal() -> None:
    rng = np.random.default_rng(1)

    def scores(sizes: np.ndarray, n: int) -> np.ndarray:
        own = np.sqrt(sizes)[:, None, None] * rng.normal(size=(1, sizes.size, n, 8))
        return np.asarray(
            rng.normal(size=(n, 8)) + own + 0.5 * rng.normal(size=(2, sizes.size, n, 8))
        )

    sizes = np.array([0.2, 0.4, 0.6, 0.8])
    found = disturbances(scores(sizes, 2000), 8 * 0.25)
    np.testing.assert_allclose(found, sizes / sizes.mean(), atol=0.06)
    equal = [disturbances(scores(np.full(4, 0.5), 30), 8 * 0.25) for _ in range(40)]
    raw = np.sqrt(2 / (30 * 8)) * 1.5  # what chance alone gives, at least
    assert np.mean([e.std() for e in equal]) < raw
    np.testing.assert_array_equal(disturbances(scores(sizes, 30)[:1], 2.0), np.ones(4))


def test_drawn_topics_add_what_differs_between_topics() -> None:
    """Stability varies more between studies with topics of their own; the mean is that of all pairs."""
    plan, uneven = Plan(200, 4, 2), (0.1, 0.1, 0.1, 20.0)
    these, drawn = (
        simulated_figures([model(1.0, 4, uneven)], plan, 0.0, 100, 1, topics)["rank_order"][0, 0, 0]
        for topics in ("these", "drawn")
    )
    assert drawn.std() > 2 * these.std()


def test_unknown_topics_are_refused() -> None:
    with pytest.raises(ValueError, match="topics must be one of"):
        simulated_figures([model(1.0)], Plan(5, 3, 1), 0.0, 1, 1, "all")  # type: ignore[arg-type]
