"""Who works in a folder: each run of Snakemake leaves a note there, since its locks tell of no owner.

A note says host, user, process and when the process began. It lies in `.snakemake/`, which is no part of any
result, from before the lock is taken until the run ends; only a killed run leaves it behind.
"""

import atexit
import getpass
import json
import os
import socket
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import psutil

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError

NOTES = "holdfast-runs"
"""The folder of the notes, in `.snakemake/`."""

State = Literal["alive", "dead", "elsewhere"]
_INITIAL = (
    "pid:[4026531836]"  # the processes' name space of a Linux machine itself, in no container
)
_CLOCK = 5.0  # seconds by which the time that a process began may seem to change


@dataclass(frozen=True)
class Place:
    """Where a process number means something.

    Attributes:
        host: the machine's name, or the container's.
        machine: the machine's identity; empty: it has none.
        boot: which start of the machine it is; empty: the system does not tell.
        space: in which container; empty: the system does not tell.
        user: number of the user.
    """

    host: str
    machine: str
    boot: str
    space: str
    user: int


@dataclass(frozen=True)
class Note:
    """One run: where, who, which process, and when that began, in seconds since 1970."""

    place: Place
    name: str
    process: int
    began: float

    def __str__(self) -> str:
        """Return who it is, in words."""
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.began))
        return f"{self.name} on {self.place.host}, process {self.process}, since {since}"


def here() -> Place:
    """Return where this process runs."""
    return Place(
        socket.gethostname(),
        _first_line("/etc/machine-id"),
        _first_line("/proc/sys/kernel/random/boot_id"),
        _link("/proc/self/ns/pid"),
        os.getuid(),
    )


def note_run(folder: Path) -> None:
    """Leave a note of this process in a folder that it works in; it is removed when the process ends.

    Where the note can't be written, nothing happens: there Snakemake has no lock either.
    """
    note = Note(here(), _user(), os.getpid(), psutil.Process().create_time())
    path = folder / ".snakemake" / NOTES / f"{uuid.uuid4().hex}.json"
    with suppress(OSError, StudyError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda part: part.write_text(json.dumps(asdict(note)), encoding="utf-8"))
        atexit.register(_remove, path, os.getpid())


def notes(folder: Path) -> list[Note]:
    """Return the notes of all runs in a folder that go on, or were killed.

    One that can't be read is of a run nothing is known of, and so of one elsewhere.
    """
    found = map(_read, sorted((folder / ".snakemake" / NOTES).glob("*.json")))
    return [note for note in found if note is not None]


def forget(folder: Path) -> None:
    """Remove all notes of a folder."""
    for path in (folder / ".snakemake" / NOTES).glob("*.json"):
        path.unlink(missing_ok=True)


def state(note: Note, place: Place) -> State:
    """Tell whether a run goes on, as far as that can be known at a place.

    A process number of another machine, another container or another user's run says nothing: processes of
    others may be hidden. The machine's restart ends all of its own runs, but not those of a container, whose
    name and identity may come from an image.
    """
    theirs = note.place
    if (theirs.host, theirs.machine, theirs.space, theirs.user) != (
        place.host, place.machine, place.space, place.user,
    ):  # fmt: skip
        return "elsewhere"
    if theirs.boot != place.boot:
        return "dead" if place.space in ("", _INITIAL) and place.machine else "elsewhere"
    return "alive" if _runs(note) else "dead"


def _runs(note: Note) -> bool:
    try:
        process = psutil.Process(note.process)
        same = abs(process.create_time() - note.began) < _CLOCK
        return same and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _read(path: Path) -> Note | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        place = Place(**data.pop("place"))
        return Note(place, str(data["name"]), int(data["process"]), float(data["began"]))
    except FileNotFoundError:
        return None  # the run has just ended
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        unknown = Place("an unknown machine", "", "", "unknown", -1)
        return Note(unknown, "somebody", 0, _changed(path))


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return time.time()


def _remove(path: Path, process: int) -> None:
    if os.getpid() == process:  # no child that was forked
        with suppress(OSError):
            path.unlink()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
