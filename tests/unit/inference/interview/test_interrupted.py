"""Jobs as real processes: ended by signals, killed, two at a time on one store."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.inference_job import run_job
from holdfast.inference.store.store_segments import compact, read_segments, segment_paths
from holdfast.tables.table_files import read_table
from small_jobs import Job

LARGE = {  # more than one block
    "topics": 3, "people": 4, "replicates": 2, "instruments": ["short"], "sessions_at_once": 8,
}  # fmt: skip
ADMINISTRATION = ["respondent", "context", "replicate", "item"]


@pytest.fixture
def job(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> Job:
    return Job(tmp_path, model_folders["llama"], instrument, personas)


def until(happened: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.03)


def rows(job: Job) -> list[str]:
    """Return the key of every row of every segment."""
    found = read_segments(job.folder / "store/small")
    return [k for _, table in found for k in table["key"].to_pylist()]


def tables(arguments: dict[str, Any]) -> list[bytes]:
    return [arguments[name].read_bytes() for name in ("conversations", "responses")]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_what_was_answered_and_ends_the_job(
    job: Job, number: signal.Signals, status: int
) -> None:
    log = job.folder / "job.log"
    many = LARGE | {"people": 6, "replicates": 4}  # more than a block of the largest size
    process, arguments = job.start(log, pause=0.1, python=sys.executable, save_every=3600, **many)
    until(lambda: log.exists() and "messages: 216 of 216" in log.read_text(), process)
    process.send_signal(number)
    process.send_signal(number)  # schedulers and terminals send more than one
    said, _ = process.communicate(timeout=60)
    assert process.returncode == status, said
    assert said.count(f"ended by {number.name}; what was saved is kept") == 1
    assert_same_lines(said.splitlines(), log.read_text().splitlines())
    assert "Traceback" not in said
    assert (
        len(segment_paths(job.folder / "store/small")) == 1 and not arguments["responses"].exists()
    )
    saved = len(rows(job))
    again = job.finished(job.prepared_and_run(**many))
    assert again["reused"] == saved > 0 and again["computed"] > 0
    assert len(rows(job)) == len(set(rows(job)))


def assert_same_lines(said: list[str], written: list[str]) -> None:
    """Check that the terminal had the log's lines; but for one, if the signal came between the two."""
    missed = [line for line in written if line not in said]
    assert len(missed) <= 1 and [line for line in written if line not in missed] == said
    assert said[-1] == written[-1]


def test_a_killed_job_goes_on_and_ends_with_the_same_tables(job: Job) -> None:
    often = LARGE | {"save_every": 0.01}
    whole = tables(job.prepared_and_run(**often))
    for path in segment_paths(job.folder / "store/small"):
        path.unlink()
    (job.folder / "responses.parquet").unlink()
    process, arguments = job.start(job.folder / "job.log", pause=0.05, **often)
    until(lambda: rows(job), process)
    process.kill()
    process.communicate()
    kept = len(rows(job))
    assert not arguments["responses"].exists()
    assert job.finished(job.prepared_and_run(**often))["reused"] == kept
    assert tables(arguments) == whole
    assert len(rows(job)) == len(set(rows(job))), "nothing that was saved is computed again"


def test_two_jobs_of_one_model_on_one_store(job: Job) -> None:
    """The same questions at the same time: each table is whole, and the store knows each answer once."""
    wide = LARGE | {"save_every": 0.01}
    both = [
        job.start(job.folder / f"{n}.log", out=str(n), pause=0.05, **wide | {"topics": 1 + n})
        for n in (1, 2)
    ]
    for process, _ in both:
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
    for n, (_, arguments) in enumerate(both):
        table = read_table(arguments["responses"], "responses")
        assert len(table) == 2 * 4 * (3 + n) * 4 == len(table.drop_duplicates(ADMINISTRATION))
    asked = set(rows(job))
    again = job.finished(job.prepared_and_run(out="again", **wide))
    assert again["computed"] == 0 and again["reused"] >= len(asked)
    compact(job.folder / "store/small")
    assert sorted(rows(job)) == sorted(asked)


@pytest.mark.parametrize("name", ["personas", "profiles", "contexts", "instruments"])
def test_an_input_that_vanished_is_named(job: Job, name: str) -> None:
    arguments = job.prepare()
    path = arguments[name][0] if name == "instruments" else arguments[name]
    path.unlink()
    with pytest.raises(StudyError, match=str(path)):
        run_job(**arguments)
