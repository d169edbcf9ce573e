"""The smoke study run for real, from one command to figures and a page."""

import hashlib
import json

import pandas as pd
import pytest

from projects import Finished

pytestmark = pytest.mark.xdist_group("smoke")  # one run serves them all

OUTPUTS = ["estimates.parquet", "estimates.csv", "comparisons.csv", "leaderboard.csv",
           "provenance.json",
           "report/index.html"]  # fmt: skip


def test_smoke_ends_with_figures_and_a_page(smoke: Finished) -> None:
    for name in OUTPUTS:
        assert (smoke.results / name).stat().st_size > 100, name
    for kind in ("svg", "png", "csv"):
        assert len(list((smoke.results / "figures").rglob(f"*.{kind}"))) >= 3
    report = smoke.project.folder / "report.zip"
    assert report.stat().st_size > 10_000, "Snakemake's own report"
    page = (smoke.results / "report/index.html").read_text(encoding="utf-8")
    assert "llama-mini" in page and page.count("<figure") >= 5
    found = pd.read_csv(smoke.results / "estimates.csv").query("model == 'llama-mini'")
    for _, rows in found[found["quantity"].isin(["rank_order", "fidelity"])].groupby("quantity"):
        assert rows["estimate"].notna().any()


def test_smoke_is_answered_in_full(smoke: Finished) -> None:
    for path in (smoke.results / "responses").rglob("*.json"):
        manifest = json.loads(path.read_text())
        assert manifest["computed"] + manifest["reused"] == 8 * 3 * (3 + 40), path


def test_provenance_is_complete(smoke: Finished) -> None:
    """Configuration, seed, versions, revisions, hashes, the code's state, hardware and times."""
    told = json.loads((smoke.results / "provenance.json").read_text())
    assert isinstance(told["study"]["seed"], int) and told["study"]["contexts"]["topics"]
    assert {"python", "holdfast", "snakemake", "torch", "transformers"} <= set(told["versions"])
    assert len(told["code"]) == 16 and "git" in told and told["hardware"]["cores"] >= 1
    assert told["tables"]["estimates.parquet"] and told["written"]
    assert set(told["models"]) == {"llama-mini", "random", "constant"}
    job = next(j for j in told["jobs"] if j["model"] == "llama-mini")
    for path in (smoke.project.folder / "resources/miniatures/llama-mini").iterdir():
        assert job["files"][path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(job["revision"]) == 40 and len(job["template"]) == 64
    assert (
        job["began"] <= job["ended"] <= told["written"]
        and job["seconds"] > 0
        and job["hardware"]["cores"] >= 1
    )


def test_logs_say_how_far_a_job_was(smoke: Finished) -> None:
    said = (smoke.results / "logs/infer/llama-mini/generated.log").read_text()
    assert "answers: 960 of 960 (100 %)" in said and "left" in said


def test_lost_results_are_made_again_from_the_store(smoke: Finished) -> None:
    answers = smoke.results / "responses/llama-mini/generated.parquet"
    manifest = answers.with_suffix(".json")
    before, told = answers.read_bytes(), manifest.read_bytes()
    answers.unlink()
    wanted = str(answers.relative_to(smoke.project.folder))
    ran = smoke.project.snakemake(wanted, "--configfile", smoke.file)
    assert ran.status == 0, ran.said
    assert json.loads(manifest.read_text())["computed"] == 0
    assert answers.read_bytes() == before
    manifest.write_bytes(told)  # the study is as it was: tests after this one find nothing to do
