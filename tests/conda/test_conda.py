"""The smoke study with `--use-conda`: its packages from real archives of a local channel. `make test-conda`."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from projects import ROOT, Project, copy_project

HERE = Path(__file__).parent
ENVIRONMENTS = [ROOT / f"envs/{name}.yaml" for name in ("inference", "report", "statistics")]

# every rule's packages, and no reference, whose jobs have the same
SMOKE = ("--configfile", "studies/smoke.yaml", "--config", "models=[llama-mini]")


@pytest.fixture(scope="session")
def conda(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment with a `conda` command and a channel with all that the study needs."""
    folder = tmp_path_factory.mktemp("conda")
    channel = folder / "channels/conda-forge"
    subprocess.run([sys.executable, HERE / "channel.py", channel, *ENVIRONMENTS], check=True)
    (folder / "bin").mkdir()
    shutil.copy2(HERE / "activate", folder / "bin")
    command = folder / "bin/conda"
    command.write_text(f"#!{sys.executable}\n" + (HERE / "conda.py").read_text())
    command.chmod(0o755)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOLDFAST_TEST_CHANNELS": str(folder / "channels")}


def tables(project: Project) -> dict[str, pd.DataFrame]:
    """Return the tables of the smoke study's results by their names."""
    found = sorted((project.folder / "results/smoke").rglob("*.parquet"))
    return {str(p.relative_to(project.folder)): pd.read_parquet(p) for p in found}


def test_the_smoke_study_is_the_same_with_conda(
    project: Project, conda: dict[str, str], tmp_path: Path
) -> None:
    ran = project.snakemake("--use-conda", *SMOKE, env=conda)
    assert ran.status == 0, ran.said
    plain = copy_project(tmp_path / "plain")
    assert plain.snakemake(*SMOKE).status == 0
    ours, theirs = tables(project), tables(plain)
    assert ours and ours.keys() == theirs.keys()
    for name, table in theirs.items():
        pd.testing.assert_frame_equal(ours[name], table, obj=name)
    assert_own_packages(project)


def assert_own_packages(project: Project) -> None:
    """Assert that every job took its packages from the environment of its own rule."""
    made = {p.name for p in (project.folder / ".snakemake/conda").iterdir() if p.is_dir()}
    assert len(made) == len(ENVIRONMENTS)
    manifest = json.loads(
        (project.folder / "results/smoke/responses/llama-mini/generated.json").read_text()
    )
    print(json.dumps(manifest["versions"]))
    for log in (project.folder / "results/smoke/logs").rglob("*.log"):
        found = re.search(r"packages from (\S+)", log.read_text())
        print(log.relative_to(project.folder), found and found[1])
        assert found and Path(found[1]).name in made, log
