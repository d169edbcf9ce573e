"""Effects that are planted in simulated answers are found within their intervals, and no others."""

from collections.abc import Callable

import numpy as np
import pytest
from planted import KEY, study

from holdfast.design.facets.option_orders import Unit
from holdfast.inference.models.simulation import Simulation
from holdfast.stability.estimation.expected_stability import expected_ipsative, expected_rank_order
from holdfast.stability.estimation.model_comparison import paired_bootstrap
from holdfast.stability.estimation.model_stability import Stability

Interval = tuple[float, float]
SEEDS = range(1, 5)
QUANTITIES: dict[str, Callable[..., float]] = {
    "rank_order": expected_rank_order, "ipsative": expected_ipsative,
}  # fmt: skip
PROFILE, CONTEXT, NOISE = 0.6, 0.2, 0.5
PLAIN = {"profile_sd": PROFILE, "context_sd": CONTEXT, "noise_sd": NOISE}
AFTER = (1, 7, 19)
ALIKE, APART = ["grammar", "bicycle", "chord"], ["grammar", "joke", "history"]
"""Three topics of one domain, and of three."""
TWO_DOMAINS = [*ALIKE, "history", "year", "weather"]


def holds(interval: Interval, truth: float) -> bool:
    return interval[0] <= truth <= interval[1]


def after(messages: int, theory: Callable[..., float], a_message: float) -> float:
    """Return the stability expected after so many messages."""
    return theory(KEY, PROFILE, float(np.hypot(CONTEXT, a_message * messages**0.5)), NOISE)


def lengths(seed: int, a_message: float) -> dict[tuple[str, str], Interval]:
    """Return the intervals of stability at each length, and of the slopes."""
    simulation = Simulation(**PLAIN, length_sd=a_message)
    rows = study(simulation, seed, ["grammar", "joke", "chess"], max(AFTER), AFTER[:-1]).estimates
    return {
        (e.quantity, e.context_a or ""): (e.lower, e.upper)
        for e in rows
        if e.quantity.endswith(("_at_length", "_slope"))
    }


@pytest.mark.parametrize("a_message", [0.1, 0.0])
def test_length(a_message: float) -> None:
    """Every slope is told from 0 where messages shift values, and hardly one where they don't."""
    missed = told = 0
    for seed in SEEDS:
        found = lengths(seed, a_message)
        for quantity, theory in QUANTITIES.items():
            expected = [after(n, theory, a_message) for n in AFTER]
            for n, truth in zip(AFTER, expected, strict=True):
                missed += not holds(found[f"{quantity}_at_length", f"{n} messages"], truth)
            slope = found[f"{quantity}_slope", ""]
            missed += not holds(slope, np.polyfit(AFTER, expected, 1)[0])
            told += not holds(slope, 0)
    assert missed <= 4  # of 32 intervals of 95 %
    assert told == 8 if a_message else told <= 1


def differences(one: Stability, other: Stability) -> dict[str, Interval]:
    """Return the intervals of one study less another of the same respondents, as `compare` makes them."""
    rows = {q: paired_bootstrap(one, other, q, 0.95) for q in QUANTITIES}
    return {q: (row["lower"], row["upper"]) for q, row in rows.items()}


@pytest.mark.parametrize("domain", [0.4, 0.0])
def test_choice_of_topics(domain: float) -> None:
    """What a domain's topics change alike looks stable between them, and not between domains."""
    simulation = Simulation(**PLAIN, domain_sd=domain)
    missed = told = 0
    for seed in SEEDS:
        found = differences(*(study(simulation, seed, topics) for topics in (ALIKE, APART)))
        for quantity, theory in QUANTITIES.items():
            alike = theory(KEY, float(np.hypot(PROFILE, domain)), CONTEXT, NOISE)
            apart = theory(KEY, PROFILE, float(np.hypot(CONTEXT, domain)), NOISE)
            missed += not holds(found[quantity], alike - apart)
            told += not holds(found[quantity], 0)
    assert missed <= 2  # of 8
    assert told == 8 if domain else told <= 1


@pytest.mark.parametrize("domain", [0.4, 0.0])
def test_domains(domain: float) -> None:
    """Six topics of two domains: stability within a domain, between the two, and the difference."""
    simulation = Simulation(**PLAIN, domain_sd=domain)
    missed = told = 0
    for seed in SEEDS:
        rows = study(simulation, seed, TWO_DOMAINS).estimates
        found = {e.quantity: (e.lower, e.upper) for e in rows if not e.context_a and not e.value}
        for quantity, theory in QUANTITIES.items():
            within = theory(KEY, float(np.hypot(PROFILE, domain)), CONTEXT, NOISE)
            between = theory(KEY, PROFILE, float(np.hypot(CONTEXT, domain)), NOISE)
            missed += not holds(found[f"{quantity}_within"], within)
            missed += not holds(found[f"{quantity}_between"], between)
            difference = found[f"{quantity}_within_less_between"]
            missed += not holds(difference, within - between)
            told += not holds(difference, 0)
    assert missed <= 4  # of 24
    assert told == 8 if domain else told <= 1


@pytest.mark.parametrize("order", [0.6, 0.0])
def test_option_order(order: float) -> None:
    """Orders that stay from context to context take nothing; an order for each item does."""
    simulation = Simulation(**PLAIN, order_sd=order)
    missed = told = 0
    for seed in SEEDS:
        units: tuple[Unit, ...] = ("replicate", "item")
        found = differences(*(study(simulation, seed, APART, order=unit) for unit in units))
        for quantity, theory in QUANTITIES.items():
            stays = theory(KEY, PROFILE, CONTEXT, NOISE, shared=order)
            changes = theory(KEY, PROFILE, CONTEXT, float(np.hypot(NOISE, order)))
            missed += not holds(found[quantity], stays - changes)
            told += not holds(found[quantity], 0)
    assert missed <= 2  # of 8
    assert told == 8 if order else told <= 1
