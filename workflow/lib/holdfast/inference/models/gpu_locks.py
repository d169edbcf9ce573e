"""A job's own GPUs on a machine with several: Snakemake counts them, but says to none which is its own."""

import fcntl
import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

logger = logging.getLogger(__name__)
_held: list[IO[str]] = []  # open files keep their locks until the process ends, however it ends


def visible_gpus() -> list[str]:
    """Return the names of the GPUs that this process may use, as CUDA_VISIBLE_DEVICES takes them."""
    if (named := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [n.strip() for n in named.split(",") if n.strip()]
    if not shutil.which("nvidia-smi"):
        return []
    said = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True).stdout
    return [str(i) for i, _ in enumerate(line for line in said.splitlines() if line.strip())]


def take_gpus(count: int, names: Sequence[str], folder: Path | None = None) -> list[str]:
    """Hold some GPUs until the process ends, and make this process see no others.

    Call it before torch looks for GPUs. Jobs that want the same wait for each other.

    Args:
        count: how many are wanted; 0 takes none and hides none.
        names: those that there are.
        folder: where the locks lie; by default a folder of this user on this machine.

    Returns:
        Those held; fewer than wanted where there are fewer.
    """
    wanted = min(count, len(names))
    if 0 < wanted < count:
        logger.warning("%d GPUs are asked for, but there are %d", count, wanted)
    if not wanted or "SLURM_JOB_ID" in os.environ:  # Slurm has given the job its own
        return list(names[:wanted])
    folder = folder or Path(tempfile.gettempdir()) / f"holdfast-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = False
    while len(held := _take_free(wanted, names, folder)) < wanted:
        if not told:
            logger.info("all of %d GPUs are in use: waiting for %d", len(names), wanted)
            told = True
        time.sleep(1)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(held)
    logger.info("using GPU %s", ", ".join(held))
    return held


def _take_free(wanted: int, names: Sequence[str], folder: Path) -> list[str]:
    """Lock as many as wanted, or none: two jobs that wait for each other's would never end."""
    locks: dict[str, IO[str]] = {}
    for name in names:
        file: IO[str] = (folder / f"{name}.lock").open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        locks[name] = file
        if len(locks) == wanted:
            _held.extend(locks.values())
            return list(locks)
    for taken in locks.values():
        taken.close()
    return []
