"""Every study plans, and twins that differ in code from others run for real from design to page.

That of the leaderboard is run by another project, in test_module.py; that of the default profile differs in
answers without a persona, which long texts have beside them in test_injection.py.
"""

from pathlib import Path

import pandas as pd
import pytest

from holdfast.study.make_plan import make_plan
from holdfast.yaml_and_csv import read_mapping
from projects import ROOT, Finished, Project

STUDIES = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "studies").glob("*.yaml"))
TWINS = sorted((ROOT / "studies/mini").glob("*.yaml"))
PAPER = "studies/paper.yaml"


def test_the_papers_study_plans(project: Project) -> None:
    ran = project.snakemake("-n", "--configfile", PAPER)
    assert ran.status == 0, ran.said
    jobs = ran.jobs()
    assert "page" in jobs
    assert len({j for j in jobs if j.startswith("infer ")}) == 21 * 3
    assert len({j for j in jobs if j.startswith("prefetch_model ")}) == 19
    assert "infer mixtral-8x7b-instruct-v0.1-4bit real_world" in jobs


@pytest.mark.parametrize("study", [s for s in STUDIES if s != PAPER])
def test_every_study_plans(shared_project: Project, study: str) -> None:
    ran = shared_project.snakemake("-n", "--forceall", "--configfile", study)
    assert ran.status == 0, ran.said
    assert {"page", "infer"} <= {job.split()[0] for job in ran.jobs()}


@pytest.mark.parametrize("twin", TWINS, ids=lambda p: p.stem)
def test_every_twin_is_a_plan(twin: Path) -> None:
    """Its jobs are those of its study, which are planned above; what is checked before them is not."""
    plan = make_plan(read_mapping(twin), str(twin), ROOT / "resources")
    assert plan.study.study == f"{twin.stem}-mini"
    assert not plan.fetched_models()


@pytest.mark.xdist_group("behaviour")
def test_the_twin_of_the_study_of_behaviour_runs_from_design_to_page(behaviour: Finished) -> None:
    """Tasks, and what of them goes with the values; test_reruns.py edits the finished study."""
    assert (behaviour.results / "report/index.html").is_file()
    assert "random" in set(pd.read_csv(behaviour.results / "figures/links.csv")["model"])


@pytest.mark.xdist_group("behaviour")
def test_where_two_questionnaires_have_the_same_values_they_are_compared(
    behaviour: Finished,
) -> None:
    """Of `constant` nothing is known: all correlations are undefined."""
    table = pd.read_csv(behaviour.results / "figures/convergence.csv", keep_default_na=False)
    assert set(table["population"]) == {"real_world"} and set(table["model"]) == {
        "random",
        "constant",
    }
    assert set(table["instrument"]) == {"pvq40 × pvq21"}
    own = table[table["model"].eq("constant") & table["quantity"].eq("convergent")]
    assert set(own["status"]) == {"not_estimable"}
    page = (behaviour.results / "report/index.html").read_text(encoding="utf-8")
    assert "Do questionnaires agree" in page
