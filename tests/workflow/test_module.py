"""The workflow used by another project."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from projects import Project

ELSEWHERE = """
study: tiny
replicates: 1
models: [{model}]
populations: [{{name: generated, size: 2}}]
contexts: {{topics: [grammar, joke], max_new_tokens: 5}}
stability: {{draws: 20, null_simulations: 20, structure: false}}
"""


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def on_a_hub(project: Project, hub: Path) -> tuple[str, dict[str, str]]:
    """Return a commit of the project in a repository `someone/holdfast`, and an offline way there."""
    git(project.folder, "init", "-q")
    git(project.folder, "add", ".")
    git(project.folder, "commit", "-qm", "all")
    git(project.folder, "clone", "-q", "--bare", ".", str(hub / "someone/holdfast"))
    there = {
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.file://{hub}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/", "XDG_CACHE_HOME": str(hub / "cache"),
    }  # fmt: skip
    return git(project.folder, "rev-parse", "HEAD"), there


@pytest.mark.parametrize("place", ["folder", "repository"])
def test_the_workflow_is_used_by_another_project(
    project: Project, tmp_path: Path, place: str
) -> None:
    """As a module: scripts, library, resources and miniatures are found; results lie with the other."""
    other, env = tmp_path / "elsewhere", {}
    (other / "workflow").mkdir(parents=True)
    model = "llama-mini" if place == "folder" else "random"
    (other / "config.yaml").write_text(ELSEWHERE.format(model=model))
    where = f'"{os.path.relpath(project.folder, other / "workflow")}/workflow/Snakefile"'
    if place == "repository":
        commit, env = on_a_hub(project, tmp_path / "hub")
        shutil.rmtree(project.folder)
        where = f'github("someone/holdfast", path="workflow/Snakefile", commit="{commit}")'
    (other / "workflow/Snakefile").write_text(
        f'configfile: "config.yaml"\n\nmodule holdfast:\n    snakefile: {where}\n    config: config\n\n'
        "use rule * from holdfast as holdfast_*\n\n"
        "rule all:\n    default_target: True\n    input: rules.holdfast_all.input\n"
    )
    wanted = "results/tiny/" + (
        "scores/llama-mini/generated/values.parquet" if place == "folder" else "report/index.html"
    )
    ran = Project(other).snakemake(*([wanted] if place == "folder" else []), env=env)
    assert ran.status == 0, ran.said
    assert (other / wanted).is_file()
    assert not (project.folder / "results").exists()
