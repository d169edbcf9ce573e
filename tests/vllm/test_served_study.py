"""A whole small study of SmolLM2 behind vLLM's server and of the same weights here, to its page."""

import json

import pandas as pd
import pytest

from projects import Finished, Project

STUDY = """
study: served
models: [served, local]
replicates: 1
populations: [{name: generated, size: 2}]
instruments: [pvq21]
contexts: {neutral: true, topics: [grammar], messages: 1, max_new_tokens: 20}
stability: {draws: 20, null_simulations: 20, structure: false}
"""
MODELS = """
local:
  like: smollm2-135m-instruct
  model: {{sampling: {{temperature: 0}}}}
served:
  model: {{family: SmolLM, repository: small, kind: chat, sampling: {{temperature: 0}}}}
  deployment:
    backend: openai
    preset: vllm
    base_url: {address}
    limits: {{concurrency: 16, timeout_seconds: 600}}
"""
TURN = ["respondent", "context", "turn"]
ASKED = ["respondent", "context", "replicate", "item"]


@pytest.fixture(scope="module")
def study(shared_project: Project, smollm2: str) -> Finished:
    shared_project.write("resources/models/served.yaml", MODELS.format(address=smollm2))
    shared_project.write("studies/served.yaml", STUDY)
    ran = shared_project.snakemake("--configfile", "studies/served.yaml")
    assert ran.status == 0, ran.said
    results = shared_project.folder / "results/served"
    return Finished(shared_project, "studies/served.yaml", results, ran)


def table(study: Finished, kind: str, model: str, by: list[str]) -> pd.DataFrame:
    read = pd.read_parquet(study.results / f"{kind}/{model}/generated.parquet")
    return read.set_index(by).sort_index()


def test_the_choices_are_those_of_the_local_model(study: Finished) -> None:
    talks = [table(study, "conversations", m, TURN)["text"] for m in ("served", "local")]
    same = talks[0].eq(talks[1]).groupby(["respondent", "context"]).all()
    served, local = (table(study, "responses", m, ASKED) for m in ("served", "local"))
    assert len(served) == len(local) == 2 * 2 * 21 and set(served["readout"]) == {"prefill"}
    assert set(served["status"]) == set(local["status"]) == {"ok"}
    alike = [same.get((who, context), context == "none") for who, context, *_ in served.index]
    chosen = served["answer"].eq(local["answer"])
    print(f"same messages: {same.mean():.0%}, same choices after them: {chosen[alike].mean():.1%}")
    assert sum(alike) >= 2 * 21 and chosen[alike].mean() >= 0.99


def test_the_page_and_the_manifest_tell_of_the_service(study: Finished) -> None:
    manifest = json.loads((study.results / "responses/served/generated.json").read_text())
    assert manifest["answered_by"]["form"] == "continue_final_message" and manifest["failed"] == 0
    assert [who["model"] for who in manifest["served_by"]] == ["small"] and manifest[
        "prompts_cut"
    ] == 0
    assert manifest["spent"]["tokens"] > 84 * 50 and manifest["canary"]["reply"]
    page = (study.results / "report/index.html").read_text(encoding="utf-8")
    assert "served" in page
    estimates = pd.read_csv(study.results / "estimates.csv")
    found = estimates[estimates["quantity"].eq("rank_order")]
    assert {"served", "local"} <= set(found["model"])


def test_a_second_run_asks_nothing(study: Finished) -> None:
    again = study.project.snakemake("--configfile", study.file, "--dry-run")
    assert again.status == 0 and not again.jobs(), again.said
