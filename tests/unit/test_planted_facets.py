"""What wordings move in simulated answers is found by 2,000 respondents, and nothing where none do."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted import RESOURCES, design, expected_ratings

from holdfast.design.facets.facets import crossed
from holdfast.design.instruments import load_instrument
from holdfast.design.personas import Persona
from holdfast.inference.interview.questions import asked_items
from holdfast.inference.interview.sessions import sessions
from holdfast.inference.models.simulation import Simulation
from holdfast.inference.prompting.wordings import load_wording
from holdfast.stability.context_figures import second_intervals
from holdfast.stability.estimation.context_layout import layout, levels_of_facet
from holdfast.stability.estimation.expected_stability import expected_ipsative, expected_rank_order
from holdfast.stability.estimation.model_comparison import compare
from holdfast.stability.estimation.model_stability import Stability, model_stability
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.facets.facet_components import effect_names, facet_components, factors_of
from holdfast.stability.facets.facet_levels import by_level
from holdfast.stability.resampling.null_distribution import scoring_weights
from holdfast.stability.resampling.stability_draws import Settings

PVQ21 = load_instrument(RESOURCES, "pvq21")
PROFILE, CONTEXT, NOISE, RESPONDENTS = 0.6, 0.2, 0.3, 2000


@pytest.mark.parametrize(
    ("facet", "levels", "moved"),
    [
        ("wording", ["plain", "survey"], 0.3),
        ("wording", ["plain", "survey"], 0.0),
        ("presentation", ["in_view", "lines"], 0.3),
        ("item_order", ["numbered", "shuffled"], 0.3),
    ],
    ids=str,
)
def test_a_facet_is_told_from_topics_and_chance(
    facet: str, levels: list[str], moved: float
) -> None:
    plain = design(1, ["grammar", "joke"], 3, (), "replicate")
    wordings = levels if facet == "wording" else ["plain"]
    study = replace(
        plain, instruments=[PVQ21],
        contexts=crossed(plain.contexts, {facet: levels}, "full"),
        personas=[Persona(persona=f"p{i}", name="A", description="B.") for i in range(RESPONDENTS)],
        wordings={name: load_wording(RESOURCES, name).model_dump() for name in wordings},
    )  # fmt: skip
    simulation = Simulation(
        profile_sd=PROFILE, context_sd=CONTEXT, noise_sd=NOISE, facet_sd={facet: moved}
    )
    scores = expected_ratings(simulation, study, PVQ21) @ scoring_weights(PVQ21.values)
    told, sample = layout(pd.DataFrame(study.contexts)), Sample(scores)
    ones = np.ones((1, RESPONDENTS))

    statistic = facet_components(told.grid, [facet])
    found = {f.quantity: f.mean[0] for f in statistic.compute(sample, ones)}
    effects = effect_names(factors_of(2, [facet], 1))
    items = np.array([len(of) for of in PVQ21.values.values()])
    weights = np.eye(10) - items / items.sum()  # centring
    kept = float((weights**2).sum(axis=1).mean())
    noise = float((weights**2 @ (NOISE**2 / items)).mean())
    planted = {
        "respondent": kept * PROFILE**2, f"respondent × {facet}": kept * moved**2,
        f"respondent × topic × {facet}": kept * CONTEXT**2 + noise,
    }  # fmt: skip
    variance = dict(zip(effects, found["facet_variance"], strict=True))
    for effect in effects:
        assert variance[effect] == pytest.approx(planted.get(effect, 0), abs=0.02), effect

    figures = by_level([levels_of_facet(told, facet)]).compute(sample, ones)
    own = {(f.quantity, f.level): f.mean[0].mean() for f in figures}
    for kind, theory in (("rank_order", expected_rank_order), ("ipsative", expected_ipsative)):
        at_level = theory(PVQ21.values, np.hypot(PROFILE, moved), CONTEXT, NOISE)
        across = theory(PVQ21.values, PROFILE, np.hypot(CONTEXT, moved), NOISE)
        assert own[f"{kind}_at_level", "level"] == pytest.approx(at_level, abs=0.02)
        assert own[f"{kind}_across_levels", "facet"] == pytest.approx(across, abs=0.02)
        assert own[f"{kind}_across_less_within", "facet"] == pytest.approx(
            across - at_level, abs=0.02
        )


@pytest.mark.parametrize(
    ("disturbed", "claimed"),
    [(["plain"], False), (None, True)],
    ids=["one wording", "every wording"],
)
def test_a_difference_in_one_wording_is_none_over_wordings(
    disturbed: list[str] | None, claimed: bool
) -> None:
    """Two simulated models; the second is noisier in the study's first wording, or in all five."""
    found = {
        "a": simulated_over_wordings(1, []), "b": simulated_over_wordings(2, disturbed or WORDINGS)
    }  # fmt: skip
    rows = compare(found, "model", 0.95)
    p = {(r["quantity"], r["method"]): r["p"] for r in rows}
    assert p["rank_order", "paired_contexts"] < 0.01
    over = p["rank_order_over_levels", "paired_contexts_levels"]
    assert over < 0.01 if claimed else over > 0.1


WORDINGS = ["plain", "role_play", "third_person", "interview", "survey"]


def simulated_over_wordings(seed: int, disturbed: list[str]) -> Stability:
    """Return the figures of a simulated model that answers at random for the most part in some wordings."""
    plain = design(seed, ["grammar", "joke", "poem", "history"], 1, (), "replicate")
    study = replace(
        plain, instruments=[PVQ21], contexts=crossed(plain.contexts, {"wording": WORDINGS}, "full"),
        personas=[Persona(persona=f"p{i}", name="A", description="B.") for i in range(40)],
        wordings={name: load_wording(RESOURCES, name).model_dump() for name in WORDINGS},
    )  # fmt: skip
    simulations = [
        Simulation(profile_sd=PROFILE, context_sd=sd, noise_sd=NOISE, facet_sd={"wording": 0.2})
        for sd in (0.2, 0.8)
    ]
    ratings = [expected_ratings(simulation, study, PVQ21) for simulation in simulations]
    table = pd.DataFrame(study.contexts)
    noisy = table["wording"].isin(disturbed).to_numpy()
    scores = np.where(noisy[:, None, None], *ratings[::-1]) @ scoring_weights(PVQ21.values)
    told, sample, settings = layout(table), Sample(scores), Settings(draws=20)
    names = Names(table["context"].tolist(), list(PVQ21.values), [1])
    main = [names.contexts[c] for c in told.main]
    core = model_stability(scores[:, told.main], main, names.values, replicates=[1], draws=20)
    return second_intervals(core, sample, names, told, settings, statistics=False)


def test_options_stand_from_one_end_after_the_same_conversation() -> None:
    plain, levels = design(1, ["joke"], 3, (), "item"), ["drawn", "high_first", "low_first"]
    study = replace(plain, contexts=crossed(plain.contexts, {"option_order": levels}, "full"))
    orders: dict[str, set[tuple[int, ...]]] = {level: set() for level in levels}
    for session in sessions(study):
        assert session.conversation == "joke"
        level = dict(session.levels)["option_order"]
        orders[level] |= {a.order for a in asked_items(study, session, PVQ21).values()}
    assert orders["high_first"] == {(6, 5, 4, 3, 2, 1)}
    assert orders["low_first"] == {(1, 2, 3, 4, 5, 6)}
    assert len(orders["drawn"]) > 100
