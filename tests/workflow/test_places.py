"""Where a project lies and where it runs: folders with odd names, read-only ones, others' folders."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from disks import mounted

from projects import ROOT, Project, Ran, copy_project

TINY = """
study: tiny
seed: 7
replicates: 1
models: [{model}]
populations: [{{name: generated, size: 5}}]
contexts: {{topics: [joke, grammar], max_new_tokens: 2}}
"""
COMMIT = "1" * 40
HUBBED = f"""
hubbed:
  model: {{repository: some/model, revision: "{COMMIT}"}}
  deployment: {{backend: transformers}}
"""
PEOPLE = "results/tiny/design/personas/generated.parquet"


def run(command: list[str | Path], folder: Path, **env: str) -> Ran:
    done = subprocess.run(command, cwd=folder, env=os.environ | env, capture_output=True, text=True)
    return Ran(done.returncode, done.stdout + done.stderr)


def test_an_odd_folder_and_a_key_of_the_command_line(tmp_path: Path) -> None:
    """By the commands of its own environment; config.yaml counts, and the key is laid over it."""
    project = copy_project(tmp_path / 'Jörg\'s "own" study #1 $x')
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=project.folder, check=True
    )
    [packages] = project.folder.glob(".venv/lib/python*/site-packages")
    (packages / "base.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (project.folder / "tools").mkdir()
    shutil.copy2(ROOT / "tools/launchers.py", project.folder / "tools")
    run([".venv/bin/python", "tools/launchers.py", ".venv"], project.folder)
    project.write("config.yaml", TINY.format(model="random"))
    ran = run(
        [".venv/bin/snakemake", "--cores", "2", PEOPLE, "--config", "limit=4"], project.folder
    )
    assert ran.status == 0, ran.said
    assert "\nConfiguration: config.yaml, and over it from the command line: limit=4\n" in ran.said
    assert len(pd.read_parquet(project.folder / PEOPLE)) == 4
    assert not list((project.folder / ".snakemake/holdfast-runs").iterdir())


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Project]:
    """Return a copy of the project on a disk that is read-only, with a model of a hub."""
    with mounted(tmp_path / "disk", "200M") as disk:
        project = copy_project(disk / "project")
        project.write("resources/models/hubbed.yaml", HUBBED)
        project.write("studies/tiny.yaml", TINY.format(model="hubbed"))
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        yield project


@pytest.fixture
def hub_cache(tmp_path: Path) -> Path:
    """Return a hub's cache that holds the model, so that no hub is needed."""
    model = tmp_path / "hub/hub/models--some--model"
    shutil.copytree(ROOT / "resources/miniatures/llama-mini", model / "snapshots" / COMMIT)
    (model / "refs").mkdir()
    (model / "refs/main").write_text(COMMIT)
    return tmp_path / "hub"


def test_a_read_only_project_fetches_a_model_of_a_hub(
    read_only: Project, hub_cache: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    snakefile, study = read_only.folder / "Snakefile", read_only.folder / "studies/tiny.yaml"
    command = [
        sys.executable, "-m", "snakemake", "--cores", "2", "--snakefile", snakefile, "prefetch",
        "--directory", elsewhere, "--configfile", study,
    ]  # fmt: skip
    ran = run(command, tmp_path, HF_HOME=str(hub_cache), HF_HUB_OFFLINE="1")
    assert ran.status == 0, ran.said
    assert COMMIT in (elsewhere / "results/locks/hubbed.json").read_text()
    library = {"PYTHONPATH": str(read_only.folder / "workflow/lib")}
    told = run([sys.executable, "-m", "holdfast.cli", "status", "tiny"], elsewhere, **library)
    assert "study tiny: 0 of 1 jobs done" in told.said
