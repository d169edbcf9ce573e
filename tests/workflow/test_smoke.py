"""The smoke study run for real, from one command to figures and a page."""

import hashlib
import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from projects import Project

pytestmark = pytest.mark.xdist_group("smoke")  # one run serves them all

OUTPUTS = ["estimates.parquet", "estimates.csv", "comparisons.csv", "leaderboard.csv",
           "provenance.json",
           "report/index.html"]  # fmt: skip


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
    page = (results / "report/index.html").read_text(encoding="utf-8")
    assert "llama-mini" in page and page.count("<figure") >= 5
    found = pd.read_csv(results / "estimates.csv").query("model == 'llama-mini'")
    for _, rows in found[found["quantity"].isin(["rank_order", "fidelity"])].groupby("quantity"):
        assert rows["estimate"].notna().any()


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
