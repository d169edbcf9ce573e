"""Jobs on one machine never share a GPU."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.inference.models.gpu_locks import take_gpus, visible_gpus

JOB = """
import sys, time
from pathlib import Path
from holdfast.inference.models.gpu_locks import take_gpus
held = take_gpus(int(sys.argv[1]), ["0", "1", "2"], Path(sys.argv[2]))
print(",".join(held), flush=True)
sys.stdin.read()
"""


def start(count: int, folder: Path) -> subprocess.Popen[str]:
    """Start a job that takes GPUs, says which, and holds them until its input ends."""
    environment = {k: v for k, v in os.environ.items() if k != "SLURM_JOB_ID"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", JOB, str(count), str(folder)], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def said(job: subprocess.Popen[str]) -> set[str]:
    """Return the GPUs that a job says it holds."""
    assert job.stdout
    return set(job.stdout.readline().strip().split(","))


def test_jobs_hold_different_gpus(tmp_path: Path) -> None:
    one, two = start(1, tmp_path), start(2, tmp_path)
    held = [said(one), said(two)]
    assert sorted(map(len, held)) == [1, 2] and held[0] | held[1] == {"0", "1", "2"}
    for job in (one, two):
        job.communicate()


def test_a_job_waits_until_another_ends_even_when_it_is_killed(tmp_path: Path) -> None:
    first = start(2, tmp_path)
    taken = said(first)
    second = start(2, tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(timeout=1.5)
    first.kill()
    assert len(said(second)) == 2 and len(taken) == 2
    second.communicate()
    first.communicate()


def test_a_machine_with_fewer_gpus_gives_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    assert visible_gpus() == []
    assert take_gpus(2, visible_gpus(), tmp_path) == []
    assert take_gpus(3, ["0", "1"], tmp_path) == ["0", "1"]
    assert "3 GPUs are asked for, but there are 2" in caplog.text


def test_only_the_gpus_that_the_environment_names_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-ab")
    assert visible_gpus() == ["3", "GPU-ab"]
