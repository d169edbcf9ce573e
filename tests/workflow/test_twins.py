"""Every study plans, and twins that differ in code from others run for real from design to page."""

from pathlib import Path

import pandas as pd
import pytest

from projects import ROOT, Finished, Project

STUDIES = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "studies").rglob("*.yaml"))
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


def run_twin(project: Project, study: str, models: str) -> Path:
    """Run a twin on references alone; return its results."""
    twin = ["--configfile", f"studies/mini/{study}.yaml", "--config", f"models=[{models}]"]
    ran = project.snakemake(*twin)
    assert ran.status == 0, ran.said
    results = project.folder / f"results/{study}-mini"
    assert (results / "report/index.html").is_file()
    return results


def test_the_twin_of_the_leaderboard_runs_from_design_to_page(shared_project: Project) -> None:
    """Lists to choose from, other personas, texts, domains of topics, the circle of values."""
    results = run_twin(shared_project, "leaderboard", "random,constant")
    for figure in ("circle", "domains"):
        assert "random" in set(pd.read_csv(results / f"figures/{figure}.csv")["model"])


def test_the_twin_of_the_default_profile_runs_from_design_to_page(shared_project: Project) -> None:
    """Answers without a persona, and how far the personas' are from them."""
    results = run_twin(shared_project, "default-profile", "simulated")
    found = pd.read_csv(results / "estimates.csv").query("quantity == 'default_profile'")
    assert found["estimate"].notna().any()


@pytest.mark.xdist_group("behaviour")
def test_the_twin_of_the_study_of_behaviour_runs_from_design_to_page(behaviour: Finished) -> None:
    """Tasks, and what of them goes with the values; test_reruns.py edits the finished study."""
    assert (behaviour.results / "report/index.html").is_file()
    assert "random" in set(pd.read_csv(behaviour.results / "figures/links.csv")["model"])
