"""How often both intervals hold the truth where topics differ, and how often equal models seem to differ.

A study has topics that disturb its models' answers more or less: the logarithm of a topic's disturbance is
normal. Two models have the same respondents and topics; how much a topic disturbs the one says nothing of the
other, and over all topics that there might be both are equally stable.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from functools import cache, partial
from itertools import combinations, product
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

from holdfast.report.wording.summary import summaries
from holdfast.stability.context_figures import (
    of_profiles,
    of_stability,
    second_intervals,
)
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.context_layout import plain
from holdfast.stability.estimation.estimate_tables import estimates_table
from holdfast.stability.estimation.model_comparison import compare
from holdfast.stability.estimation.model_stability import Stability, model_stability
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.measures.fidelity import correlations_with, means_under
from holdfast.stability.resampling.bootstrap import respondent_multiplicities
from holdfast.stability.resampling.intervals import (
    bootstrap_spread,
    ends,
    interval_of,
    leave_one_out,
)
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.stability_draws import Settings, among_contexts
from holdfast.stability.resampling.two_way_jackknife import over_contexts, two_way_spread

QUANTITIES: tuple[Quantity, ...] = ("rank_order", "ipsative", "fidelity")
VALUES, DISTURBANCE, DRAWS = 5, 0.8, 100
"""Values, the median disturbance in standard deviations of the profiles, and bootstrap draws."""

AT_ONCE = 5
"""Studies that are computed together; bounds the memory."""


@dataclass(frozen=True)
class Topics:
    """A design.

    Attributes:
        spread: standard deviation of the logarithm of the topics' disturbance.
        topics: how many there are.
        respondents: how many there are.
    """

    spread: float
    topics: int
    respondents: int


DESIGNS = [
    Topics(spread, topics, respondents)
    for respondents, spread, topics in product((20, 60, 200), (0.0, 0.2, 0.4), (5, 9, 15))
]


@dataclass(frozen=True)
class Answers:
    """Answers in R independent studies: profiles (R, N, V), disturbances (R, C), and scores (R, C, N, V)."""

    latent: FloatArray
    disturbances: FloatArray
    scores: FloatArray


def two_models(design: Topics, studies: int, seed: int) -> list[Answers]:
    """Return the answers of two models with the same respondents and topics."""
    g = np.random.default_rng([seed, design.topics, design.respondents, int(100 * design.spread)])
    latent = g.normal(size=(studies, design.respondents, VALUES))
    made = []
    for _ in range(2):
        of_topics = DISTURBANCE * np.exp(design.spread * g.normal(size=(studies, design.topics)))
        noise = g.normal(size=(studies, design.topics, design.respondents, VALUES))
        scores = latent[:, None] + of_topics[:, :, None, None] * noise
        made.append(Answers(latent, of_topics, scores))
    return made


def figures(model: Answers) -> dict[Quantity, dict[str, FloatArray]]:
    """Return what the intervals of R studies are made of; the studies are what replicates are in the library.

    Returns:
        By quantity the estimates (R,), the draws (D, R), the figures without each respondent (N, R) and those
        without topics and groups of respondents (1 + C, 1 + G, R).
    """
    _, topics, respondents, _ = model.scores.shape
    settings, told, sample = Settings(draws=DRAWS), plain(topics), Sample(model.scores)
    weights = {
        "draws": respondent_multiplicities(respondents, DRAWS, 0),
        "left": leave_one_out(np.ones(respondents, dtype=np.bool_)),
    }
    found = {
        kind: among_contexts(model.scores, settings, w, [told.main])[0]
        for kind, w in weights.items()
    }
    within = correlations_with(model.scores, model.latent[:, None])
    deleted = {
        **of_stability(sample, told, settings),
        **of_profiles("fidelity", sample, model.latent[:, None], told),
    }
    result: dict[Quantity, dict[str, FloatArray]] = {}
    for quantity in QUANTITIES:
        figure = deleted[quantity, "replicate"]
        result[quantity] = {"estimate": figure[0, 0], "deleted": figure}
        for kind, w in weights.items():
            result[quantity][kind] = (
                np.stack([means_under(r[None], "zero", w)[0] for r in within], axis=1)
                if quantity == "fidelity"
                else found[kind][quantity]["replicate"]
            )
    return result


def one_study(design: Topics, seed: int) -> dict[str, Stability]:
    """Return two models of one study with both intervals, as a study's tables have them."""
    found = {}
    for name, model in zip(("a-mini", "b-mini"), two_models(design, 1, seed), strict=True):
        names = Names(
            [f"c{c}" for c in range(design.topics)], [f"v{v}" for v in range(VALUES)], [1]
        )
        core = model_stability(
            model.scores, names.contexts, names.values, replicates=[1], draws=DRAWS
        )
        told, settings = plain(design.topics), Settings(draws=DRAWS)
        found[name] = second_intervals(
            core, Sample(model.scores), names, told, settings, statistics=False
        )
    return found


def truth(disturbances: FloatArray) -> dict[str, FloatArray]:
    """Return what a study of endless respondents has with disturbances (..., C): means over topics and pairs.

    Over respondents Spearman's correlation of normal scores is 6/π asin(r/2). Over V values its mean is
    6/(π (V + 1)) (asin r + (V - 2) asin(r/2)) (Moran 1948).
    """
    shared = 1 / np.sqrt(1 + disturbances**2)  # with the profile
    pairs = [shared[..., a] * shared[..., b] for a, b in combinations(range(shared.shape[-1]), 2)]
    r = np.stack(pairs, axis=-1)
    return {
        "rank_order": (6 / np.pi * np.arcsin(r / 2)).mean(axis=-1),
        "ipsative": _over_values(r).mean(axis=-1),
        "fidelity": _over_values(shared).mean(axis=-1),
    }


def _over_values(r: FloatArray) -> FloatArray:
    both = np.arcsin(r) + (VALUES - 2) * np.arcsin(r / 2)
    return np.asarray(6 / (np.pi * (VALUES + 1)) * both, dtype=np.float64)


@cache
def over_topics(spread: float) -> dict[str, float]:
    """Return the truth over all topics that there might be."""
    z = np.random.default_rng(1).normal(size=(1_000_000, 2))
    return {q: float(t.mean()) for q, t in truth(DISTURBANCE * np.exp(spread * z)).items()}


def share(design: Topics, studies: int, seed: int) -> dict[str, float]:
    """Return the shares of intervals that hold the truth, and of comparisons that claim a difference."""
    models = two_models(design, studies, seed)
    one, other = (figures(model) for model in models)
    these, population = truth(models[0].disturbances), over_topics(design.spread)
    found: dict[str, float] = {}
    for quantity in QUANTITIES:
        own = one[quantity]
        first = interval_of(
            quantity, own["estimate"], own["draws"], own["left"], 0.95, design.respondents
        )
        second = over_contexts(quantity, own["deleted"], 0.95)
        found[f"{quantity}, these"] = _holds(first, these[quantity])
        found[f"{quantity}, like these"] = _holds(
            (second.lower, second.upper), population[quantity]
        )
        found[f"{quantity}, these for like these"] = _holds(first, population[quantity])
        less = {k: own[k] - other[quantity][k] for k in own}
        respondents = bootstrap_spread(less["estimate"], less["draws"], "plain", design.respondents)
        crossed = two_way_spread(less["deleted"], "plain")
        for method, spread in (("paired_contexts", crossed), ("paired_bootstrap", respondents)):
            ends_of = ends(less["estimate"], spread, 0.95, "plain", (-np.inf, np.inf))
            found[f"{quantity}, {method}"] = 1 - _holds(ends_of, 0.0)
    return found


def _holds(interval: tuple[FloatArray, FloatArray], true: FloatArray | float) -> float:
    return float(((interval[0] <= true) & (true <= interval[1])).mean())


def sentence(seed: int, design: Topics) -> bool:
    """Tell whether any of the page's sentences claims a difference of equal models."""
    found = one_study(design, seed)
    where = {"population": "planted", "instrument": "q"}
    tables = [estimates_table(s, {"model": m, "family": m, **where}) for m, s in found.items()]
    tests = pd.DataFrame([row | where for row in compare(found, "model", 0.95)])
    models = {m: {"model": {"family": m}, "deployment": {"backend": "transformers"}} for m in found}
    said = summaries(pd.concat(tables), models, tests)[0]
    return "The difference is significant" in " ".join([said.headline, *said.details])


def measure(studies: int, processes: int, designs: list[Topics]) -> list[dict[str, Any]]:
    """Return one row a design."""
    rows = []
    print(heading(), flush=True)
    parts = max(1, studies // AT_ONCE)
    with Pool(processes) as pool:
        for design in designs:
            found = pool.map(
                partial(share, design, min(studies, AT_ONCE)), range(parts), chunksize=1
            )
            rows.append(
                {**asdict(design), "studies": studies, **pd.DataFrame(found).mean().to_dict()}
            )
            print(_line(rows[-1]), flush=True)
    return rows


def claims(seeds: int, processes: int) -> float:
    """Return the share of studies of five topics and 60 respondents whose sentences claim a difference."""
    with Pool(processes) as pool:
        said = pool.map(partial(sentence, design=Topics(0.4, 5, 60)), range(seeds), chunksize=5)
    return float(np.mean(said))


COLUMNS = ("these", "like these", "these for like these", "paired_contexts", "paired_bootstrap")


def heading() -> str:
    """Return the heading of the table that `measure` prints."""
    return f"spread, topics, respondents; of {', '.join(QUANTITIES)} each: {', '.join(COLUMNS)}"


def _line(row: dict[str, Any]) -> str:
    shares = "  ".join(" ".join(f"{row[f'{q}, {e}']:.3f}" for e in COLUMNS) for q in QUANTITIES)
    return f"{row['spread']:<5}{row['topics']:>3}{row['respondents']:>5}  {shares}"
