"""The dataset of a finished study: the numbers are those of its own tables, and its parts fit together."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import DatasetCard

from projects import Finished

pytestmark = pytest.mark.xdist_group("smoke")
ADMINISTRATION = ["model", "population", "respondent", "context", "replicate", "instrument"]


@pytest.fixture(scope="module")
def dataset(smoke: Finished) -> Path:
    command = ["dataset", "--configfile", smoke.file]
    planned = smoke.project.snakemake("-n", *command).jobs()
    assert planned == {"dataset_folder", "dataset"}, "nothing else runs in a finished study"
    ran = smoke.project.snakemake(*command)
    assert ran.status == 0, ran.said
    return smoke.results / "dataset"


def test_the_numbers_are_those_of_the_study_s_own_tables(smoke: Finished, dataset: Path) -> None:
    answers = pd.read_parquet(dataset / "data/answers")
    means = answers.groupby([*ADMINISTRATION, "value"])["rating"].mean().sort_index()
    own = pd.concat(pd.read_parquet(p) for p in (smoke.results / "scores").rglob("values.parquet"))
    scores = own.set_index([*ADMINISTRATION, "value"])["score"].sort_index()
    assert len(scores) == 3 * 8 * 3 * 10
    pd.testing.assert_series_equal(means, scores, check_names=False, check_index_type=False)
    rated = pd.concat(
        pd.read_parquet(p) for p in (smoke.results / "scores").rglob("ratings.parquet")
    )
    keys = [*ADMINISTRATION, "item"]
    both = rated.merge(answers, on=keys, validate="1:1", suffixes=("", "_tidy"))
    assert len(both) == len(answers) == len(rated) == 3 * 8 * 3 * 40
    for column in ("rating", "expected", "position", "mass", "status"):
        pd.testing.assert_series_equal(both[column], both[f"{column}_tidy"], check_names=False)


def test_every_answer_is_explained(dataset: Path) -> None:
    answers = pd.read_parquet(dataset / "data/answers")
    assert answers.groupby("model")["kind"].first().to_dict() == {
        "llama-mini": "miniature", "random": "reference", "constant": "reference",
    }  # fmt: skip
    columns = [
        "study",
        "family",
        "name",
        "topic",
        "domain",
        "wording",
        "item_text",
        "value",
        "option_text",
    ]
    assert answers[columns].notna().all().all()
    assert answers["probabilities"].map(sum).sub(1).abs().max() < 1e-9
    chosen = answers["probabilities"].str[0].where(answers["position"].eq(1)).dropna()
    assert len(chosen) > 100
    at = answers.apply(lambda a: a["options"][a["position"] - 1], axis=1)
    assert at.eq(answers["rating_raw"]).all()


def test_messages_are_those_before_the_answers(smoke: Finished, dataset: Path) -> None:
    messages = pd.read_parquet(dataset / "data/messages")
    own = pd.concat(
        pd.read_parquet(p) for p in (smoke.results / "conversations").rglob("*.parquet")
    )
    keys = [*ADMINISTRATION[:-1], "turn"]
    both = own.merge(messages, on=keys, validate="1:1")
    assert len(both) == len(own) == len(messages) and both["text"].eq(both["content"]).all()
    assert set(messages.query("turn == 0")["role"]) == {"user"}
    people = pd.read_parquet(dataset / "data/respondents")
    assert set(people["respondent"]) == set(messages["respondent"]) and len(people) == 8


def test_what_the_card_names_is_there(dataset: Path) -> None:
    told = DatasetCard.load(dataset / "README.md").data.to_dict()
    assert told["license"] == "unknown" and told["language"] == ["en"]
    for config in told["configs"]:
        (files,) = config["data_files"]
        found = sorted(dataset.glob(files["path"]))
        assert found and len({pq.read_schema(f) for f in found}) == 1
        rows = pa.concat_tables([pq.read_table(f) for f in found])
        assert len(pd.read_csv(dataset / f"csv/{config['config_name']}.csv")) == len(rows)


def test_shards_are_merged_before(smoke: Finished) -> None:
    over = ["--config", "shards=2", "populations=[{name: generated, size: 30}]", "study=sharded"]
    ran = smoke.project.snakemake("-n", "dataset", "--configfile", smoke.file, *over)
    assert ran.status == 0, ran.said
    jobs = ran.jobs()
    assert {"dataset_folder", "merge_shards random generated"} <= jobs, jobs
    assert not [job for job in jobs if job.startswith(("scores", "page", "estimates"))]
