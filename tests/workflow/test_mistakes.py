"""A new user's mistakes: each gives one clear message, and no traceback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from disks import mounted

from projects import Project, Ran

TINY = """
study: tiny
replicates: 1
models: [random]
populations: [{name: fictional, size: 4}]
contexts: {topics: [grammar, joke]}
"""

SERVED = """
served:
  model: {repository: served, kind: chat}
  deployment: {backend: openai, base_url: "http://127.0.0.1:9/v1"}
"""


def said_of(project: Project, old: str = "", new: str = "") -> str:
    """Plan the tiny study with one text replaced; return the message that refuses it."""
    assert old in TINY
    project.write("studies/tiny.yaml", TINY.replace(old, new) if old else TINY)
    return message(project.snakemake("-n", "--configfile", "studies/tiny.yaml"))


def message(ran: Ran) -> str:
    """Return what an unsuccessful run said, after checking that it is one message."""
    assert ran.status != 0, ran.said
    assert "Traceback" not in ran.said, ran.said
    assert ran.said.count("Error") == 1, ran.said
    return ran.said


def test_misspelt_key(project: Project) -> None:
    said = said_of(project, "replicates", "replicats")
    assert "studies/tiny.yaml" in said
    assert "unknown key 'replicats'. Did you mean 'replicates'?" in said


def test_unknown_model(project: Project) -> None:
    said = said_of(project, "[random]", "[randon]")
    assert "models: 'randon' is unknown. Did you mean 'random'?" in said
    assert "llama-2-7b-chat" in said and "studies/tiny.yaml" in said


def test_a_server_that_is_not_there_ends_the_study(project: Project) -> None:
    project.write("resources/models/served.yaml", SERVED)
    project.write("studies/tiny.yaml", TINY.replace("[random]", "[served]"))
    ran = project.snakemake("--configfile", "studies/tiny.yaml")
    assert ran.status != 0 and "Traceback" not in ran.said, ran.said
    assert "models: 'served': its server at 127.0.0.1 can't be reached" in ran.said
    assert "Is it running, and is `base_url` its address?" in ran.said
    assert not (project.folder / "results/tiny/report").exists()


def test_even_number_of_messages(project: Project) -> None:
    said = said_of(project, "{topics:", "{messages: 4, topics:")
    assert "studies/tiny.yaml: contexts.messages: 4 is not valid" in said and "3 or 5" in said


def test_missing_file(project: Project) -> None:
    (project.folder / "resources/pvq/pvq40.csv").rename(
        project.folder / "resources/pvq/pvq40-old.csv"
    )
    said = said_of(project)
    assert "resources/pvq/pvq40.csv: there is no such file" in said
    assert "Did you mean 'pvq40-old.csv'?" in said


def checked(project: Project, file: str) -> Ran:
    """Run `holdfast check`, as `make study` does first: Snakemake reads its files before us."""
    return command_of(project, "check", file)


def command_of(project: Project, *words: str) -> Ran:
    """Run a command of `holdfast` in the project's folder."""
    command = [sys.executable, "-m", "holdfast.cli", *words]
    library = os.environ | {"PYTHONPATH": str(project.folder / "workflow/lib")}
    done = subprocess.run(command, cwd=project.folder, env=library, capture_output=True, text=True)
    return Ran(done.returncode, done.stdout + done.stderr)


def test_missing_config(project: Project) -> None:
    said = message(checked(project, "studies/smok.yaml"))
    assert "studies/smok.yaml: there is no such file. Did you mean 'smoke.yaml'?" in said


def test_no_yaml(project: Project) -> None:
    project.write("studies/tiny.yaml", TINY.replace("[random]", "[random"))
    assert "studies/tiny.yaml: line 5: not valid YAML" in message(
        checked(project, "studies/tiny.yaml")
    )


def test_wrong_type(project: Project) -> None:
    said = said_of(project, "replicates: 1", "replicates: many")
    assert "studies/tiny.yaml: replicates: 'many' is not valid" in said and "integer" in said


def test_duplicate_persona(project: Project) -> None:
    path = project.folder / "resources/personas/fictional.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], lines[1], *lines[3:]]) + "\n")
    said = said_of(project)
    assert "resources/personas/fictional.csv" in said
    assert "'frodo-baggins' stands there twice (lines 2 and 4)" in said


def test_options_that_do_not_fit_the_scale(project: Project) -> None:
    path = project.folder / "resources/pvq/pvq40.yaml"
    text = path.read_text()
    path.write_text(text.replace("options:", "scale: [1, 2, 3, 4, 5]\noptions:"))
    said = said_of(project)
    assert "resources/pvq/pvq40.yaml: options: there are 6 options" in said
    assert "the scale has 5 steps" in said


def test_csv_that_is_not_utf8(project: Project) -> None:
    path = project.folder / "resources/personas/fictional.csv"
    path.write_bytes(path.read_text().replace("Frodo", "Fródo").encode("latin-1", "replace"))
    said = said_of(project)
    assert "resources/personas/fictional.csv: line 2: not UTF-8" in said and "0xf3" in said


def test_negative_replicates(project: Project) -> None:
    said = said_of(project, "replicates: 1", "replicates: -1")
    assert "studies/tiny.yaml: replicates: -1 is not valid" in said
    assert "greater than or equal to 1" in said


def test_key_on_the_command_line(project: Project) -> None:
    said = message(project.snakemake("-n", "--config", "replicas=3"))
    assert "config.yaml with --config: unknown" in said
    assert "unknown key 'replicas'. Did you mean 'replicates'?" in said


def test_locked_results(project: Project) -> None:
    """A second run beside a running one is refused, and says why."""
    project.write("studies/tiny.yaml", TINY)
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        "1",
        "--configfile",
        "studies/tiny.yaml",
    ]
    first = subprocess.Popen(
        command, cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    locks = project.folder / ".snakemake/locks"
    try:
        deadline = time.monotonic() + 120
        while not (locks.is_dir() and any(locks.iterdir())):
            assert first.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        ran = project.snakemake("--configfile", "studies/tiny.yaml")
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    assert "cannot be locked" in message(ran) and "--unlock" in ran.said
    [note] = (project.folder / ".snakemake/holdfast-runs").iterdir()
    ours = note.read_text()
    note.write_text(ours.replace('"host": "', '"host": "another-'))
    assert "is locked by a run of" in message(command_of(project, "unlock"))
    note.write_text(ours)
    assert command_of(project, "unlock").status == 0 and not any(locks.iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 200 kB, which is full at once."""
    with mounted(tmp_path / "disk", "200k") as disk:
        yield disk


def test_full_results(project: Project, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(b"0" * 150_000)
    (project.folder / "results").symlink_to(small_disk)
    project.write("studies/tiny.yaml", TINY)
    ran = project.snakemake("--configfile", "studies/tiny.yaml")
    assert ran.status != 0 and "Traceback" not in ran.said, ran.said
    assert "can't be written" in ran.said and "No space left on device" in ran.said
