"""The folder: its files hold the same rows, its card is what the hub's own parser reads, nothing old stays."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dataset_data import (
    CONTEXTS,
    FACETS,
    MIXED,
    MODELS,
    PERSONAS,
    messages,
    mixed,
    random_responses,
)
from huggingface_hub import DatasetCard

from holdfast.design.instruments import write_instrument
from holdfast.errors import StudyError
from holdfast.report.dataset import dataset_folder
from holdfast.report.dataset.dataset_card import size_category
from holdfast.report.dataset.dataset_folder import write_dataset
from holdfast.report.dataset.tidy_columns import TABLES, arrow_schema
from holdfast.tables import table_files
from holdfast.tables.table_files import write_table

ANSWERED = ["llama-mini", "random"]


def written(folder: Path, **changes) -> Path:
    """Write a study's tables and its dataset; return the dataset's folder."""
    write_table(CONTEXTS, "contexts", folder / "contexts.parquet")
    write_table(PERSONAS, "personas", folder / "few.parquet")
    for model in ANSWERED:
        write_table(random_responses(model), "responses", folder / f"responses/{model}/few.parquet")
        write_table(messages(model), "conversations", folder / f"conversations/{model}/few.parquet")
    asked = changes.pop("asked", [MIXED])
    for instrument in asked:
        write_instrument(instrument, folder / f"{instrument.name}.json")
    given = {
        "study": "made", "models": MODELS, "observers": {}, "facets": FACETS, "languages": ["en", "de"],
        "licence": "", "citation": "@misc{made}", "on_invalid": "missing", "seed": 1, "readout": "logit",
        "rating": "choice", "contexts": folder / "contexts.parquet", "personas": [folder / "few.parquet"],
        "instruments": [folder / f"{i.name}.json" for i in asked],
        "responses": [folder / f"responses/{m}/few.parquet" for m in ANSWERED],
        "conversations": [folder / f"conversations/{m}/few.parquet" for m in ANSWERED],
        "observations": [], "output": folder / "dataset",
    }  # fmt: skip
    write_dataset(**(given | changes))
    return folder / "dataset"


def test_the_files_have_all_rows_in_their_order(tmp_path):
    folder = written(tmp_path)
    for name in ("answers", "messages", "respondents"):
        files = sorted((folder / "data" / name).iterdir())
        assert all(pq.read_schema(f).equals(arrow_schema(name)) for f in files)
        table = pa.concat_tables([pq.read_table(f) for f in files])
        lines = pd.read_csv(folder / f"csv/{name}.csv")
        assert list(lines) == table.column_names == list(TABLES[name])
        assert len(lines) == len(table) == {"answers": 400, "messages": 96, "respondents": 2}[name]
        for field in table.schema:
            told, read = table[field.name], lines[field.name]
            if pa.types.is_list(field.type):
                assert [json.loads(v) for v in read] == told.to_pylist()
            elif field.name == "content":
                assert read.fillna("").tolist() == told.to_pylist()
            else:
                same = told.to_pandas().rename(field.name)
                pd.testing.assert_series_equal(same, read, check_dtype=False, rtol=1e-15)


@pytest.mark.parametrize("wording", ["own", "official"])
def test_the_card_is_read_by_the_hub_s_own_parser(tmp_path, wording):
    printed = mixed(name="printed", wording=wording)
    folder = written(tmp_path, licence="CC-BY-4.0", asked=[MIXED, printed])
    card = DatasetCard.load(folder / "README.md")
    told = card.data.to_dict()
    assert told["license"] == "cc-by-4.0" and told["language"] == ["en", "de"]
    assert told["size_categories"] == ["n<1K"] and "survey" in told["tags"]
    configs = {c["config_name"]: c["data_files"] for c in told["configs"]}
    assert list(configs) == ["answers", "messages", "respondents"]
    for name, (files,) in configs.items():
        found = sorted(folder.glob(files["path"]))
        assert files["split"] == "train" and found == sorted((folder / "data" / name).iterdir())
    assert [c["config_name"] for c in told["configs"] if c.get("default")] == ["answers"]
    text = card.text
    assert (
        "| llama-mini | miniature | LLaMa | abc |" in text and "Results of miniature models" in text
    )
    assert "| random | reference | Reference | abc |" in text and "References are no models" in text
    assert "Mixed \\| items | a &lt;book&gt; | CC0" in text and "@misc{made}" in text
    assert ("official texts of printed" in text) == (wording == "official")
    assert "No licence was stated" not in text and "people of a survey" in text
    for name in configs:
        assert all(f"| `{column}` |" in text for column in TABLES[name])


def test_a_licence_that_nobody_stated_is_unknown(tmp_path):
    folder = written(tmp_path)
    card = DatasetCard.load(folder / "README.md")
    assert card.data.license == "unknown" and "No licence was stated" in card.text


@pytest.mark.parametrize(
    ("rows", "category"), [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**9, "n>1B")]
)
def test_sizes_are_the_hub_s_categories(rows, category):
    assert size_category(rows) == category


def test_large_tables_are_written_in_parts_and_packed(tmp_path, monkeypatch):
    whole = pd.read_csv(written(tmp_path / "whole") / "csv/answers.csv")
    monkeypatch.setattr(table_files, "ROWS", 20)
    monkeypatch.setattr(dataset_folder, "LARGE", 100)
    folder = written(tmp_path / "parts")
    assert pq.ParquetFile(folder / "data/answers/random--few.parquet").num_row_groups == 10
    assert sorted(p.name for p in (folder / "csv").iterdir()) == [
        "answers.csv.gz", "messages.csv", "respondents.csv",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(pd.read_csv(folder / "csv/answers.csv.gz"), whole)
    before = (folder / "csv/answers.csv.gz").read_bytes()
    assert (written(tmp_path / "parts") / "csv/answers.csv.gz").read_bytes() == before


def test_observers_have_a_table_of_their_own(tmp_path):
    path = tmp_path / "observations/judge/llama-mini/few/responses.parquet"
    write_table(random_responses("random").assign(model="llama-mini"), "responses", path)
    folder = written(tmp_path, observations=[path], observers={"judge": "random"})
    seen = pd.read_parquet(folder / "data/observations")
    assert len(seen) == 200 and set(seen["observer"]) == {"judge"}
    assert set(seen["model"]) == {"llama-mini"} and set(seen["observer_kind"]) == {"reference"}
    configs = DatasetCard.load(folder / "README.md").data.to_dict()["configs"]
    assert configs[-1]["config_name"] == "observations"


def test_nothing_old_stays_and_nothing_half_is_left(tmp_path):
    folder = written(tmp_path)
    (folder / "data/answers/old--few.parquet").write_text("old")
    written(tmp_path)
    assert len(list((folder / "data/answers").iterdir())) == 2
    with pytest.raises(StudyError, match="can't be read as a table"):
        written(tmp_path, conversations=[tmp_path / "none/few.parquet"])
    assert len(list((folder / "data/answers").iterdir())) == 2
    assert not list(tmp_path.glob(".dataset*"))


def test_a_study_of_people_alone_has_nothing_to_give(tmp_path):
    with pytest.raises(StudyError, match="the study has no models, and answers of people are left"):
        written(tmp_path, responses=[], conversations=[])
