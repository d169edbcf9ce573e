"""People of a survey beside a model: a synthetic panel of 2,000 whose stability is planted."""

import json
from pathlib import Path

import pandas as pd
import pytest
from survey_data import ESS_MAPPING, ess_csv, panel

from projects import Finished, Project

pytestmark = pytest.mark.xdist_group("people")
PLANTED = 0.6
ENTRY = """
ess-panel:
  deployment: {backend: table, answers: data/ess.csv, mapping: data/ess.yaml}
"""
STUDY = """
study: people
replicates: 1
models: [simulated, ess-panel]
populations: [{name: generated, size: 20}]
instruments: [pvq21]
contexts: {topics: [grammar, joke]}
stability: {draws: 200, null_simulations: 20, structure_permutations: 2}
"""


@pytest.fixture(scope="module")
def finished(shared_project: Project) -> Finished:
    project = shared_project
    project.write("data/ess.csv", ess_csv(panel(2000, PLANTED, missing=0.02)))
    project.write("data/ess.yaml", ESS_MAPPING)
    project.write("resources/models/survey.yaml", ENTRY)
    project.write("studies/people.yaml", STUDY)
    ran = project.snakemake("--configfile", "studies/people.yaml")
    assert ran.status == 0, ran.said
    return Finished(project, "studies/people.yaml", project.folder / "results/people", ran)


def test_the_planted_stability_is_within_its_interval(finished: Finished) -> None:
    table = pd.read_csv(finished.results / "estimates.csv", keep_default_na=False, na_values=[""])
    rows = table[
        table["model"].eq("ess-panel") & table["context_a"].isna() & table["replicate"].isna()
    ]
    for quantity in ("rank_order", "rank_order_unbiased"):
        pooled = rows[rows["quantity"].eq(quantity) & rows["value"].isna()].squeeze()
        assert (
            pooled["lower"] < PLANTED < pooled["upper"] and pooled["upper"] - pooled["lower"] < 0.1
        )
        assert (pooled["n"], pooled["family"]) == (2000, "People") and pd.isna(
            pooled["contexts_lower"]
        )
    values = rows[rows["quantity"].eq("rank_order") & rows["value"].notna()]
    inside = values["lower"].lt(PLANTED) & values["upper"].gt(PLANTED)
    assert len(values) == 10 and inside.sum() >= 8, values[["value", "lower", "upper"]]


def test_people_stand_beside_the_model_and_are_called_people(finished: Finished) -> None:
    board = pd.read_csv(finished.results / "leaderboard.csv").set_index("model")
    assert sorted(board.index) == ["ess-panel", "simulated"]
    assert board.loc["ess-panel", "kind"] == "people"
    shown = pd.read_csv(finished.results / "figures/stability.csv").query("name == 'ess-panel'")
    assert set(shown["level"]) == {"people"} and set(shown["population"]) == {"generated"}
    assert set(shown["note"]) == {"people, 2 waves"} and shown["lower"].notna().all()
    page = (finished.results / "report/index.html").read_text(encoding="utf-8")
    assert "People asked again, from wave to wave of a survey" in page
    assert 'ess-panel</a> <span class="kind">people</span>' in page
    assert "order of the values as that of ess-panel (people): simulated (reference)" in page
    checks = pd.read_csv(finished.results / "checks.csv")
    assert not checks["state"].eq("failed").any(), checks[checks["state"].eq("failed")]


def test_nothing_says_who_they_are(finished: Finished) -> None:
    """Neither ids nor single answers are on the page, and the tables have running numbers."""
    assert not (finished.results / "report/answers/ess-panel").exists()
    table = pd.read_parquet(finished.results / "responses/ess-panel/ess-panel.parquet")
    assert table["respondent"].str.fullmatch(r"person-\d{4}").all()
    told = json.loads((finished.results / "responses/ess-panel/ess-panel.json").read_text())
    assert told["people"]["respondents"] == 2000 and told["invalid"] == table["answer"].eq("").sum()
    shown = (finished.results / "report/index.html").read_text(encoding="utf-8")
    figures = "".join(p.read_text() for p in (finished.results / "figures").glob("*.csv"))
    assert "ID90" not in shown + figures and "person-" not in shown + figures


def test_a_mapping_that_fits_no_column_starts_nothing(finished: Finished) -> None:
    project = finished.project
    project.write("data/ess.yaml", ESS_MAPPING.replace("idno", "idnr"))
    ran = project.snakemake("-n", "--configfile", finished.file)
    project.write("data/ess.yaml", ESS_MAPPING)
    assert ran.status != 0 and "Traceback" not in ran.said
    assert (
        "data/ess.csv: there is no column 'idnr', which data/ess.yaml: respondent names" in ran.said
    )


def test_people_alone_make_a_study_and_bad_answers_none(finished: Finished) -> None:
    project, study = finished.project, "studies/alone.yaml"
    text = STUDY.replace("study: people", "study: alone").replace("[simulated, ess-panel]", "[few]")
    project.write(study, text)
    project.write("resources/models/few.yaml", ENTRY.replace("ess", "few"))
    project.replace("resources/models/few.yaml", "few-panel", "few")
    data, results = ess_csv(panel(40, PLANTED)), project.folder / "results/alone"
    project.write("data/few.yaml", ESS_MAPPING)
    project.write("data/few.csv", data.replace("ID9000014,1,", "ID9000007,1,"))
    ran = project.snakemake("--configfile", study)
    assert (
        ran.status != 0
        and "data/few.csv: line 4: idno: 'ID9000007' stands also in line 3" in ran.said
    )
    assert not list(Path(results).rglob("few.parquet"))
    project.write("data/few.csv", data)
    ran = project.snakemake("--configfile", study)
    assert ran.status == 0, ran.said
    page = (results / "report/index.html").read_text(encoding="utf-8")
    assert "People asked again" in page and "not estimable" not in page.split("<h2")[0]
