"""What the response store holds, and how often it spared a computation."""

import json
from dataclasses import dataclass
from pathlib import Path

from holdfast.errors import StudyError
from holdfast.inference.store.store_segments import (
    DAMAGED,
    ENDING,
    distinct,
    read_segments,
    segment_paths,
)


@dataclass(frozen=True)
class Usage:
    """One model's part of the store.

    Attributes:
        model: the model's name.
        segments: files that hold its answers.
        answers: different answers.
        doubled: rows beyond those: the same answer in several segments.
        megabytes: size of all its files, in 10⁶ bytes.
        damaged: names of files that were set aside.
    """

    model: str
    segments: int
    answers: int
    doubled: int
    megabytes: float
    damaged: list[str]


def usage(store: Path) -> list[Usage]:
    """Return what the store holds, model by model; a damaged segment is set aside on the way.

    Raises:
        StudyError: there is no store, or a segment can't be read.
    """
    if not store.is_dir():
        raise StudyError(f"{store}: there is no store yet. A study's run makes it.")
    return [_usage(folder) for folder in sorted(p for p in store.iterdir() if p.is_dir())]


def _usage(folder: Path) -> Usage:
    tables = [table for _, table in read_segments(folder)]
    answers = len(distinct(tables))
    files = [p for p in folder.iterdir() if p.suffix in (ENDING, DAMAGED)]
    return Usage(
        folder.name, len(segment_paths(folder)), answers, sum(map(len, tables)) - answers,
        sum(p.stat().st_size for p in files) / 1e6,
        sorted(p.name for p in files if p.suffix == DAMAGED),
    )  # fmt: skip


@dataclass(frozen=True)
class Hits:
    """What a finished job of a study took from the store (`reused`), and what it computed.

    The model of an observer's job is called OBSERVER on MODEL.
    """

    study: str
    model: str
    population: str
    computed: int
    reused: int


def hits(results: Path) -> list[Hits]:
    """Return what each job of each study of a folder computed and reused, when it ran last.

    Raises:
        StudyError: a manifest can't be read.
    """
    found = []
    jobs = ("*/responses/*/*.json", "*/observations/*/*/*/manifest.json")
    for path in [p for pattern in jobs for p in sorted(results.glob(pattern))]:
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            model = about["model"]
            who = f"{about['observer']} on {about['observed']}" if "observer" in about else model
            study = path.relative_to(results).parts[0]
            found.append(Hits(study, who, about["population"], about["computed"], about["reused"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise StudyError(f"{path}: is no job's manifest. Remove it to make it anew.") from None
    return found
