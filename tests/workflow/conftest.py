"""Finished studies that several files of tests look at; these are in one group, so that one worker runs it."""

import os
import shutil
import subprocess
import sys

import pytest
from fault_proxy import Faults, between
from hostile import KEY, MINI, SECRETS, SERVED, TEXTS, run_study
from model_server import running

from projects import NOT_PASSED_ON, ROOT, Finished, Ran, copy_project


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Run the smoke study without a network, where the machine lets a test take it away."""
    project, file = copy_project(tmp_path_factory.mktemp("smoke") / "project"), "studies/smoke.yaml"
    offline = ["unshare", "--net", "--map-root-user"]
    allowed = shutil.which("unshare") and not subprocess.run([*offline, "true"]).returncode
    command = [*(offline if allowed else []), sys.executable, "-m", "snakemake", "--cores", "2"]
    environment = {k: v for k, v in os.environ.items() if k not in NOT_PASSED_ON}
    runs = []
    for extra in ([], ["--report", "report.zip"]):
        done = subprocess.run(
            [*command, "--configfile", file, *extra], cwd=project.folder, env=environment,
            capture_output=True, text=True,
        )  # fmt: skip
        runs.append(Ran(done.returncode, done.stdout + done.stderr))
        assert runs[-1].status == 0, runs[-1].said
    return Finished(project, file, project.folder / "results/smoke", runs[0])


@pytest.fixture(scope="session")
def behaviour(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Return the finished twin of the study of behaviour, on references alone, with one more questionnaire."""
    project = copy_project(tmp_path_factory.mktemp("behaviour") / "project")
    file = "studies/references.yaml"
    project.write(file, (ROOT / "studies/mini/behaviour.yaml").read_text(encoding="utf-8"))
    project.replace(file, "study: behaviour-mini", "study: references")
    project.replace(file, "models: [llama-mini, random, simulated]", "models: [random, constant]")
    religion = "  - {name: religion, populations: [real_world]}\n"
    project.replace(file, religion, religion + religion.replace("religion", "pvq21"))
    ran = project.snakemake("--configfile", file)
    assert ran.status == 0, ran.said
    return Finished(project, file, project.folder / "results/references", ran)


@pytest.fixture(scope="session")
def faults() -> Faults:
    """Return what is wrong with a third of a server's replies, the key in each."""
    return Faults(["400", "429", "500", "200"], rate=0.3)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, faults: Faults) -> Finished:
    """Return a finished study of hostile texts, by a miniature and by a server that repeats its key."""
    project = copy_project(tmp_path_factory.mktemp("hostile") / "project")
    with running(MINI, "--begin", "Answer: (", key=KEY) as server, between(server, faults) as proxy:
        project.write("resources/models/served.yaml", SERVED.format(address=proxy))
        models = "llama-mini, served"
        return run_study(project, "hostile", TEXTS, ["html", "control"], models, **SECRETS)
