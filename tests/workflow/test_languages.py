"""The study in German, files alone, from design to page: references, and a miniature that knows no German."""

import pandas as pd
import pytest

from projects import ROOT, Project

pytestmark = pytest.mark.xdist_group("german")
STUDY = "studies/mini/german.yaml"


@pytest.fixture(scope="module")
def german(shared_project: Project) -> Project:
    ran = shared_project.snakemake("--configfile", STUDY)
    assert ran.status == 0, ran.said
    return shared_project


def test_it_runs_to_its_page(german: Project) -> None:
    results = german.folder / "results/german-mini"
    assert (results / "report/index.html").is_file()
    for model in ("llama-mini", "random", "simulated"):
        answers = pd.read_parquet(results / f"responses/{model}/stadtleute.parquet")
        assert len(answers) == 6 * 3 * 21 and set(answers["status"]) == {"ok"}
    said = pd.read_parquet(results / "conversations/random/stadtleute.parquet")
    opened = set(said.loc[said["status"] == "opening", "text"])
    assert len(opened) == 3 and any("Schnecke" in text for text in opened)


def test_its_figures_are_those_of_answers_with_and_without_a_profile(german: Project) -> None:
    table = pd.read_csv(german.folder / "results/german-mini/estimates.csv", keep_default_na=False)
    own = table[(table[["value", "context_a", "replicate"]] == "").all(axis=1)]
    found = own[own["quantity"] == "rank_order"].set_index("model")["estimate"].astype(float)
    assert found["simulated"] > 0.3 > abs(found["random"])


def test_an_english_topic_in_it_is_refused_before_anything_runs(german: Project) -> None:
    text = (ROOT / STUDY).read_text(encoding="utf-8")
    german.write("studies/mixed.yaml", text.replace("[komma, witz, gedicht]", "[komma, joke]"))
    ran = german.snakemake("-n", "--configfile", "studies/mixed.yaml")
    assert ran.status != 0 and "Traceback" not in ran.said
    assert "resources/topics/topics.csv: topic 'joke': language: 'en', but" in ran.said
