"""`holdfast unlock`: remove the lock that a killed run left, unless a run is still going on."""

import argparse
import os
from pathlib import Path

import psutil

from holdfast.errors import StudyError


def arguments(_: argparse.ArgumentParser) -> None:
    """Declare no arguments: the folder is the current one."""


def run(_: argparse.Namespace) -> None:
    """Unlock the current folder; raise StudyError while a process of a run works in it."""
    locks = [p for p in Path(".snakemake/locks").glob("*") if p.is_file()]
    if not locks:
        return
    if alive := running(Path.cwd()):
        raise StudyError(
            f"a run is going on here (process {', '.join(map(str, alive))}). Wait for it, or end it."
        )
    for path in locks:
        path.unlink(missing_ok=True)
    print(
        "an earlier run was killed: its lock is removed, and this run goes on from what was saved"
    )


def running(folder: Path) -> list[int]:
    """Return the processes on this machine that belong to a run of Snakemake in a folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        said = " ".join(process.info["cmdline"] or ())
        if (
            process.pid != os.getpid()
            and process.info["cwd"] == str(folder)
            and "snakemake" in said
        ):
            found.append(process.pid)
    return found
