"""Speakers and observers whose truth is known, for the tests of this folder."""

import numpy as np

from holdfast.stability.estimation.context_layout import Layout, plain
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.estimation.weighted_statistics import Figure, Names
from holdfast.stability.observers.observer_estimates import Measure, Observation, estimates
from holdfast.stability.observers.views import Views, of_both
from holdfast.stability.resampling.stability_draws import Settings

VALUES = 10
Array = np.ndarray


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def scores(truth: Array, r: float, shape: tuple[int, int], random: np.random.Generator) -> Array:
    """Return scores (R, C, N, V) that correlate with the truth (N, V) at r; all else is new each time."""
    noise = random.normal(size=(*shape, *truth.shape))
    return r * truth + np.sqrt(1 - r**2) * noise


def views(
    *, said: float = 0.8, seen: float = 0.6, respondents: int = 500, shape: tuple[int, int] = (2, 2),
    seed: int = 0, values: int = VALUES,
) -> Views:  # fmt: skip
    """Return a self-report and an observer that correlate with the truth as told, on Pearson's scale."""
    random = rng(seed)
    truth = random.normal(size=(respondents, values))
    return of_both(*(scores(truth, r, shape, random) for r in (said, seen)), truth, "zero")


def named(figures: list[Figure], quantity: str, level: str = "pooled") -> Array:
    """Return a figure under the first weights."""
    return next(f.mean[0] for f in figures if (f.quantity, f.level) == (quantity, level))


def ones(of: Views) -> Array:
    return np.ones((1, of.sides.shape[3]))


def observation(
    of: Views, told: Layout | None = None, draws: int = 10, simulations: int = 8
) -> Observation:
    """Return what rows are estimated from."""
    _, replicates, contexts, _, values = of.sides.shape
    names = Names(
        [f"c{i}" for i in range(contexts)], [f"v{i}" for i in range(values)],
        range(1, replicates + 1),
    )  # fmt: skip
    return Observation(
        of, told or plain(contexts), names, Settings(draws=draws, seed=1), simulations
    )


def pooled(rows: list[Estimate]) -> dict[str, Estimate]:
    return {
        r.quantity: r for r in rows if (r.value, r.context_a, r.replicate) == (None, None, None)
    }


def pooled_of(measure: Measure, about: Observation) -> dict[str, Estimate]:
    return pooled(estimates(measure, about))
