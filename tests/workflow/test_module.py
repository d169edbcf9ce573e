"""The workflow used by another project."""

import os
import shutil
import subprocess
from pathlib import Path

import pandas as pd

from projects import Project

TINY = """
study: tiny
replicates: 1
models: [llama-mini]
populations: [{name: generated, size: 2}]
contexts: {topics: [grammar, joke], max_new_tokens: 5}
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


def elsewhere(folder: Path, snakefile: str, config: str) -> Project:
    """Return another project, which uses this one's rules as a module."""
    (folder / "workflow").mkdir(parents=True)
    (folder / "config.yaml").write_text(config)
    (folder / "workflow/Snakefile").write_text(
        f'configfile: "config.yaml"\n\nmodule holdfast:\n    snakefile: {snakefile}\n    config: config\n\n'
        "use rule * from holdfast as holdfast_*\n\n"
        "rule all:\n    default_target: True\n    input: rules.holdfast_all.input\n"
    )
    return Project(folder)


def test_another_project_uses_the_workflow_of_a_folder(project: Project, tmp_path: Path) -> None:
    """Scripts, library, resources and miniatures are found; results lie with the other."""
    other = tmp_path / "elsewhere"
    there = os.path.relpath(project.folder, other / "workflow")
    wanted = "results/tiny/scores/llama-mini/generated/values.parquet"
    ran = elsewhere(other, f'"{there}/workflow/Snakefile"', TINY).snakemake(wanted)
    assert ran.status == 0, ran.said
    assert (other / wanted).is_file()
    assert not (project.folder / "results").exists()


def test_another_project_runs_the_twin_of_the_leaderboard_from_a_repository(
    project: Project, tmp_path: Path
) -> None:
    """From design to page: lists to choose from, other personas, texts, domains, the values' circle."""
    other = tmp_path / "elsewhere"
    twin = (project.folder / "studies/mini/leaderboard.yaml").read_text(encoding="utf-8")
    models, asked = "models: [llama-mini, phi-mini, random]", "instruments: [pvq21, pvq40]"
    assert models in twin and asked in twin
    commit, env = on_a_hub(project, tmp_path / "hub")
    shutil.rmtree(project.folder)
    there = f'github("someone/holdfast", path="workflow/Snakefile", commit="{commit}")'
    config = twin.replace(models, "models: [random]").replace(asked, "instruments: [pvq21, svs]")
    ran = elsewhere(other, there, config).snakemake(env=env)
    assert ran.status == 0, ran.said
    results = other / "results/leaderboard-mini"
    assert (results / "report/index.html").is_file()
    for figure in ("circle", "domains"):
        assert "random" in set(pd.read_csv(results / f"figures/{figure}.csv")["model"])
