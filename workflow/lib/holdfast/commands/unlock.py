"""`holdfast unlock`: remove the lock that a killed run left, unless a run may still be going on."""

import argparse
import os
from pathlib import Path

import psutil

from holdfast.errors import StudyError
from holdfast.run_notes import NOTES, Note, forget, here, notes, state
from holdfast.study.find_study import work_folder


def arguments(_: argparse.ArgumentParser) -> None:
    """Declare no arguments: the folder is the project's."""


def run(_: argparse.Namespace) -> None:
    """Unlock the project's folder; raise StudyError unless the run that locked it is known to be dead."""
    here = Path.cwd()
    unlock(here if (here / ".snakemake").is_dir() else work_folder())


def unlock(folder: Path) -> None:
    """Remove Snakemake's locks of a folder, if all who may hold them are dead.

    Raises:
        StudyError: a run goes on, here or perhaps elsewhere, or nobody knows whose the locks are.
    """
    locks = [p for p in (folder / ".snakemake/locks").glob("*") if p.is_file()]
    if not locks:
        return
    place, found = here(), notes(folder)
    for note in found:
        if state(note, place) == "elsewhere":
            raise StudyError(_elsewhere(folder, note))
        if state(note, place) == "alive":
            raise StudyError(f"a run is going on here ({note}). Wait for it, or end it.")
    if alive := running(folder):
        raise StudyError(
            f"a run is going on here (process {', '.join(map(str, alive))}). Wait for it, or end it."
        )
    if not found:
        raise StudyError(
            f"{folder} is locked by a run that left no note of who it is, as other or older workflows do. "
            f"{_by_hand('If none works here any more')}"
        )
    for path in locks:
        path.unlink(missing_ok=True)
    forget(folder)
    print(
        "an earlier run was killed: its lock is removed, and this run goes on from what was saved"
    )


def _elsewhere(folder: Path, note: Note) -> str:
    return (
        f"{folder} is locked by a run of {note}, and from here nobody can see whether it goes on. "
        f"Wait for it, or end it there. {_by_hand('If it has ended')}"
    )


def _by_hand(when: str) -> str:
    return f"{when}, remove its lock by hand: rm -r .snakemake/locks .snakemake/{NOTES}"


def running(folder: Path) -> list[int]:
    """Return the processes on this machine that are Snakemake, or one of its jobs, in a folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = process.info["cmdline"] or ()
        ours = any(Path(w).name == "snakemake" or ".snakemake/scripts/" in w for w in words)
        if ours and process.pid != os.getpid() and process.info["cwd"] == str(folder):
            found.append(process.pid)
    return found
