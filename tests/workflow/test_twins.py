"""Every study plans, and twins run for real from design to page."""

import pandas as pd
import pytest

from projects import ROOT, Project

STUDIES = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "studies").rglob("*.yaml"))


def test_the_papers_study_plans(project: Project) -> None:
    ran = project.snakemake("-n", "--configfile", "studies/paper.yaml")
    assert ran.status == 0, ran.said
    jobs = ran.jobs()
    assert len({j for j in jobs if j.startswith("infer ")}) == 21 * 3
    assert len({j for j in jobs if j.startswith("prefetch_model ")}) == 19
    assert "infer mixtral-8x7b-instruct-v0.1-4bit real_world" in jobs


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_plans(shared_project: Project, study: str) -> None:
    ran = shared_project.snakemake("-n", "--forceall", "--configfile", study)
    assert ran.status == 0, ran.said
    assert {"page", "infer"} <= {job.split()[0] for job in ran.jobs()}


@pytest.mark.parametrize(
    ("study", "quantity"),
    [("topics", "fidelity"), ("system-role", "rank_order"), ("default-profile", "default_profile")],
)
def test_a_twin_runs_from_design_to_page(
    shared_project: Project, study: str, quantity: str
) -> None:
    ran = shared_project.snakemake("--configfile", f"studies/mini/{study}.yaml")
    assert ran.status == 0, ran.said
    results = shared_project.folder / f"results/{study}-mini"
    found = pd.read_csv(results / "estimates.csv").query(f"quantity == '{quantity}'")
    assert found["estimate"].notna().any()
    page = (results / "report/index.html").read_text(encoding="utf-8")
    assert "llama-mini" in page and page.count("<figure") >= 5


@pytest.mark.parametrize(("study", "figure"), [("leaderboard", "circle"), ("behaviour", "links")])
def test_a_twin_of_references_alone_runs_from_design_to_page(
    shared_project: Project, study: str, figure: str
) -> None:
    """Lists to choose from, other personas, texts, tasks: each stage on what no other test's study has."""
    models = "models=[random,constant]"
    ran = shared_project.snakemake(
        "--configfile",
        f"studies/mini/{study}.yaml",
        "--config",
        models,
        f"study={study}-references",
    )
    assert ran.status == 0, ran.said
    results = shared_project.folder / f"results/{study}-references"
    drawn = pd.read_csv(results / f"figures/{figure}.csv")
    assert "random" in set(drawn["model"]) and (results / "report/index.html").is_file()
