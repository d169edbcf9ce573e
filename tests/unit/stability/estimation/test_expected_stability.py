"""The simulated reference has the stability that theory expects."""

import numpy as np
import pytest

from holdfast.inference.backends.protocol import Asked
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.models.simulation import Simulation
from holdfast.stability.estimation.expected_stability import expected_ipsative, expected_rank_order
from holdfast.stability.estimation.model_stability import model_stability

KEY = {
    "Conformity": [7, 16, 28, 36], "Tradition": [9, 20, 25, 38], "Benevolence": [12, 18, 27, 33],
    "Universalism": [3, 8, 19, 23, 29, 40], "Self-Direction": [1, 11, 22, 34],
    "Stimulation": [6, 15, 30], "Hedonism": [10, 26, 37], "Achievement": [4, 13, 24, 32],
    "Power": [2, 17, 39], "Security": [5, 14, 21, 31, 35],
}  # fmt: skip
SCALE = (6, 5, 4, 3, 2, 1)


def centred_scores(simulation: Simulation, respondents: int) -> np.ndarray:
    """Return centred value scores (1, 2, N, V) from the backend's mean ratings."""
    backend = ReferenceBackend("simulated", simulation, seed=7)
    rng = np.random.default_rng(0)
    value_of = {item: value for value, items in KEY.items() for item in items}
    ratings = np.empty((2, respondents, 41))
    for c in range(2):
        for n in range(respondents):
            for item, value in value_of.items():
                order = tuple(rng.permutation(SCALE).tolist())
                asked = Asked(f"r{n}", f"c{c}", 1, item, value, order)
                ratings[c, n, item] = np.clip(backend.latent(asked), 1, 6)
    scores = np.stack([ratings[:, :, items].mean(-1) for items in KEY.values()], axis=-1)
    return (scores - ratings[:, :, 1:].mean(-1, keepdims=True))[None]


def simulated_scores(simulation: Simulation, respondents: int) -> np.ndarray:
    """Return centred value scores (1, 2, N, V) of the model that theory is about, all at once."""
    g = np.random.default_rng(0)
    value = np.array([v for v, own in enumerate(KEY.values()) for _ in own])
    shape = (2, respondents, value.size)
    profile = simulation.profile_sd * g.normal(size=(respondents, len(KEY)))
    shift = simulation.context_sd * g.normal(size=(2, respondents, len(KEY)))
    own = np.hypot(simulation.order_sd, simulation.noise_sd) * g.normal(size=shape)
    ratings = np.clip(3.5 + (profile + shift)[:, :, value] + own, 1, 6)
    scores = np.stack([ratings[:, :, value == v].mean(-1) for v in range(len(KEY))], axis=-1)
    return (scores - ratings.mean(-1, keepdims=True))[None]


SIMULATIONS = [
    Simulation(profile_sd=0.6, context_sd=0.3, order_sd=0.2, noise_sd=0.4),
    Simulation(profile_sd=0.3, context_sd=0.4, order_sd=0.4, noise_sd=0.6),
]


def theory(simulation: Simulation) -> dict[str, float]:
    item = float(np.hypot(simulation.order_sd, simulation.noise_sd))
    parts = (KEY, simulation.profile_sd, simulation.context_sd, item)
    return {"rank_order": expected_rank_order(*parts), "ipsative": expected_ipsative(*parts)}


@pytest.mark.parametrize("simulation", SIMULATIONS)
def test_theory_is_recovered(simulation: Simulation) -> None:
    """With 20,000 respondents the figures are known to .002 (standard error)."""
    scores = simulated_scores(simulation, 20_000)
    found = model_stability(scores, ["c0", "c1"], list(KEY), draws=0)
    pooled = {e.quantity: e.estimate for e in found.estimates if not e.context_a and not e.value}
    for quantity, expected in theory(simulation).items():
        assert pooled[quantity] == pytest.approx(expected, abs=0.007)


@pytest.mark.parametrize("simulation", SIMULATIONS)
def test_the_reference_follows_the_theory(simulation: Simulation) -> None:
    """Within four standard errors; of 10 values' mean it is about (1 - ρ²) / √(10 N) at most."""
    scores = centred_scores(simulation, 400)
    found = model_stability(scores, ["c0", "c1"], list(KEY), draws=0)
    pooled = {e.quantity: e.estimate for e in found.estimates if not e.context_a and not e.value}
    for quantity, expected in theory(simulation).items():
        error = 1.06 * (1 - expected**2) / np.sqrt(10 * 400)
        assert pooled[quantity] == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize(
    ("part", "same_item", "same_context", "neither"),
    [
        ("profile_sd", 1, 1, 1),
        ("context_sd", 0, 1, 0),
        ("order_sd", 0, 0, 0),
        ("noise_sd", 0, 0, 0),
    ],
)
def test_each_part_has_its_size_and_stays_as_long_as_it_should(
    part: str, same_item: int, same_context: int, neither: int
) -> None:
    """Alone, a part has its variance within 8 %, and correlates between contexts and items or does not."""
    backend = ReferenceBackend(
        "simulated", Simulation.model_validate({"profile_sd": 0, part: 0.5}), seed=3
    )
    rng = np.random.default_rng(1)
    latent = np.empty((5000, 3))  # an item, the same in another context, another item
    for n, c, i in np.ndindex(5000, 2, 2):
        if c + i < 2:
            order = tuple(rng.permutation(SCALE).tolist())
            asked = Asked(f"r{n}", f"c{c}", 1, 7 + 9 * i, "Conformity", order)
            latent[n, c + 2 * i] = backend.latent(asked)
    assert latent.var(axis=0).mean() == pytest.approx(0.25, rel=0.08)
    r = np.corrcoef(latent.T)
    assert [r[0, 1], r[0, 2], r[1, 2]] == pytest.approx(
        [same_item, same_context, neither], abs=4 / np.sqrt(5000)
    )


def test_limits() -> None:
    assert expected_rank_order(KEY, 1, 0, 0) == pytest.approx(1)
    assert expected_ipsative(KEY, 1, 0, 0) == pytest.approx(1)
    assert expected_rank_order(KEY, 0, 1, 1) == pytest.approx(0)
    assert expected_ipsative(KEY, 0, 1, 1) == pytest.approx(0)
