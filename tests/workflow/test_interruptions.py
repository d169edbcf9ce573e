"""What happens to a run from outside: Ctrl-C, results that turn read-only, a file that vanishes."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from disks import mounted

from holdfast.inference.store.store_segments import read_segments, segment_paths
from projects import Project

ANSWERS = "results/tiny/responses/llama-mini/fictional.parquet"
TALKS = "results/tiny/conversations/llama-mini/fictional.parquet"
LOG = "results/tiny/logs/infer/llama-mini/fictional.log"
STORE = "results/store/llama-mini"
STUDY = """
study: tiny
replicates: 1
models: [llama-mini]
populations: [{name: fictional, size: 14}]
contexts: {topics: [grammar, joke, chess, poem], max_new_tokens: 40}
save_every_seconds: 1
"""


@pytest.fixture
def tiny(project: Project) -> Project:
    project.write("studies/tiny.yaml", STUDY)
    return project


@contextmanager
def started(project: Project, target: str) -> Iterator[subprocess.Popen[str]]:
    """Start Snakemake as a shell does: with its jobs, a process group that gets what keys send."""
    command = [sys.executable, "-m", "snakemake", target, "--cores", "2"]
    process = subprocess.Popen(
        [*command, "--configfile", "studies/tiny.yaml"], cwd=project.folder, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(happened: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 300
    while not happened():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def hashes(folder: Path, *names: str) -> dict[str, str]:
    return {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in names}


def segments(folder: Path) -> dict[str, str]:
    """Return the hashes of the store's segments."""
    return hashes(folder, *(str(p.relative_to(folder)) for p in segment_paths(folder / STORE)))


def keys(folder: Path) -> list[str]:
    """Return the key of every row of the store."""
    return [k for _, table in read_segments(folder / STORE) for k in table["key"].to_pylist()]


def asked(folder: Path) -> dict[str, int]:
    manifest: dict[str, int] = json.loads((folder / ANSWERS).with_suffix(".json").read_text())
    return manifest


def test_ctrl_c_ends_a_run_in_ten_seconds_and_the_next_one_goes_on(tiny: Project) -> None:
    folder = tiny.folder
    ran = tiny.snakemake(ANSWERS, "--configfile", "studies/tiny.yaml")
    assert ran.status == 0, ran.said
    whole, computed = hashes(folder, ANSWERS, TALKS), asked(folder)["computed"]
    shutil.rmtree(folder / "results")
    with started(tiny, ANSWERS) as process:
        until(lambda: segment_paths(folder / STORE), process)
        os.killpg(process.pid, signal.SIGINT)
        pressed = time.monotonic()
        said, _ = process.communicate(timeout=60)
    assert time.monotonic() - pressed < 10, said
    assert process.returncode != 0 and "Traceback" not in said, said
    assert "ended by SIGINT; what was saved is kept" in (folder / LOG).read_text()
    saved = keys(folder)
    assert 0 < len(saved) < computed and not (folder / ANSWERS).exists()
    again = tiny.snakemake(ANSWERS, "--configfile", "studies/tiny.yaml")
    assert again.status == 0, again.said
    assert hashes(folder, ANSWERS, TALKS) == whole
    assert asked(folder)["computed"] == computed - len(saved)
    assert sorted(set(keys(folder))) == sorted(keys(folder))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk that can be turned read-only."""
    with mounted(tmp_path / "disk", "100m") as place:
        yield place


def test_a_store_that_turns_read_only_ends_in_one_message(tiny: Project, disk: Path) -> None:
    folder = tiny.folder
    (folder / "results").mkdir()
    (folder / "results/store").symlink_to(disk)
    with started(tiny, ANSWERS) as process:
        until(lambda: segment_paths(folder / STORE), process)
        frozen = ["mount", "-o", "remount,ro", str(disk)]
        until(lambda: subprocess.run(frozen, capture_output=True).returncode == 0, process)
        kept = sorted(p.name for p in segment_paths(folder / STORE))
        said, _ = process.communicate(timeout=120)
    assert process.returncode != 0 and "Traceback" not in said, said
    assert said.count("can't be written: Read-only file system") == 1, said
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert sorted(p.name for p in segment_paths(folder / STORE)) == kept
    saved = len(keys(folder))
    again = tiny.snakemake(ANSWERS, "--configfile", "studies/tiny.yaml")
    assert again.status == 0, again.said
    assert asked(folder)["reused"] == saved > 0


def test_read_only_results_at_the_start_end_in_one_message(tiny: Project, disk: Path) -> None:
    (tiny.folder / "results").symlink_to(disk)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    ran = tiny.snakemake(ANSWERS, "--configfile", "studies/tiny.yaml")
    assert ran.status != 0 and "Traceback" not in ran.said, ran.said
    assert "Read-only file system" in ran.said and "results" in ran.said


def test_a_table_and_a_store_that_vanish_in_mid_run(tiny: Project) -> None:
    """The store is written anew; the next job misses the table, and later runs make it and ask what is lost."""
    folder, scores = tiny.folder, "results/tiny/scores/llama-mini/fictional/values.parquet"
    lost = folder / "results/tiny/design/instruments/pvq40.json"
    with started(tiny, scores) as process:
        until(lambda: segment_paths(folder / STORE), process)
        shutil.rmtree(folder / "results/store")
        lost.unlink()
        said, _ = process.communicate(timeout=300)
    assert process.returncode != 0 and "Traceback" not in said, said
    assert "pvq40.json" in said.partition("Error")[2] and said.count("Missing files") == 1, said
    assert (folder / ANSWERS).exists(), "the job whose store vanished has ended well"
    again = tiny.snakemake(scores, "--configfile", "studies/tiny.yaml")
    assert again.status == 0, again.said
    manifest = asked(folder)
    assert manifest["computed"] > 0 and manifest["reused"] > 0, "the store was written anew"
    before = segments(folder)
    lost.unlink()
    (folder / scores).unlink()
    whole = tiny.snakemake(scores, "--configfile", "studies/tiny.yaml")
    assert whole.status == 0, whole.said
    assert (folder / scores).exists() and segments(folder) == before, "nothing is asked anew"
