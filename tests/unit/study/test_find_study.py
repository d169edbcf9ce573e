"""Which study is meant: by file, name or results folder, from wherever one is."""

import json
import os
from pathlib import Path

import pytest

from holdfast.errors import StudyError
from holdfast.study.config import Study, read_study
from holdfast.study.find_study import (
    CODE,
    PROJECT,
    find_path,
    find_results,
    find_study,
    work_folder,
)
from holdfast.yaml_and_csv import check

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with three studies, two of which have results; the current folder is in it."""
    folder = tmp_path / "project"
    for part in (CODE, "studies/mini", "results/smoke", "results/gone/figures", "docs"):
        (folder / part).mkdir(parents=True)
    (folder / "config.yaml").write_text("seed: 1\n")
    (folder / "studies/smoke.yaml").write_text("study: smoke\nseed: 2\n")
    (folder / "studies/mini/lengths.yaml").write_text("study: lengths-mini\n")
    for name, seed in (("smoke", 3), ("gone", 4)):
        record = {"study": {"study": name, "seed": seed}}
        (folder / f"results/{name}/provenance.json").write_text(json.dumps(record))
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("place", [".", "docs", "results/gone/figures"])
@pytest.mark.parametrize(
    ("word", "seed", "where"),
    [
        ("config.yaml", 1, "config.yaml"),
        ("default", 1, "config.yaml"),
        ("smoke", 2, "studies/smoke.yaml"),
        ("studies/smoke.yaml", 2, "studies/smoke.yaml"),
        ("lengths-mini", None, "studies/mini/lengths.yaml"),
        ("lengths", None, "studies/mini/lengths.yaml"),
        ("results/smoke", 3, "results/smoke/provenance.json: study"),
        ("results/smoke/", 3, "results/smoke/provenance.json: study"),
        ("gone", 4, "results/gone/provenance.json: study"),
    ],
)
def test_a_study_is_found_from_every_folder_of_its_project(
    project: Path, place: str, word: str, seed: int | None, where: str
) -> None:
    os.chdir(place)
    found = find_study(word)
    assert found.config.get("seed") == seed and found.work == project
    assert found.where == os.path.relpath(project / where.split(":")[0]) + ":".join(
        ["", *where.split(":")[1:]]
    )
    assert found.resources == Path("resources")
    assert (found.file is None) == ("provenance" in where)


def test_a_study_is_found_by_its_path_from_elsewhere(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_study("project/studies/smoke.yaml").work == project
    assert find_study(str(project / "results/gone")).results == project / "results/gone"
    assert find_results("project/results/gone") == Path("project/results/gone")
    assert find_results("project/studies/smoke.yaml") == Path("project/results/smoke")
    assert work_folder() == PROJECT == ROOT and find_study("smoke").work == ROOT


def test_results_may_lie_elsewhere_than_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with Snakemake's --directory: a folder in which a study ran, or which is named."""
    (tmp_path / "ran/results/store").mkdir(parents=True)
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "ran/results")
    found = find_study("smoke")
    assert found.work == tmp_path / "ran" and found.results == tmp_path / "ran/results/smoke"
    assert (found.work / found.resources).resolve() == ROOT / "resources"
    assert find_study("config.yaml").file == ROOT / "config.yaml"
    assert find_study("smoke", tmp_path / "new").work == tmp_path / "new"
    with pytest.raises(StudyError, match=r"results/smoke|smoke: there are no results of .* yet"):
        find_results("smoke")
    with pytest.raises(StudyError, match="there is no folder"):
        find_study("smoke", tmp_path / "newer")


def test_results_and_their_files_are_found_as_well(project: Path) -> None:
    assert [find_results(w) for w in ("gone", "results/gone")] == [Path("results/gone")] * 2
    os.chdir("docs")
    assert find_results("smoke") == Path("../results/smoke")
    assert find_path("results/gone/figures") == Path("../results/gone/figures")
    assert find_path("no.csv") == Path("no.csv")


def test_through_a_link_to_the_project(project: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project)
    os.chdir(tmp_path / "link/docs")
    assert find_study("smoke").config["seed"] == 2


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("smok", "'smok' is no study's file, name or results folder. Did you mean 'smoke'?"),
        ("results/smok", "'results/smok' is no study's file, name or results folder. Did you mean"),
        (
            "studies/smok.yaml",
            "studies/smok.yaml: there is no such file. Did you mean 'smoke.yaml'?",
        ),
        ("twice", "the study 'twice' is in studies/a.yaml and studies/b.yaml: name the file."),
    ],
)
def test_an_unknown_study_gives_the_nearest_names(project: Path, word: str, message: str) -> None:
    for name in ("a", "b"):
        Path(f"studies/{name}.yaml").write_text("study: twice\n")
    with pytest.raises(StudyError) as caught:
        find_study(word)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("path", ["config.yaml", "studies/smoke.yaml", "studies/paper.yaml"])
def test_a_provenance_is_a_configuration(path: str) -> None:
    study = read_study(ROOT / path)
    assert check(Study, study.model_dump(mode="json"), "provenance.json") == study
