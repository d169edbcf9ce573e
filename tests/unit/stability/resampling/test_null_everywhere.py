"""On random answers every stability is 0 within its error, intervals hold 0, and no model stands out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from golden_data import PVQ_KEY
from scipy.stats import binom

from holdfast.stability.estimation.context_layout import Layout
from holdfast.stability.estimation.family_stability import pooled
from holdfast.stability.estimation.model_comparison import compare
from holdfast.stability.estimation.model_stability import Stability, model_stability
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.measures.all_measures import indices, measures
from holdfast.stability.measures.default_profile import default_profile
from holdfast.stability.measures.fidelity import Known, fidelity
from holdfast.stability.measures.known_groups import known_groups
from holdfast.stability.resampling.null_distribution import scoring_weights
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.stability.structure.item_map import shuffled
from holdfast.stability.structure.value_structure import Items, structure

STUDIES, REPLICATES, RESPONDENTS, DRAWS = 36, 2, 20, 60
CONTEXTS = ["none", "a", "b", "c", "a, short", "b, short"]
PEOPLE = [f"r{i}" for i in range(RESPONDENTS)]
LAYOUT = Layout(
    main=np.array([1, 2, 3]), neutral=0, lengths={1: np.array([4, 5]), 3: np.array([1, 2])}
)
GROUPS = known_groups(PEOPLE, {r: "villain" if i < 8 else "hero" for i, r in enumerate(PEOPLE)})
ZERO = (
    "rank_order", "rank_order_unbiased", "rank_order_ipsatised", "elevation_stability",
    "scatter_stability", "shape_stability", "normativeness_stability",
    "ipsative", "fidelity", "default_profile", "pearson", "icc_a1", "distinctive",
    "reliability", "variance_respondent", "variance_context", "variance_replicate",
    "variance_respondent_context", "variance_respondent_replicate", "variance_context_replicate",
    "neutral_rank_order", "neutral_ipsative", "rank_order_slope", "ipsative_slope",
)  # fmt: skip
"""Pooled figures that are 0 on random answers."""

COMPARED = (
    "rank_order", "rank_order_unbiased", "ipsative", "distinctive", "fidelity", "default_profile",
    "neutral_rank_order", "neutral_ipsative", "rank_order_slope", "ipsative_slope",
)  # fmt: skip


def random_ratings(seed: int, respondents: int = RESPONDENTS) -> np.ndarray:
    shape = (REPLICATES, len(CONTEXTS), respondents, 40)
    return np.random.default_rng(seed).integers(1, 6, shape, endpoint=True).astype(float)


def random_study(seed: int) -> Stability:
    """Return all estimates of a model that answers at random; its personas are the same in every study."""
    settings, values = Settings(draws=DRAWS), list(PVQ_KEY)
    ratings = random_ratings(seed)
    weights = scoring_weights(PVQ_KEY)
    scores, main = ratings @ weights, LAYOUT.main
    own, names = scores[:, main], [CONTEXTS[c] for c in main]
    core = model_stability(own, names, values, draws=DRAWS)
    latent = np.random.default_rng(0).normal(size=(RESPONDENTS, 10))
    rows, drawn = fidelity(Known(own, latent, names, values), settings)
    without = random_ratings(seed + 1000, 8) @ weights
    profile, profile_draws = default_profile(own, without, names, values, settings)
    sample = Sample(scores, "zero", ratings, indices(PVQ_KEY))
    every = Names(CONTEXTS, values, range(1, REPLICATES + 1))
    more, more_draws = measures(sample, every, settings, {}, LAYOUT, GROUPS)
    return replace(
        core, estimates=(*core.estimates, *rows, *profile, *more),
        draws={**core.draws, **more_draws, "fidelity": drawn, "default_profile": profile_draws},
    )  # fmt: skip


@pytest.fixture(scope="module")
def studies() -> list[Stability]:
    return [random_study(seed) for seed in range(STUDIES)]


def test_every_stability_is_zero(studies: list[Stability]) -> None:
    """The mean lies within 4 standard errors of 0, and intervals hold 0 about as often as they say."""
    fewest = binom.ppf(1e-4, STUDIES, 0.95)
    for quantity in ZERO:
        rows = [pooled(s, quantity) for s in studies]
        found = np.array([r.estimate for r in rows])
        assert abs(found.mean()) < 4 * found.std(ddof=1) / STUDIES**0.5, quantity
        assert sum(r.lower <= 0 <= r.upper for r in rows) >= fewest, quantity


def test_every_row_is_zero(studies: list[Stability]) -> None:
    """Also by value, pair, context, length and replicate: at most 1 in 1,000 means beyond 4 errors."""
    names = {
        *ZERO,
        "mean_level_change",
        "known_groups",
        "rank_order_at_length",
        "ipsative_at_length",
    }
    places: dict[tuple[object, ...], list[float]] = {}
    for study in studies:
        for r in study.estimates:
            if r.quantity in names and r.status == "ok":
                at = (r.quantity, r.value, r.context_a, r.context_b, r.replicate)
                places.setdefault(at, []).append(r.estimate)
    away = []
    for at, row in places.items():
        found = np.array(row)
        if abs(found.mean()) > 4 * found.std(ddof=1) / len(row) ** 0.5:
            away.append(at)
    assert len(places) > 250 and {str(at[0]) for at in places} == names
    assert len(away) <= len(places) / 1000 + 1, away


def test_nothing_is_divided_by_no_reliability(studies: list[Stability]) -> None:
    rows = [pooled(s, "disattenuated") for s in studies]
    assert sum(r.status == "unreliable" for r in rows) >= binom.ppf(1e-4, STUDIES, 0.95)


def test_no_model_stands_out(studies: list[Stability]) -> None:
    """Single p below .05 in 5 % of pairs, adjusted ones in 5 % of tables, within binomial chance."""
    single: dict[str, list[float]] = {q: [] for q in COMPARED}
    tables: dict[str, list[float]] = {q: [] for q in COMPARED}
    for group in grouped(studies):
        for name, other in (("m0", "m1"), ("m2", "m3")):
            for row in compare({name: group[name], other: group[other]}, "family", 0.95):
                single[row["quantity"]] += [row["p"]]
        lowest = dict.fromkeys(COMPARED, 1.0)
        for row in compare(group, "family", 0.95):
            lowest[row["quantity"]] = min(lowest[row["quantity"]], row["p_adjusted"])
        for quantity, p in lowest.items():
            tables[quantity].append(p)
    for found in (single, tables):
        for quantity, p in found.items():
            p = np.array(p)
            assert np.sum(p < 0.05) <= binom.ppf(0.9999, p.size, 0.05), quantity
        every = np.concatenate(list(found.values()))
        assert np.mean(every < 0.05) <= 0.10


def grouped(studies: list[Stability]) -> Iterator[dict[str, Stability]]:
    """Yield studies of four models each."""
    for at in range(0, len(studies), 4):
        yield {f"m{i}": s for i, s in enumerate(studies[at : at + 4])}


def test_structure_of_noise_is_that_of_shuffled_answers() -> None:
    """Stress, separability and the others: the difference lies within 4 standard errors of 0."""
    values = [next(v for v, key in PVQ_KEY.items() if i in key) for i in range(1, 41)]
    differences: dict[str, list[float]] = {}
    for seed in range(16):
        ratings = random_ratings(seed)[0, 1]
        drawn, _ = structure(Items(ratings, values))
        mixed, _ = structure(Items(shuffled(ratings, np.random.default_rng(seed)), values))
        for quantity, figure in drawn.items():
            differences.setdefault(quantity, []).append(figure - mixed[quantity])
    for quantity, row in differences.items():
        found = np.array(row)
        assert abs(found.mean()) < 4 * found.std(ddof=1) / found.size**0.5, quantity
