"""Stability within and between domains: by hand, by known truth, and where there is none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from holdfast.stability.correlation.ipsative import ipsative
from holdfast.stability.correlation.rank_order import rank_order
from holdfast.stability.correlation.spearman import context_pairs
from holdfast.stability.estimation.context_layout import layout
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.measures.all_measures import measures, measures_null
from holdfast.stability.measures.topic_domains import by_domain, pairs_of
from holdfast.stability.resampling.stability_draws import Settings

DOMAINS = {"social": np.array([0, 3]), "technical": np.array([1, 2, 4])}
QUANTITIES = [
    f"{kind}_{side}" for kind in ("rank_order", "ipsative")
    for side in ("within", "between", "within_less_between")
]  # fmt: skip


def contexts(domains: list[str]) -> pd.DataFrame:
    names = [f"c{i}" for i in range(len(domains))]
    return pd.DataFrame({"context": names, "messages": 3, "domain": domains})


def scores(shared: float, respondents: int = 40) -> np.ndarray:
    """Return scores (2, 5, N, 6) whose contexts share more within a domain."""
    generator = np.random.default_rng(1)
    trait = generator.normal(size=(respondents, 6))
    of_domain = shared * generator.normal(size=(2, respondents, 6))
    noise = 0.7 * generator.normal(size=(2, 5, respondents, 6))
    at = [0, 1, 1, 0, 1]
    made = trait + of_domain[at] + noise
    return np.asarray(made - made.mean(axis=-1, keepdims=True), dtype=np.float64)


def test_figures_by_hand() -> None:
    sample = Sample(scores(0.8))
    found = by_domain(DOMAINS).compute(sample, np.ones((1, 40)))
    first, second = context_pairs(5)
    social = [p for p in range(10) if {first[p], second[p]} <= {0, 3}]
    technical = [p for p in range(10) if {first[p], second[p]} <= {1, 2, 4}]
    across = [p for p in range(10) if p not in social + technical]
    for kind, cells in (
        ("rank_order", rank_order(sample.scores)),
        ("ipsative", ipsative(sample.scores)),
    ):
        own = {(f.quantity, f.level): f.mean[0] for f in found}
        within = cells[:, social + technical].mean()
        between = cells[:, across].mean()
        assert own[f"{kind}_within", "pooled"] == pytest.approx(within)
        assert own[f"{kind}_between", "pooled"] == pytest.approx(between)
        assert own[f"{kind}_within_less_between", "pooled"] == pytest.approx(within - between)
        assert own[f"{kind}_within", "domain"] == pytest.approx(
            [cells[:, social].mean(), cells[:, technical].mean()]
        )
        assert own[f"{kind}_between", "domains"] == pytest.approx([between])


def test_every_pair_is_in_one_block() -> None:
    blocks = pairs_of([np.array([0, 5]), np.array([1, 2]), np.array([3, 4, 6])])
    assert sorted(np.concatenate(list(blocks.values()))) == list(range(21))
    assert {k: len(v) for k, v in blocks.items()} == {
        (0, 0): 1, (0, 1): 4, (0, 2): 6, (1, 1): 1, (1, 2): 6, (2, 2): 3,
    }  # fmt: skip


def rows(shared: float) -> pd.DataFrame:
    told = layout(contexts(["social", "technical", "technical", "social", "technical"]))
    names = Names([f"c{i}" for i in range(5)], list("abcdef"), [1, 2])
    found, draws = measures(Sample(scores(shared)), names, Settings(draws=60), {}, told)
    table = pd.DataFrame([vars(e) for e in found if e.quantity in QUANTITIES])
    assert set(QUANTITIES) <= set(draws)
    return table.assign(pooled=table["context_a"].isna()).set_index("quantity")


def test_what_a_domain_shares_shows_as_a_difference() -> None:
    for shared, differs in ((1.0, True), (0.0, False)):
        table = rows(shared)
        for kind in ("rank_order", "ipsative"):
            row = table.loc[f"{kind}_within_less_between"]
            assert (row["lower"] > 0) == differs
            assert row["lower"] < row["estimate"] < row["upper"]


def test_rows_name_their_domains() -> None:
    table = rows(0.5)
    within, between = table.loc["rank_order_within"], table.loc["rank_order_between"]
    assert within["context_a"].dropna().tolist() == ["social", "technical"]
    assert within["context_b"].dropna().tolist() == ["social", "technical"]
    pair = between[~between["pooled"]].iloc[0]
    assert (pair["context_a"], pair["context_b"]) == ("social", "technical")


def test_random_answers_differ_by_nothing() -> None:
    told = layout(contexts(["social", "technical", "technical", "social"]))
    null = measures_null(
        {"a": [1, 2], "b": [3, 4], "c": [5, 6]}, (1, 4, 30), items=6, options=6, simulations=80,
        seed=3, undefined="zero", layout=told,
    )  # fmt: skip
    for quantity in QUANTITIES:
        moments = null[quantity, "pooled"]  # type: ignore[index]
        assert abs(moments.mean[0]) < 4 * moments.sd[0] / 20**0.5 and moments.sd[0] > 0


@pytest.mark.parametrize(
    ("domains", "kept"),
    [(["social", "technical", "technical", "social"], ["social", "technical"]),
     (["social", "technical", "technical", "factual"], []),
     (["social", "technical", "technical", "social", "factual"], ["social", "technical"]),
     (["", "", "", ""], [])],
)  # fmt: skip
def test_two_domains_of_two_topics_are_needed(domains: list[str], kept: list[str]) -> None:
    assert list(layout(contexts(domains)).domains) == kept


def test_the_neutral_context_and_shorter_conversations_are_in_no_domain() -> None:
    table = contexts(["", "social", "social", "technical", "technical", "social"])
    table["messages"] = [0, 3, 3, 3, 3, 1]
    told = layout(table)
    assert {d: list(at) for d, at in told.domains.items()} == {
        "social": [1, 2],
        "technical": [3, 4],
    }
    plain = replace(told, domains={})
    assert plain.main.tolist() == told.main.tolist()
