"""Studies run for real, from one command to figures and a page."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from projects import ROOT, Project

pytestmark = pytest.mark.xdist_group("studies")  # one run of the smoke study serves them all
OUTPUTS = ["estimates.parquet", "estimates.csv", "comparisons.csv", "leaderboard.csv",
           "provenance.json",
           "report/index.html"]  # fmt: skip
REFERENCES = """
study: references
replicates: 2
models: [random, constant, simulated, simulated-exact]
populations: [{name: fictional, size: 40}, {name: none, size: 40}]
contexts:
  topics: [grammar, joke, {topic: chess, interlocutor: townsfolk}]
  texts: [posts]
  neutral: true
stability: {draws: 100, null_simulations: 100}
"""

ELSEWHERE = """
study: tiny
replicates: 1
models: [llama-mini]
populations: [{name: generated, size: 2}]
contexts: {topics: [grammar, joke], max_new_tokens: 5}
"""


@pytest.fixture(scope="module")
def smoke(shared_project: Project) -> Project:
    """Run the smoke study without a network, where the machine lets a test take it away."""
    offline = ["unshare", "--net", "--map-root-user"]
    allowed = shutil.which("unshare") and not subprocess.run([*offline, "true"]).returncode
    command = [*(offline if allowed else []), sys.executable, "-m", "snakemake", "--cores", "2",
               "--configfile", "studies/smoke.yaml"]  # fmt: skip
    for extra in ([], ["--report", "report.zip"]):
        done = subprocess.run(
            command + extra, cwd=shared_project.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return shared_project


def test_smoke_ends_with_figures_and_a_page(smoke: Project) -> None:
    results = smoke.folder / "results/smoke"
    for name in OUTPUTS:
        assert (results / name).stat().st_size > 100, name
    for kind in ("svg", "png", "csv"):
        assert len(list((results / "figures").rglob(f"*.{kind}"))) >= 3
    assert (smoke.folder / "report.zip").stat().st_size > 10_000, "Snakemake's own report"


def test_smoke_is_answered_in_full(smoke: Project) -> None:
    for path in (smoke.folder / "results/smoke/responses").rglob("*.json"):
        manifest = json.loads(path.read_text())
        assert manifest["computed"] + manifest["reused"] == 8 * 3 * (3 + 40), path


def test_provenance_is_complete(smoke: Project) -> None:
    """Configuration, seed, versions, revisions, hashes, the code's state, hardware and times."""
    told = json.loads((smoke.folder / "results/smoke/provenance.json").read_text())
    assert isinstance(told["study"]["seed"], int) and told["study"]["contexts"]["topics"]
    assert {"python", "holdfast", "snakemake", "torch", "transformers"} <= set(told["versions"])
    assert len(told["code"]) == 16 and "git" in told and told["hardware"]["cores"] >= 1
    assert told["tables"]["estimates.parquet"] and told["written"]
    assert set(told["models"]) == {"llama-mini", "random", "constant"}
    job = next(j for j in told["jobs"] if j["model"] == "llama-mini")
    for path in (smoke.folder / "resources/miniatures/llama-mini").iterdir():
        assert job["files"][path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(job["revision"]) == 40 and len(job["template"]) == 64
    assert (
        job["began"] <= job["ended"] <= told["written"]
        and job["seconds"] > 0
        and job["hardware"]["cores"] >= 1
    )


def test_logs_say_how_far_a_job_was(smoke: Project) -> None:
    log = smoke.folder / "results/smoke/logs/infer/llama-mini/generated.log"
    said = log.read_text()
    assert "answers: 960 of 960 (100 %)" in said and "left" in said


def test_lost_results_are_made_again_from_the_store(smoke: Project) -> None:
    answers = "results/smoke/responses/llama-mini/generated.parquet"
    before = (smoke.folder / answers).read_bytes()
    (smoke.folder / answers).unlink()
    ran = smoke.snakemake(answers, "--configfile", "studies/smoke.yaml")
    assert ran.status == 0, ran.said
    manifest = (smoke.folder / answers).with_suffix(".json")
    assert json.loads(manifest.read_text())["computed"] == 0
    assert (smoke.folder / answers).read_bytes() == before


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory, smoke: Project) -> pd.DataFrame:
    """Return the pooled estimates of the reference models."""
    smoke.write("studies/references.yaml", REFERENCES)
    ran = smoke.snakemake(
        "results/references/estimates.csv", "--configfile", "studies/references.yaml"
    )
    assert ran.status == 0, ran.said
    table = pd.read_csv(smoke.folder / "results/references/estimates.csv", keep_default_na=False)
    pooled = table[(table[["value", "context_a", "replicate"]] == "").all(axis=1)]
    return pooled.set_index(["model", "population", "quantity"])


def test_the_tables_say_whom_a_respondent_met_and_what_it_read(
    references: pd.DataFrame, smoke: Project
) -> None:
    results = smoke.folder / "results/references"
    met = pd.read_parquet(results / "design/encounters/none.parquet")
    assert len(met) == 2 * 40 and met["title"].nunique() == 5 + 1
    talks = pd.read_parquet(results / "conversations/random/none.parquet")
    who = talks.groupby("context")["interlocutor"].agg(lambda ids: set(ids) - {""})
    assert who["chess+townsfolk"] == set(met["interlocutor"]) - {""} and not who["posts"]
    assert talks.query("context == 'posts'")["status"].unique().tolist() == ["opening", "given"]


QUANTITIES = ["rank_order", "ipsative"]
POPULATIONS = ["fictional", "none"]


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("population", POPULATIONS)
def test_random_answers_are_not_stable(
    references: pd.DataFrame, population: str, quantity: str
) -> None:
    row = references.loc["random", population, quantity]
    assert abs(float(row["estimate"])) < 3 * float(row["null_sd"])


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("population", POPULATIONS)
def test_constant_answers_have_no_stability(
    references: pd.DataFrame, population: str, quantity: str
) -> None:
    row = references.loc["constant", population, quantity]
    assert row["status"] == "not_estimable" and row["estimate"] == ""
    assert int(row["undefined"]) > 0


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("population", POPULATIONS)
def test_answers_without_noise_are_fully_stable(
    references: pd.DataFrame, population: str, quantity: str
) -> None:
    assert float(references.loc["simulated-exact", population, quantity]["estimate"]) == 1.0
    assert 0.2 < float(references.loc["simulated", population, quantity]["estimate"]) < 1.0


def test_the_papers_study_plans(project: Project) -> None:
    ran = project.snakemake("-n", "--configfile", "studies/paper.yaml")
    assert ran.status == 0, ran.said
    jobs = ran.jobs()
    assert len({j for j in jobs if j.startswith("infer ")}) == 21 * 3
    assert len({j for j in jobs if j.startswith("prefetch_model ")}) == 19
    assert "infer mixtral-8x7b-instruct-v0.1-4bit real_world" in jobs


@pytest.mark.parametrize("study", sorted(p.name for p in (ROOT / "studies").glob("*.yaml")))
def test_every_study_plans(shared_project: Project, study: str) -> None:
    ran = shared_project.snakemake("-n", "--forceall", "--configfile", f"studies/{study}")
    assert ran.status == 0, ran.said
    assert {"page", "infer"} <= {job.split()[0] for job in ran.jobs()}


@pytest.mark.parametrize(
    ("study", "quantity"),
    [("topics", "fidelity"), ("system-role", "rank_order"), ("default-profile", "default_profile")],
)
def test_a_twin_runs_from_design_to_page(smoke: Project, study: str, quantity: str) -> None:
    ran = smoke.snakemake("--configfile", f"studies/{study}-mini.yaml")
    assert ran.status == 0, ran.said
    results = smoke.folder / f"results/{study}-mini"
    found = pd.read_csv(results / "estimates.csv").query(f"quantity == '{quantity}'")
    assert found["estimate"].notna().any()
    page = (results / "report/index.html").read_text(encoding="utf-8")
    assert "llama-mini" in page and page.count("<figure") >= 5


@pytest.mark.parametrize(("study", "figure"), [("leaderboard", "circle"), ("behaviour", "links")])
def test_a_twin_of_references_alone_runs_from_design_to_page(
    smoke: Project, study: str, figure: str
) -> None:
    """Lists to choose from, other personas, texts, tasks: each stage on what no other test's study has."""
    models = "models=[random,constant]"
    ran = smoke.snakemake(
        "--configfile",
        f"studies/{study}-mini.yaml",
        "--config",
        models,
        f"study={study}-references",
    )
    assert ran.status == 0, ran.said
    results = smoke.folder / f"results/{study}-references"
    drawn = pd.read_csv(results / f"figures/{figure}.csv")
    assert "random" in set(drawn["model"]) and (results / "report/index.html").is_file()


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def on_a_hub(project: Project, hub: Path) -> tuple[str, dict[str, str]]:
    """Return a commit of the project in a repository `someone/holdfast`, and an offline way there."""
    git(project.folder, "init", "-q")
    git(project.folder, "add", ".")
    git(project.folder, "commit", "-qm", "all")
    git(project.folder, "clone", "-q", "--bare", ".", str(hub / "someone/holdfast"))
    there = {
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.file://{hub}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/", "XDG_CACHE_HOME": str(hub / "cache"),
    }  # fmt: skip
    return git(project.folder, "rev-parse", "HEAD"), there


@pytest.mark.parametrize("place", ["folder", "repository"])
def test_the_workflow_is_used_by_another_project(
    project: Project, tmp_path: Path, place: str
) -> None:
    """As a module: scripts, library, resources and miniatures are found; results lie with the other."""
    other, env = tmp_path / "elsewhere", {}
    (other / "workflow").mkdir(parents=True)
    (other / "config.yaml").write_text(ELSEWHERE)
    where = f'"{os.path.relpath(project.folder, other / "workflow")}/workflow/Snakefile"'
    if place == "repository":
        commit, env = on_a_hub(project, tmp_path / "hub")
        shutil.rmtree(project.folder)
        where = f'github("someone/holdfast", path="workflow/Snakefile", commit="{commit}")'
    (other / "workflow/Snakefile").write_text(
        f'configfile: "config.yaml"\n\nmodule holdfast:\n    snakefile: {where}\n    config: config\n\n'
        "use rule * from holdfast as holdfast_*\n\n"
        "rule all:\n    default_target: True\n    input: rules.holdfast_all.input\n"
    )
    wanted = "results/tiny/" + (
        "scores/random/generated/values.parquet" if place == "folder" else "report/index.html"
    )
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        "2",
        *([wanted] if place == "folder" else []),
    ]
    ran = subprocess.run(
        command, cwd=other, env=os.environ | env, capture_output=True, text=True
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert (other / wanted).is_file()
    assert not (project.folder / "results").exists()
