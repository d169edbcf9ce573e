"""What of a study is given to others: its crate, described and verified elsewhere, and its dataset."""

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from survey_data import ESS_MAPPING, ess_csv, panel

from projects import ROOT, Project

pytestmark = pytest.mark.xdist_group("crate")
PRIVATE = {
    "OPENAI_API_KEY": "sk-proj-1234567890abcdef", "HF_TOKEN": "hf_fedcba0987654321",
    "USER": "jane.private", "LOGNAME": "jane.private", "HOSTNAME": "node17.private",
}  # fmt: skip
STUDY = """
study: deposited
results_licence: CC-BY-4.0
replicates: 1
models: [simulated, panel]
populations: [{name: townsfolk, size: 6}]
instruments: [pvq21, {name: foundations, items: data/official.csv}]
contexts: {topics: [grammar, joke]}
stability: {draws: 20, null_simulations: 20, structure: false}
"""
OFFICIAL = "The words of those who own them"
ENTRY = """
panel:
  deployment: {{backend: table, answers: {folder}/ess.csv, mapping: data/ess.yaml}}
"""


@pytest.fixture(scope="module")
def crate(shared_project: Project) -> Path:
    project = shared_project
    project.write("data/ess.csv", ess_csv(panel(60, 0.5)))
    project.write("data/ess.yaml", ESS_MAPPING)
    project.write("resources/models/panel.yaml", ENTRY.format(folder=project.folder / "data"))
    shown = (ROOT / "resources/morals/foundations.csv").read_text(encoding="utf-8").splitlines()
    lines = [f"{n},{OFFICIAL} {n}" for n in range(1, len(shown))]
    project.write("data/official.csv", "\n".join(["item,neutral", *lines]))
    project.write("studies/deposited.yaml", STUDY)
    targets = ["crate", "dataset", "--configfile", "studies/deposited.yaml"]
    ran = project.snakemake(*targets, env=PRIVATE)
    assert ran.status == 0, ran.said
    return project.folder / "results/deposited/deposited.crate.zip"


@pytest.fixture(scope="module")
def unpacked(crate: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere") / "crate"
    with zipfile.ZipFile(crate) as packed:
        assert (
            "workflow/" in packed.namelist()
        )  # validators look for the entry of a described folder
        packed.extractall(folder)
    return folder


def verify(path: Path) -> subprocess.CompletedProcess[str]:
    """Verify a crate from a folder that has nothing of the study."""
    library = {"PYTHONPATH": str(ROOT / "workflow/lib")}
    return subprocess.run(
        [sys.executable, "-m", "holdfast.cli", "verify", str(path)], cwd=path.parent,
        env=os.environ | library, capture_output=True, text=True,
    )  # fmt: skip


def test_a_crate_is_verified_elsewhere_and_a_change_is_found(crate: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(crate, tmp_path))
    done = verify(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "files are as they were recorded" in done.stdout and "changed" not in done.stdout
    folder = tmp_path / "crate"
    with zipfile.ZipFile(copy) as packed:
        packed.extractall(folder)
    with (folder / "results/estimates.csv").open("a") as table:
        table.write("\n")
    (folder / "results/leaderboard.csv").unlink()
    (folder / "workflow/Snakefile").write_text("rule all:\n")
    (folder / "more.txt").write_text("more")
    said = verify(folder)
    assert said.returncode == 1 and "Traceback" not in said.stderr
    for words in ("changed: results/estimates.csv", "missing: results/leaderboard.csv",
                  "changed: workflow/", "not described: more.txt"):  # fmt: skip
        assert words in said.stdout, said.stdout
    (tmp_path / "none.zip").write_text("no crate")
    assert "can't be read as a crate" in verify(tmp_path / "none.zip").stderr


def graph(folder: Path) -> dict[str, dict[str, Any]]:
    entities = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    return {entity["@id"]: entity for entity in entities}


def ids(value: Any) -> list[str]:
    return [v["@id"] for v in (value if isinstance(value, list) else [value])]


def test_it_has_what_the_profile_asks_for(unpacked: Path) -> None:
    """RO-Crate 1.1, Workflow RO-Crate 1.0 and Workflow Run Crate 0.5: what they require."""
    found = graph(unpacked)
    root, described = found["./"], found["ro-crate-metadata.json"]
    assert {
        "https://w3id.org/ro/crate/1.1",
        "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
    } == set(ids(described["conformsTo"]))
    assert described["about"] == {"@id": "./"} and root["@type"] == "Dataset"
    assert all(root[key] for key in ("name", "description", "datePublished", "license"))
    assert root["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert found[root["license"]["@id"]]["name"] == "CC-BY-4.0"
    profiles = {p.rsplit("/", 2)[1] for p in ids(root["conformsTo"])}
    assert profiles == {"process", "workflow", "workflow-ro-crate"}
    workflow = found[root["mainEntity"]["@id"]]
    assert {"File", "SoftwareSourceCode", "ComputationalWorkflow"} <= set(workflow["@type"])
    assert workflow["@id"] == "workflow/Snakefile" and workflow["name"]
    assert found[workflow["programmingLanguage"]["@id"]]["name"] == "Snakemake"
    run = found[ids(root["mentions"])[0]]
    assert run["@type"] == "CreateAction" and run["instrument"]["@id"] == workflow["@id"]
    assert run["startTime"] <= run["endTime"]
    inputs, results = ids(run["object"]), ids(run["result"])
    assert {"study.yaml", "inputs/plain.yaml", "#model-panel", "#model-simulated"} <= set(inputs)
    assert {
        "results/estimates.csv",
        "results/figures/stability.svg",
        "results/report/index.html",
    } <= set(results)
    assert found["#model-panel"]["identifier"] and "people" in found["#model-panel"]["description"]
    for name in {*inputs, *results, *ids(root["hasPart"])}:
        assert name in found, name
        assert name[0] == "#" or (unpacked / name).exists(), name
    assert {"environment/requirements.lock", "citation.bib", "CITATION.cff"} <= set(
        ids(root["hasPart"])
    )


def private(project: Path) -> set[str]:
    """Return words that tell of keys, of who ran a study where, or of a single person of the survey."""
    own = {
        word for word in (socket.gethostname(), getpass.getuser()) if len(word) > 4
    }  # no word's part
    return {str(project), str(Path.home()), str(ROOT), *own, *PRIVATE.values(), "ID90", "person-"}


def told(folder: Path, words: set[str]) -> list[tuple[Path, str]]:
    """Return which of some words any file of a folder has, packed ones unpacked; the code is left out."""
    found = []
    for path in (p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += str(pq.read_table(path).to_pydict()).encode()
        if "workflow" not in path.relative_to(folder).parts[:1]:  # the same for everyone
            found += [(path, word) for word in words if word.encode() in content]
    return found


def test_nothing_private_goes_in(crate: Path, unpacked: Path) -> None:
    files = [p for p in unpacked.rglob("*") if p.is_file()]
    assert len(files) > 100
    assert not told(unpacked, private(crate.parents[2]) | {OFFICIAL})
    names = {p.relative_to(unpacked).as_posix() for p in files}
    assert "results/scores/simulated/townsfolk/values.parquet" in names
    assert not [n for n in names if n.startswith(("results/responses", "results/scores/panel"))]


def test_a_dataset_has_nothing_private_and_no_official_text(crate: Path) -> None:
    folder = crate.parent / "dataset"
    assert not told(folder, private(crate.parents[2]) | {OFFICIAL})
    table = pq.read_table(folder / "data/answers").to_pandas()
    assert set(table["model"]) == {"simulated"} and set(table["population"]) == {"townsfolk"}
    texts = table.groupby("instrument")["item_text"].apply(lambda of: of.notna().mean())
    assert texts.to_dict() == {"foundations": 0, "pvq21": 1} and table["rating"].notna().all()
    card, cited = (folder / "README.md").read_text(encoding="utf-8").split("## Citation")
    assert "official texts of foundations" in card and "panel" not in card and "panel" in cited
