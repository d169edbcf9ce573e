"""Studies on a real Slurm of one node, through profiles/slurm. Run by `make test-slurm`; needs root."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from projects import Project, copy_project

HERE = Path(__file__).parent
PROFILE = ("--profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "3")
LONG = """
study: long
replicates: 1
models: [llama-mini]
populations: [{name: generated, size: 24}]
contexts: {topics: [grammar, joke, chess]}
save_every_seconds: 1
"""
WIDE = """
study: wide
replicates: 1
models: [random]
populations: [{name: generated, size: 86}]
contexts: {topics: [grammar, joke, chess]}
"""
ANSWERS = "results/long/responses/llama-mini/generated"
SCORES = "results/long/scores/llama-mini/generated/values.parquet"


@pytest.fixture(scope="session", autouse=True)
def slurm() -> Iterator[None]:
    """Bring Slurm up for these tests, and end it."""
    subprocess.run([HERE / "down.sh"], check=True)
    subprocess.run([HERE / "up.sh"], check=True)
    yield
    subprocess.run([HERE / "down.sh"], check=True)


def states() -> dict[str, tuple[str, str]]:
    """Return what squeue says: the state and the reason of each job, by its id; printed as well."""
    form = "--format=%A|%T|%r|%k"
    said = subprocess.run(["squeue", "--noheader", form], capture_output=True, text=True)
    print(said.stdout, end="", flush=True)
    rows = [line.split("|") for line in said.stdout.splitlines()]
    return {job: (state, reason) for job, state, reason, _ in rows}


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    """Start Snakemake in the project, with its words in run.log."""
    with (project.folder / "run.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, HERE / "impatient.py", *PROFILE, *arguments],
            cwd=project.folder, stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip


def finished(project: Project, head: subprocess.Popen[str], expected: int = 0) -> str:
    """Wait for Snakemake, printing squeue's states, and return what it said."""
    while head.poll() is None:
        states()
        time.sleep(2)
    said = (project.folder / "run.log").read_text()
    assert head.returncode == expected, said
    return said


def wait_for(happened: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.5)


def saved(project: Project) -> bool:
    """Return whether the long study's job has saved some of its answers."""
    return len(list((project.folder / "results/store/llama-mini").glob("*.parquet"))) >= 3


def tables(project: Project, study: str) -> dict[str, pd.DataFrame]:
    """Return the tables of a study's results by their names."""
    found = sorted((project.folder / "results" / study).rglob("*.parquet"))
    return {str(p.relative_to(project.folder)): pd.read_parquet(p) for p in found}


def assert_same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    """Assert that two studies have the same tables with the same content."""
    assert one and one.keys() == other.keys()
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, other[name], obj=name)


def manifest(project: Project) -> dict[str, int]:
    """Return the manifest of the long study's inference job."""
    found: dict[str, int] = json.loads((project.folder / f"{ANSWERS}.json").read_text())
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Return the long study's tables, computed without Slurm."""
    plain = copy_project(tmp_path_factory.mktemp("plain") / "project")
    plain.write("studies/long.yaml", LONG)
    ran = plain.snakemake(SCORES, "--configfile", "studies/long.yaml")
    assert ran.status == 0, ran.said
    return tables(plain, "long")


@pytest.fixture
def long(project: Project) -> tuple[Project, list[str]]:
    """Return a project with the long study, and the arguments that run it."""
    project.write("studies/long.yaml", LONG)
    return project, [SCORES, "--configfile", "studies/long.yaml"]


def test_the_smoke_study_is_the_same_as_without_slurm(project: Project, tmp_path: Path) -> None:
    smoke = ("--configfile", "studies/smoke.yaml", "--config", "models=[llama-mini]")
    finished(project, start(project, *smoke))
    plain = copy_project(tmp_path / "plain")
    ran = plain.snakemake(*smoke)
    assert ran.status == 0, ran.said
    assert_same(tables(project, "smoke"), tables(plain, "smoke"))
    assert (project.folder / "results/smoke/report/index.html").is_file()


def test_four_shards_in_one_array_are_the_same_as_one_job(project: Project, tmp_path: Path) -> None:
    project.write("studies/wide.yaml", WIDE + "shards: 4\n")
    wanted = ["results/wide/scores/random/generated/values.parquet"]
    study = ["--configfile", "studies/wide.yaml"]
    finished(project, start(project, *wanted, *study, "--slurm-array-jobs=infer_shard"))
    logs = project.folder / "results/wide/logs/infer/random/generated"
    assert sorted(p.name for p in logs.iterdir()) == [f"{i}-of-4.log" for i in range(1, 5)]
    about = json.loads(
        (project.folder / "results/wide/responses/random/generated.json").read_text()
    )
    assert [s["computed"] + s["reused"] for s in about["shards"]] == [
        64 * 43,
        64 * 43,
        64 * 43,
        66 * 43,
    ]
    plain = copy_project(tmp_path / "plain")
    plain.write("studies/wide.yaml", WIDE)
    ran = plain.snakemake(*wanted, *study)
    assert ran.status == 0, ran.said
    for kind in ("conversations", "responses"):
        file = f"results/wide/{kind}/random/generated.parquet"
        assert (project.folder / file).read_bytes() == (plain.folder / file).read_bytes()
    assert_same(tables(project, "wide"), tables(plain, "wide"))


def test_three_jobs_for_two_gpus_queue(project: Project) -> None:
    registry = "resources/models/miniatures.yaml"
    text = (project.folder / registry).read_text()
    project.write(
        registry, text.replace("{backend: transformers", "{backend: transformers, gpus: 1")
    )
    project.write(
        "studies/gpus.yaml",
        LONG.replace("long", "gpus")
        .replace("[llama-mini]", "[llama-mini, phi-mini, qwen-mini]")
        .replace("size: 24", "size: 8"),
    )
    targets = [
        f"results/gpus/responses/{m}/generated.parquet"
        for m in ("llama-mini", "phi-mini", "qwen-mini")
    ]
    head = start(project, *targets, "--configfile", "studies/gpus.yaml")
    seen = []
    while head.poll() is None:
        seen.append(states())
        time.sleep(1)
    assert head.returncode == 0, (project.folder / "run.log").read_text()
    running = [sum(state == "RUNNING" for state, _ in now.values()) for now in seen]
    waiting = [reason for now in seen for state, reason in now.values() if state == "PENDING"]
    assert max(running) == 2 and "Resources" in waiting
    assert all((project.folder / t).is_file() for t in targets)


def test_a_job_that_fails_is_named_and_the_others_end(project: Project) -> None:
    weights = project.folder / "resources/miniatures/phi-mini/model.safetensors"
    weights.write_bytes(b"not a model")
    project.write(
        "studies/broken.yaml",
        LONG.replace("long", "broken").replace("[llama-mini]", "[random, phi-mini]"),
    )
    wanted = [f"results/broken/scores/{m}/generated/values.parquet" for m in ("random", "phi-mini")]
    head = start(project, *wanted, "--configfile", "studies/broken.yaml")
    said = finished(project, head, expected=1)
    assert "error: infer phi-mini × generated: models: 'phi-mini' can't be loaded" in said
    assert (project.folder / wanted[0]).is_file()
    log = (project.folder / "results/broken/logs/infer/phi-mini/generated.log").read_text()
    assert "can't be loaded" in log and "Traceback" not in log


@pytest.mark.parametrize("how", [[], ["--signal=TERM", "--full"]], ids=["scancel", "preempted"])
def test_a_cancelled_job_is_tried_again_and_loses_nothing(
    long: tuple[Project, list[str]], undisturbed: dict[str, pd.DataFrame], how: list[str]
) -> None:
    project, arguments = long
    head = start(project, *arguments)
    wait_for(lambda: saved(project))
    (job,) = states()
    subprocess.run(["scancel", *how, job], check=True)
    finished(project, head)
    assert manifest(project)["reused"] > 0
    assert_same(tables(project, "long"), undisturbed)


def test_a_head_that_is_killed_goes_on_where_its_jobs_are(
    long: tuple[Project, list[str]], undisturbed: dict[str, pd.DataFrame]
) -> None:
    project, arguments = long
    head = start(project, *arguments)
    wait_for(lambda: saved(project))
    head.kill()
    head.wait()
    killed = datetime.now(UTC).isoformat(timespec="seconds")
    assert states(), "the job ended with its head"
    shutil.rmtree(project.folder / ".snakemake/locks")
    finished(project, start(project, *arguments))
    done = manifest(
        project
    )  # of the first head's job, if that ended before the new head came to it
    assert done["reused"] > 0 or str(done["began"]) <= killed
    assert_same(tables(project, "long"), undisturbed)
