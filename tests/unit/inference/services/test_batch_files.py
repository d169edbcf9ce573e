"""Batches as files: a job writes each turn's requests and ends, and goes on once the results are there."""

import json
from pathlib import Path
from typing import Any

import pytest
from api_jobs import ADMINISTRATIONS, MESSAGES, entry_of, run
from stub_service import said

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.models.registry import Entry
from holdfast.tables.table_files import read_table

pytestmark = pytest.mark.usefixtures("key")


def by_file(**more: Any) -> dict[str, Any]:
    entry = entry_of("http://nobody.invalid/v1")
    entry["deployment"] |= {
        "batch": "file",
        "answer_by": None,
        "preset": "vllm",
        "base_url": None,
    } | more
    del entry["deployment"]["api_key_variable"]
    return entry


def compute(folder: Path) -> int:
    """Answer the requests that have no results yet, in the form of run-batch; return how many there were."""
    computed = 0
    for requests in folder.glob("*.requests.jsonl"):
        results = requests.with_name(requests.name.replace(".requests.", ".results."))
        if results.exists():
            continue
        lines = []
        for line in map(json.loads, requests.read_text().splitlines()):
            assert line["method"] == "POST" and line["url"] == "/v1/chat/completions"
            begun = line["body"].get("continue_final_message")
            body = said("B) like that" if begun else "I would rather speak of tea.")[1]
            response = {"status_code": 200, "request_id": "x", "body": body}
            lines.append(
                {"id": "y", "custom_id": line["custom_id"], "response": response, "error": None}
            )
        results.write_text("".join(json.dumps(line) + "\n" for line in lines))
        computed += len(lines)
    return computed


def test_a_study_is_computed_from_file_to_file_turn_by_turn(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    store, computed = tmp_path / "store/mini", []
    for _ in range(4):
        for _ in range(2):  # a job that is run too early writes nothing anew
            with pytest.raises(
                StudyError, match=r"'mini': \d+ requests are in .*vllm run-batch -i"
            ):
                run(tmp_path, by_file(), instrument, personas)
        computed.append(compute(store))
    manifest = run(tmp_path, by_file(), instrument, personas)
    assert computed == [4, 4, 4, ADMINISTRATIONS] and sum(computed[:3]) == MESSAGES
    assert manifest["failed"] == 0 and manifest["answered_by"]["form"] == "continue_final_message"
    rows = read_table(tmp_path / "responses", "responses")
    assert len(rows) == ADMINISTRATIONS and rows["answer"].eq("B").all()
    assert set(rows["status"]) == {"ok"}


def test_results_that_are_cut_short_are_told_and_what_is_missing_is_asked_again(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    store = tmp_path / "store/mini"
    with pytest.raises(StudyError, match="4 requests are in"):
        run(tmp_path, by_file(), instrument, personas)
    compute(store)
    (results,) = store.glob("*.results.jsonl")
    whole = results.read_text()
    results.write_text(whole[:-30])
    with pytest.raises(StudyError, match=r"results\.jsonl: can't be read as results of run-batch"):
        run(tmp_path, by_file(), instrument, personas)
    results.write_text("".join(whole.splitlines(keepends=True)[:-1]))
    with pytest.raises(StudyError, match="3 requests are in"):
        run(tmp_path, by_file(), instrument, personas)


def test_a_base_model_has_no_such_file() -> None:
    entry = by_file()
    entry["model"]["kind"] = "base"
    with pytest.raises(ValueError, match="batch: file: is for chat models"):
        Entry.model_validate(entry)
