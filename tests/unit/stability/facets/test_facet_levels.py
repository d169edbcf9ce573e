"""Figures about facets: by hand, by a known truth, and where nothing was planted."""

import numpy as np
import pandas as pd
import pytest

from holdfast.design.facets.facets import crossed
from holdfast.stability.context_figures import second_intervals
from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order
from holdfast.stability.correlation.spearman import context_pairs
from holdfast.stability.estimation.context_layout import layout, levels_of_facet
from holdfast.stability.estimation.model_stability import Stability
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.facets.facet_components import (
    effect_names,
    facet_components,
    factors_of,
)
from holdfast.stability.facets.facet_levels import by_level
from holdfast.stability.measures.all_measures import measures, measures_null
from holdfast.stability.resampling.stability_draws import Settings

WORDINGS = ["plain", "survey", "interview"]
QUANTITIES = [
    "facet_variance", "facet_share", "source_share", "facet_g", "facet_phi",
    *(f"{kind}_{what}" for kind in ("rank_order", "ipsative")
      for what in ("at_level", "across_levels", "across_less_within")),
]  # fmt: skip
TOPICS = ["chess", "joke", "grammar", "gardening"]


def contexts() -> pd.DataFrame:
    rows = [{"context": t, "topic": t, "conversation": t, "messages": 3} for t in TOPICS]
    return pd.DataFrame(crossed(rows, {"wording": WORDINGS}, "full"))


def scores(moved: float, respondents: int = 80, replicates: int = 2) -> np.ndarray:
    """Return scores (R, contexts, N, 6) of respondents whom each wording moves in its own way."""
    generator, table = np.random.default_rng(1), contexts()
    trait = generator.normal(size=(respondents, 6))
    trait /= trait.std(axis=0, ddof=1)
    topic = dict(zip(TOPICS, 0.4 * generator.normal(size=(4, respondents, 6)), strict=True))
    wording = dict(zip(WORDINGS, moved * generator.normal(size=(3, respondents, 6)), strict=True))
    noise = 0.3 * generator.normal(size=(replicates, len(table), respondents, 6))
    of = [topic[t] + wording[w] for t, w in zip(table["topic"], table["wording"], strict=True)]
    return np.asarray(trait + np.stack(of) + noise, dtype=np.float64)


def test_the_grid_has_every_topic_at_every_level() -> None:
    told = layout(contexts())
    names = contexts()["context"].to_numpy()[told.grid]
    assert names[0].tolist() == ["chess", "chess~survey", "chess~interview"]
    assert names[:, 2].tolist() == [f"{t}~interview" for t in TOPICS]
    assert told.facets == {"wording": WORDINGS}


def test_figures_by_hand() -> None:
    sample, told = Sample(scores(0.5)), layout(contexts())
    places = levels_of_facet(told, "wording")
    found = by_level([places]).compute(sample, np.ones((1, 80)))
    own = {(f.quantity, f.level): f.mean[0] for f in found}
    first, second = context_pairs(12)
    for kind, cells in (
        ("rank_order", rank_order(sample.scores)),
        ("ipsative", ipsative(sample.scores)),
    ):

        def mean(pairs: list[set[int]], cells: np.ndarray = cells) -> float:
            at = [p for p in range(first.size) if {first[p], second[p]} in pairs]
            assert len(at) == len(pairs)
            return float(cells[:, at].mean())

        within = [
            mean([{level[i], level[j]} for i in range(4) for j in range(i)]) for level in places.T
        ]
        by_pair = [mean([{t[i], t[j]} for t in places]) for i, j in ((0, 1), (0, 2), (1, 2))]
        assert own[f"{kind}_at_level", "level"] == pytest.approx(within)
        assert own[f"{kind}_across_levels", "levels"] == pytest.approx(by_pair)
        assert own[f"{kind}_across_levels", "facet"] == pytest.approx([np.mean(by_pair)])
        assert own[f"{kind}_across_less_within", "facet"] == pytest.approx(
            [np.mean(by_pair) - np.mean(within)]
        )


def rows(moved: float) -> pd.DataFrame:
    """Return the rows about facets, with both intervals."""
    told, sample = layout(contexts()), Sample(scores(moved, 40))
    names = Names(contexts()["context"].tolist(), list("abcdef"), [1, 2])
    how = Settings(draws=60)
    found, draws = measures(sample, names, how, {}, told)
    result = Stability(tuple(found), draws, 40, 0)
    whole = second_intervals(result, sample, names, told, how)
    table = pd.DataFrame([vars(e) for e in whole.estimates])
    return table[table["quantity"].isin(QUANTITIES)]


def test_planted_components_are_found() -> None:
    told, sample = layout(contexts()), Sample(scores(0.6, 500))
    effects = effect_names(factors_of(4, ["wording"], 2))
    figures = facet_components(told.grid, ["wording"]).compute(sample, np.ones((1, 500)))
    own = {(f.quantity, f.level): f.mean[0] for f in figures}
    variance = dict(zip(effects, own["facet_variance", "component"], strict=True))
    error = "respondent × topic × wording × replicate"
    planted = {
        "respondent": 1,
        "respondent × topic": 0.16,
        "respondent × wording": 0.36,
        error: 0.09,
    }
    assert effects[-1] == error
    for effect in effects:
        assert variance[effect] == pytest.approx(planted.get(effect, 0), abs=0.05), effect
    assert own["source_share", "source"] == pytest.approx([0.16 / 1.61, 0.36 / 1.61], abs=0.03)
    assert own["facet_g", "pooled"] == pytest.approx(
        1 / (1 + 0.16 / 4 + 0.36 / 3 + 0.09 / 24), abs=0.01
    )


def test_a_wording_that_moves_more_than_a_topic_is_found_in_both_intervals() -> None:
    found = rows(0.6)
    less = found[found["quantity"].eq("rank_order_across_less_within")].iloc[0]
    assert less["context_a"] == "wording" and less["upper"] < 0 and less["contexts_upper"] < 0
    assert set(found["contexts_status"]) == {"ok"}
    assert (found["contexts_lower"] <= found["estimate"]).all()
    assert set(QUANTITIES) == set(found["quantity"])


def test_nothing_is_found_where_nothing_was_planted() -> None:
    found = rows(0.0).set_index(["quantity", "context_a"])
    row = found.loc[("facet_variance", "respondent × wording")]
    assert row["contexts_lower"] < 0 < row["contexts_upper"]
    assert found.loc[("rank_order_across_less_within", "wording")]["contexts_lower"] > 0


def test_random_answers_have_a_null_for_each_effect() -> None:
    key = {name: [2 * i + 1, 2 * i + 2] for i, name in enumerate("abcd")}
    null = measures_null(
        key, (2, 12, 10), items=8, options=6, simulations=8, seed=1, undefined="zero",
        layout=layout(contexts()),
    )  # fmt: skip
    effects = effect_names(factors_of(4, ["wording"], 2))
    assert null["facet_share", "component"].mean.shape == (len(effects),)
    assert null["facet_share", "component"].mean[-1] > 0.5  # chance is most of it
    assert abs(null["rank_order_across_levels", "facet"].mean[0]) < 0.2
