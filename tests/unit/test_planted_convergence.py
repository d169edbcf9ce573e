"""Values of simulated answers that two questionnaires have in common converge as planted, and others do not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted import PVQ40, RESOURCES, design, expected_ratings

from holdfast.design.instruments import Instrument, load_instrument
from holdfast.design.shared_values import shared_values
from holdfast.inference.interview.sessions import Design as Asked
from holdfast.inference.models.registry import Simulation
from holdfast.stability.convergence.convergence_estimates import convergence
from holdfast.stability.convergence.convergence_job import measured
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.estimation.score_arrays import Design
from holdfast.stability.resampling.null_distribution import scoring_weights
from holdfast.stability.resampling.stability_draws import Settings

PROFILE, CONTEXT, NOISE = 0.6, 0.3, 0.3
PVQRR = load_instrument(RESOURCES, "pvqrr")
COMMON = ("Stimulation", "Hedonism", "Achievement")
"""Values of both theories by one name: the simulated respondents have one profile for both."""
APART = ("Self-Direction", "Power", "Security", "Conformity", "Benevolence", "Universalism")


def values_of(instrument: Instrument, asked: Asked, simulation: Simulation) -> pd.DataFrame:
    """Return the table of values of the simulated reference's answers to a questionnaire."""
    own = replace(asked, instruments=[instrument])
    ratings = expected_ratings(simulation, own, instrument)
    scores = ratings @ scoring_weights(instrument.places())
    names = [
        [1], [c["context"] for c in asked.contexts], [p.persona for p in asked.personas],
        list(instrument.values),
    ]  # fmt: skip
    index = pd.MultiIndex.from_product(names, names=["replicate", "context", "respondent", "value"])
    table = pd.DataFrame({"centred": scores.reshape(-1)}, index=index).reset_index()
    items = {value: len(own) for value, own in instrument.values.items()}
    return table.assign(instrument=instrument.name, items=table["value"].map(items))


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str | None], Estimate]:
    """Return the pooled rows of pvq40 and pvqrr, answered by simulated respondents in four contexts."""
    asked = design(3, ["grammar", "joke", "chess", "poem"], 1, (), "item")
    simulation = Simulation(profile_sd=PROFILE, context_sd=CONTEXT, noise_sd=NOISE)
    tables = [values_of(i, asked, simulation) for i in (PVQ40, PVQRR)]
    people, contexts = [p.persona for p in asked.personas], [c["context"] for c in asked.contexts]
    told = Design([1], contexts, people, pd.DataFrame(), [PVQ40, PVQRR])
    [group] = shared_values(told.instruments)
    found = convergence(measured(pd.concat(tables), told, group), Settings(draws=10), 20)
    return {(r.quantity, r.value): r for r in found if r.context_a == "schwartz"}


def test_common_values_converge_as_much_as_profile_context_and_noise_say(
    rows: dict[tuple[str, str | None], Estimate],
) -> None:
    """Of a value of k items, a score's variance is profile² + context² + noise²/k, before it is centred."""
    for value in COMMON:
        items = [len(i.values[value]) for i in (PVQ40, PVQRR)]
        seen = [PROFILE**2 + CONTEXT**2 + NOISE**2 / k for k in items]
        for quantity, shared in (("convergent", PROFILE**2 + CONTEXT**2),
                                 ("convergent_across_contexts", PROFILE**2)):  # fmt: skip
            row, wanted = rows[quantity, value], shared / float(np.sqrt(np.prod(seen)))
            assert row.lower < 6 / np.pi * np.arcsin(wanted / 2) < row.upper, (quantity, value)
        assert rows["campbell_fiske_heteromethod", value].estimate == 1


def test_values_that_are_drawn_apart_do_not_converge(
    rows: dict[tuple[str, str | None], Estimate],
) -> None:
    """The parts of a joined value have profiles of their own; one interval of 95 % in twenty misses 0."""
    found = [rows["convergent", value] for value in APART]
    assert sum(r.lower > 0 or r.upper < 0 for r in found) <= 1
    assert np.mean([r.estimate for r in found]) == pytest.approx(0, abs=0.12)
    assert all(abs(r.null_mean) < 4 * r.null_sd / np.sqrt(20) for r in found)
