"""Studies of simulated answers whose effects are known."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from holdfast.design.contexts import context_rows
from holdfast.design.facets.option_orders import Unit
from holdfast.design.instruments import Instrument, load_instrument
from holdfast.design.personas import read_personas
from holdfast.design.topics import choose_topics
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.interview.questions import questions
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.models.simulation import Simulation
from holdfast.inference.prompting.wordings import load_wording
from holdfast.stability.estimation.context_layout import layout
from holdfast.stability.estimation.model_stability import Stability, model_stability
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.measures.all_measures import measures
from holdfast.stability.resampling.null_distribution import scoring_weights
from holdfast.stability.resampling.stability_draws import Settings

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
PVQ40 = load_instrument(RESOURCES, "pvq40")
KEY = PVQ40.values
RESPONDENTS, DRAWS = 40, 100


def design(
    seed: int, topics: Sequence[str], messages: int, also_after: Sequence[int], order: Unit
) -> Design:
    """Return a study's design, as an inference job has it."""
    chosen = choose_topics(RESOURCES / "topics/topics.csv", list(topics))
    return Design(
        seed=seed, replicates=1, profiles={}, option_order=order, readouts=["logit"],
        personas=read_personas(RESOURCES / "personas/fictional.csv", RESPONDENTS),
        contexts=context_rows([t.model_dump() for t in chosen], messages, False, also_after),
        instruments=[PVQ40], max_new_tokens=10,
        wordings={"plain": load_wording(RESOURCES, "plain").model_dump()},
    )  # fmt: skip


def expected_ratings(
    simulation: Simulation, study: Design, instrument: Instrument = PVQ40
) -> np.ndarray:
    """Return the simulated reference's expected ratings (1, contexts, respondents, items)."""
    backend = ReferenceBackend("simulated", simulation, study.seed)
    context = {c["context"]: i for i, c in enumerate(study.contexts)}
    respondent = {p.persona: i for i, p in enumerate(study.personas)}
    ratings = np.empty((1, len(context), len(respondent), len(instrument.items)))
    for session in sessions(study):
        here = context[session.context], respondent[session.persona.persona]
        ratings[0, *here] = [backend.latent(q.asked) for q in questions(study, session)]
    return np.clip(ratings, 1, 6)


def study(
    simulation: Simulation, seed: int, topics: Sequence[str], messages: int = 3,
    also_after: Sequence[int] = (), order: Unit = "item",
) -> Stability:  # fmt: skip
    """Return the estimates of a study of one simulated model, of its lengths and domains if it has several."""
    told = design(seed, topics, messages, also_after, order)
    scores = expected_ratings(simulation, told) @ scoring_weights(KEY)
    places, names = layout(pd.DataFrame(told.contexts)), [c["context"] for c in told.contexts]
    main, values = [names[i] for i in places.main], list(KEY)
    core = model_stability(scores[:, places.main], main, values, draws=DRAWS, seed=seed)
    if not (places.lengths or places.domains):
        return core
    sample, settings = Sample(scores, "zero", np.empty(0), []), Settings(draws=DRAWS, seed=seed)
    rows, draws = measures(sample, Names(names, values, [1]), settings, {}, places)
    return replace(core, estimates=(*core.estimates, *rows), draws={**core.draws, **draws})
