"""The simulated reference has the stability that theory expects."""

import numpy as np
import pytest

from holdfast.inference.backends.protocol import Asked
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.models.registry import Simulation
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


@pytest.mark.parametrize(
    "simulation",
    [
        Simulation(profile_sd=0.6, context_sd=0.3, order_sd=0.2, noise_sd=0.4),
        Simulation(profile_sd=0.3, context_sd=0.4, order_sd=0.4, noise_sd=0.6),
    ],
)
def test_theory_is_recovered(simulation: Simulation) -> None:
    scores = centred_scores(simulation, 5000)
    found = model_stability(scores, ["c0", "c1"], list(KEY), draws=0)
    pooled = {e.quantity: e.estimate for e in found.estimates if not e.context_a and not e.value}
    item = np.hypot(simulation.order_sd, simulation.noise_sd)
    theory = (KEY, simulation.profile_sd, simulation.context_sd, float(item))
    assert pooled["rank_order"] == pytest.approx(expected_rank_order(*theory), abs=0.01)
    assert pooled["ipsative"] == pytest.approx(expected_ipsative(*theory), abs=0.01)


def test_limits() -> None:
    assert expected_rank_order(KEY, 1, 0, 0) == pytest.approx(1)
    assert expected_ipsative(KEY, 1, 0, 0) == pytest.approx(1)
    assert expected_rank_order(KEY, 0, 1, 1) == pytest.approx(0)
    assert expected_ipsative(KEY, 0, 1, 1) == pytest.approx(0)
