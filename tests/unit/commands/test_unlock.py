"""`holdfast unlock`: the lock of a dead run of this machine is removed, and no other."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from holdfast.cli import main
from holdfast.run_notes import NOTES, Note, here, notes, state

NOTED = """
import sys
from pathlib import Path
from holdfast.run_notes import note_run
note_run(Path.cwd())
sys.stdin.read()
"""


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    lock = tmp_path / ".snakemake/locks/0.input.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    return lock


@pytest.fixture
def noted(locked: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start a run that has left its note."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.Popen(
        [sys.executable, "-c", f"{NOTED}"], stdin=subprocess.PIPE, env=env, text=True
    )
    while not notes(Path.cwd()):
        assert run.poll() is None
    yield run
    run.kill()
    run.communicate()


def change_note(**place: Any) -> None:
    """Let the note of the run be of another place."""
    [path] = Path(".snakemake", NOTES).glob("*.json")
    data = json.loads(path.read_text())
    data["place"] |= place
    path.write_text(json.dumps(data))


def refused() -> str:
    with pytest.raises(SystemExit) as caught:
        main(["unlock"])
    assert str(caught.value.code).startswith("Error: ")
    return str(caught.value.code)


def test_the_lock_of_a_killed_run_is_removed(
    locked: Path, noted: "subprocess.Popen[str]", capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"a run is going on here ({notes(Path.cwd())[0]})" in refused() and locked.exists()
    noted.kill()
    noted.wait()
    main(["unlock"])
    assert not locked.exists() and "was killed" in capsys.readouterr().out
    assert not notes(Path.cwd())
    main(["unlock"])
    assert capsys.readouterr().out == ""


def test_a_run_that_ends_takes_its_note_with_it(noted: "subprocess.Popen[str]") -> None:
    assert notes(Path.cwd())[0].process == noted.pid
    noted.communicate("")
    assert not notes(Path.cwd())


@pytest.mark.parametrize(
    "elsewhere", [{"host": "node17"}, {"space": "pid:[4026532999]"}, {"user": 4711}, {"machine": "x"}]
)  # fmt: skip
def test_a_lock_of_elsewhere_stays_though_its_process_is_not_here(
    locked: Path, noted: "subprocess.Popen[str]", elsewhere: dict[str, Any]
) -> None:
    noted.kill()
    noted.wait()
    change_note(**elsewhere)
    said = refused()
    assert locked.exists() and f"is locked by a run of {notes(Path.cwd())[0]}" in said
    assert elsewhere.get("host", here().host) in said and f"process {noted.pid}" in said
    assert f"rm -r .snakemake/locks .snakemake/{NOTES}" in said


def test_a_lock_that_nobody_left_a_note_of_stays(locked: Path) -> None:
    assert "left no note of who it is" in refused() and locked.exists()
    torn = locked.parents[1] / NOTES / "torn.json"
    torn.parent.mkdir()
    torn.write_text('{"place": ')
    assert "somebody on an unknown machine" in refused() and locked.exists()


def test_the_lock_of_a_job_that_outlives_its_run_stays(
    locked: Path, noted: "subprocess.Popen[str]"
) -> None:
    noted.kill()
    noted.wait()
    wait = [sys.executable, "-c", "import sys; sys.stdin.read()", ".snakemake/scripts/x.infer.py"]
    alive = subprocess.Popen(wait, stdin=subprocess.PIPE)
    try:
        assert f"is going on here (process {alive.pid})" in refused()
    finally:
        alive.communicate()
    assert locked.exists()


def test_a_reader_of_a_log_is_no_run(locked: Path, noted: "subprocess.Popen[str]") -> None:
    noted.kill()
    noted.wait()
    read = [sys.executable, "-c", "import sys; sys.stdin.read()", ".snakemake/log/today.log"]
    reader = subprocess.Popen(read, stdin=subprocess.PIPE)
    main(["unlock"])
    reader.communicate()
    assert not locked.exists()


def test_a_restart_ends_a_machine_s_runs_but_not_a_container_s() -> None:
    machine = replace(here(), machine="m", space="pid:[4026531836]", boot="now")
    before = Note(replace(machine, boot="before"), "anna", 1, 0.0)
    assert state(before, machine) == "dead"
    for less in ({"machine": ""}, {"space": "pid:[4026532999]"}):
        place = replace(machine, **less)
        assert state(replace(before, place=replace(before.place, **less)), place) == "elsewhere"


def test_a_number_that_another_process_has_now_is_no_sign_of_life() -> None:
    assert state(Note(here(), "anna", os.getpid(), 0.0), here()) == "dead"
    assert set(asdict(here())) == {"host", "machine", "boot", "space", "user"}
