"""The command line: store and verify, as a user runs them."""

import json
import os
from pathlib import Path

import pytest

from holdfast.cli import main
from holdfast.inference.backends.protocol import Answer
from holdfast.inference.store.response_store import Store
from holdfast.report.tables.provenance import tree_digest, write_provenance


def store(results: Path, *numbers: range) -> Path:
    for some in numbers:
        opened = Store(results / "store/llama")
        for n in some:
            opened.add(f"k{n}", Answer(str(n), mass=0.5))
        opened.save()
    return results


def manifest(results: Path) -> Path:
    path = results / "small/responses/llama/none.json"
    path.parent.mkdir(parents=True)
    about = {"model": "llama", "population": "none", "computed": 5, "reused": 15, "revision": "r"}
    path.write_text(json.dumps(about))
    observed = results / "small/observations/keen/llama/none/manifest.json"
    observed.parent.mkdir(parents=True)
    observed.write_text(
        json.dumps(about | {"observer": "keen", "observed": "llama", "model": "qwen"})
    )
    return path


def test_store_shows_answers_damage_and_hits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest(store(tmp_path, range(4), range(3, 6), range(9)))
    first = min((tmp_path / "store/llama").iterdir())
    first.write_bytes(b"x")
    main(["store", "--results", str(tmp_path)])
    said = capsys.readouterr().out
    assert f"computed again when needed: {first.with_suffix('.damaged')}" in said
    columns = next(line.split() for line in said.splitlines() if line.startswith("llama"))
    answers, doubled, segments = map(int, columns[1:4])
    assert segments == 2 and (answers, doubled) == (9, 3)
    assert "small: llama × none" in said and "75%" in said
    assert "small: keen on llama × none" in said


def held(results: Path) -> list[int]:
    opened = Store(results / "store/llama")
    return [n for n in range(9) if f"k{n}" in opened]


def test_store_compacts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(tmp_path, range(4), range(3, 6))
    main(["store", "compact", "--results", str(tmp_path)])
    assert capsys.readouterr().out == "llama: 2 segments before, 1 now\n"
    assert held(tmp_path) == list(range(6))


def test_no_store_gives_one_message(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="there is no store yet"):
        main(["store", "--results", str(tmp_path)])


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    (folder / "scores").mkdir(parents=True)
    for name in ("estimates.csv", "scores/values.parquet"):
        (folder / name).write_text(name)
    write_provenance(
        study={"seed": 1}, models={}, manifests=[manifest(tmp_path / "other")],
        tables=[folder / "estimates.csv", folder / "scores/values.parquet"],
        output=folder / "provenance.json",
    )  # fmt: skip
    return folder


def test_verify_finds_results_as_they_were(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["verify", str(study)])
    assert capsys.readouterr().out == f"{study}: 2 tables are as they were recorded\n"


def test_verify_names_what_changed_and_what_is_missing(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (study / "estimates.csv").write_text("estimates.csw")
    (study / "scores/values.parquet").unlink()
    with pytest.raises(SystemExit) as caught:
        main(["verify", str(study)])
    assert caught.value.code == 1
    said = capsys.readouterr().out
    assert f"changed: {study}/estimates.csv" in said
    assert f"missing: {study}/scores/values.parquet" in said and "0 tables are as" in said


def test_verify_names_what_is_not_the_same_here(
    study: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")
    document = json.loads((study / "provenance.json").read_text())
    document["versions"]["numpy"] = "0.1"
    document["code"] = "0"
    document["models"] = {"llama": {"model": {"path": str(tmp_path / "model")}}}
    (study / "provenance.json").write_text(json.dumps(document))
    main(["verify", str(study)])
    said = capsys.readouterr().out
    assert "numpy: 0.1 then, " in said and "code of the workflow: has changed" in said
    assert f"model llama: the files in {tmp_path}/model have changed since" in said


def test_verify_without_provenance_gives_one_message(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"provenance\.json: can't be read"):
        main(["verify", str(tmp_path)])


def test_provenance_tells_code_commit_and_machine(study: Path) -> None:
    document = json.loads((study / "provenance.json").read_text())
    assert len(document["code"]) == 16 and document["hardware"]["cores"] == os.cpu_count()
    assert document["git"] is None or len(document["git"]["commit"]) == 40


def test_the_code_s_digest_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    before = tree_digest(tmp_path)
    (tmp_path / "a.py").write_text("2")
    assert tree_digest(tmp_path) != before
