"""References run for real: random answers, one and the same answer, answers without noise.

The same answer to everything is one of the models of the smoke study, whose run is looked at.
"""

from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from projects import Finished, Project

of_one_run = pytest.mark.xdist_group("references")
REFERENCES = """
study: references
replicates: 1
models: [random, simulated, simulated-exact]
populations: [{name: fictional, size: 40}, {name: none, size: 40}]
contexts:
  topics: [grammar, joke, {topic: chess, interlocutor: townsfolk}]
  texts: [posts]
  neutral: true
stability: {draws: 100, null_simulations: 100, structure: false}
"""


@pytest.fixture(scope="module")
def references(shared_project: Project) -> pd.DataFrame:
    """Return the pooled estimates of the reference models."""
    shared_project.write("studies/references.yaml", REFERENCES)
    ran = shared_project.snakemake(
        "results/references/estimates.csv", "--configfile", "studies/references.yaml"
    )
    assert ran.status == 0, ran.said
    return pooled(shared_project.folder / "results/references")


def pooled(results: Path) -> pd.DataFrame:
    """Return the estimates over all values, contexts and replicates, by model, population and quantity."""
    table = pd.read_csv(results / "estimates.csv", keep_default_na=False)
    own = table[(table[["value", "context_a", "replicate"]] == "").all(axis=1)]
    return own.set_index(["model", "population", "quantity"])


@of_one_run
def test_the_tables_say_whom_a_respondent_met_and_what_it_read(
    references: pd.DataFrame, shared_project: Project
) -> None:
    results = shared_project.folder / "results/references"
    met = pd.read_parquet(results / "design/encounters/none.parquet")
    assert len(met) == 2 * 40 and met["title"].nunique() == 5 + 1
    talks = pd.read_parquet(results / "conversations/random/none.parquet")
    who = talks.groupby("context")["interlocutor"].agg(lambda ids: set(ids) - {""})
    assert who["chess+townsfolk"] == set(met["interlocutor"]) - {""} and not who["posts"]
    assert talks.query("context == 'posts'")["status"].unique().tolist() == ["opening", "given"]


of_each = pytest.mark.parametrize(
    ("population", "quantity"), list(product(("fictional", "none"), ("rank_order", "ipsative")))
)


@of_one_run
def test_answers_without_a_persona_are_compared_with_the_personas(references: pd.DataFrame) -> None:
    for model in ("random", "simulated"):
        assert references.loc[model, "fictional", "default_profile"]["estimate"] != ""


@of_one_run
@of_each
def test_random_answers_are_not_stable(
    references: pd.DataFrame, population: str, quantity: str
) -> None:
    row = references.loc["random", population, quantity]
    assert abs(float(row["estimate"])) < 3 * float(row["null_sd"])


@pytest.mark.xdist_group("smoke")
@pytest.mark.parametrize("quantity", ["rank_order", "ipsative"])
def test_constant_answers_have_no_stability(smoke: Finished, quantity: str) -> None:
    row = pooled(smoke.results).loc["constant", "generated", quantity]
    assert row["status"] == "not_estimable" and row["estimate"] == ""
    assert int(row["undefined"]) > 0


@of_one_run
@of_each
def test_answers_without_noise_are_fully_stable(
    references: pd.DataFrame, population: str, quantity: str
) -> None:
    assert float(references.loc["simulated-exact", population, quantity]["estimate"]) == 1.0
    assert 0.2 < float(references.loc["simulated", population, quantity]["estimate"]) < 1.0
