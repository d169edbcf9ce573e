"""Finished studies that several files of tests look at; these are in one group, so that one worker runs it."""

import pytest

from projects import ROOT, Finished, copy_project


@pytest.fixture(scope="session")
def behaviour(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Return the finished twin of the study of behaviour, on references alone."""
    project = copy_project(tmp_path_factory.mktemp("behaviour") / "project")
    file = "studies/references.yaml"
    project.write(file, (ROOT / "studies/mini/behaviour.yaml").read_text(encoding="utf-8"))
    project.replace(file, "study: behaviour-mini", "study: references")
    project.replace(file, "models: [llama-mini, random, simulated]", "models: [random, constant]")
    ran = project.snakemake("--configfile", file)
    assert ran.status == 0, ran.said
    return Finished(project, file, project.folder / "results/references")
