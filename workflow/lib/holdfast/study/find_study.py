"""Which study a user means: by its file, its name or its results folder, from wherever they are.

Two folders matter. The project holds code, resources and studies. The work folder holds `results/`: it is the
project itself, or the folder in which Snakemake was run with a project that lies elsewhere.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.errors import StudyError, nearest
from holdfast.run_notes import NOTES
from holdfast.study.config import Study
from holdfast.yaml_and_csv import read_mapping, read_text

PROJECT = Path(__file__).resolve().parents[4]
"""The project that this library belongs to."""

CODE = Path("workflow", "lib", "holdfast")
PROVENANCE = "provenance.json"
_MARKS = (CODE, Path("results", "store"), Path(".snakemake", NOTES))  # what a work folder has
_DOCUMENTS = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Found:
    """A study.

    Attributes:
        config: its configuration, as its file or its provenance has it.
        where: that file, for messages.
        work: the folder that holds, or will hold, its results as results/<study>.
        file: its configuration file; None: only its provenance is known.
    """

    config: dict[str, Any]
    where: str
    work: Path
    file: Path | None

    @property
    def results(self) -> Path:
        """Return the folder of its results, whether it is there or not."""
        return self.work / "results" / _name(self.config)

    @property
    def resources(self) -> Path:
        """Return the folder of resources that a run in the work folder uses, as seen from there."""
        inside = (self.work / CODE).is_dir()
        return Path("resources" if inside else os.path.relpath(PROJECT / "resources", self.work))


def work_folder(
    directory: Path | None = None, near: Path | None = None, study: str = "store"
) -> Path:
    """Return the folder that holds `results/`.

    It is the one that was named; else the nearest around the current folder that is a project, or in which a
    study ran; else such a one around another place; else this library's project.

    Args:
        directory: the folder that the user named.
        near: the other place.
        study: of which study there may be results.

    Raises:
        StudyError: there is no folder of that name.
    """
    if directory is not None:
        if not directory.is_dir():
            raise StudyError(f"--directory: there is no folder '{directory}'.")
        return directory.resolve()
    starts = [p.resolve() for p in (Path.cwd(), near) if p is not None]
    marks = (*_MARKS, Path("results", study))
    around = [folder for start in starts for folder in (start, *start.parents)]
    return next((f for f in around if any((f / mark).is_dir() for mark in marks)), PROJECT)


def find_study(word: str, directory: Path | None = None) -> Found:
    """Return the study that a user names.

    Args:
        word: a file, from here, from the work folder or from the project; a study's name, which is its key
            `study` or else its file's name; or a results folder.
        directory: the work folder, where it is not to be found.

    Raises:
        StudyError: there is no such study, or two have the name; with the nearest names.
    """
    work = work_folder(directory)
    for path in _places(word, *_roots(work)):
        if path.is_file():
            return _of_file(path, directory, path.parent)
    for path in _places(word, work):
        if path.is_dir() and ((path / PROVENANCE).is_file() or path.parent.name == "results"):
            return _of_results(path, work)
    if _is_path(word):
        raise _no_file(word, work)
    if file := _by_name(word, work):
        return _of_file(file, directory, work)
    if (work / "results" / word / PROVENANCE).is_file():
        return _of_results(work / "results" / word, work)
    raise _unknown(word, work)


def find_results(word: str, directory: Path | None = None) -> Path:
    """Return the results folder of the study that a user names, as `find_study`.

    Raises:
        StudyError: there is no such study, or it has no results yet.
    """
    work = work_folder(directory)
    folders = [p for p in (*_places(word, work), work / "results" / word) if p.is_dir()]
    whole = [p for p in folders if (p / PROVENANCE).is_file()]
    if whole or (folders and _is_path(word)):
        return _shown([*whole, *folders][0], word)
    try:
        found = find_study(word, directory)
    except StudyError:
        if folders:
            return _shown(folders[0], word)
        raise
    if not found.results.is_dir():
        there = _shown(found.results, word)
        raise StudyError(f"{there}: there are no results of {found.where} yet. A run makes them.")
    return _shown(found.results, word)


def find_path(word: str) -> Path:
    """Return a file that a user names by its path from here, or from the work folder.

    Where there is none, the path is returned as it stands, for the message of whoever reads it.
    """
    found = [p for p in _places(word, work_folder()) if p.exists()]
    return _shown(found[0], word) if found else Path(word)


def _places(word: str, *folders: Path) -> list[Path]:
    """Return where a path may lead: from here, and from folders."""
    return list(dict.fromkeys(Path(os.path.abspath(f / word)) for f in (Path(), *folders)))


def _roots(work: Path) -> list[Path]:
    """Return where studies are kept: in the work folder, and in the project if the folder is none itself."""
    return [work] if (work / CODE).is_dir() else [work, PROJECT]


def _shown(path: Path, word: str) -> Path:
    """Return a path as the user wrote it, where that leads there, else from here."""
    return Path(word) if Path(os.path.abspath(word)) == path else Path(os.path.relpath(path))


def _is_path(word: str) -> bool:
    return "/" in word or word.endswith(_DOCUMENTS)


def _of_file(path: Path, directory: Path | None, near: Path) -> Found:
    shown = Path(os.path.relpath(path))
    config = read_mapping(shown)
    return Found(config, str(shown), work_folder(directory, near, _name(config)), path)


def _of_results(path: Path, work: Path) -> Found:
    """Return the study of a results folder: as its provenance says, else the one of that name."""
    own = path.parent.parent if path.parent.name == "results" else work
    record = path / PROVENANCE
    if record.is_file():
        data = read_mapping(record).get("study")  # JSON is YAML
        if isinstance(data, dict):
            return Found(data, f"{os.path.relpath(record)}: study", own, None)
    if file := _by_name(path.name, own):
        return _of_file(file, own, own)
    raise StudyError(
        f"{os.path.relpath(path)}: has no {PROVENANCE}, and no study's file has the name '{path.name}'. "
        f"{nearest(path.name, _names(own))}"
    )


def _studies(work: Path) -> Iterator[list[Path]]:
    """Yield the files of studies, of one folder after the other."""
    for folder in _roots(work):
        files = [folder / "config.yaml", *sorted((folder / "studies").rglob("*.yaml"))]
        yield [file for file in files if file.is_file()]


def _by_name(name: str, work: Path) -> Path | None:
    """Return the one file of a study of a name; None: there is none."""
    for files in _studies(work):
        keyed = [file for file in files if _key(file) == name]
        found = keyed or [file for file in files if file.stem == name]
        if len(found) > 1:
            shown = " and ".join(os.path.relpath(file) for file in found)
            raise StudyError(f"the study '{name}' is in {shown}: name the file.")
        if found:
            return found[0]
    return None


def _key(file: Path) -> str:
    """Return what a file calls its study; empty: it can't be read."""
    try:
        return _name(read_mapping(file))
    except StudyError:
        return ""


def _name(config: dict[str, Any]) -> str:
    return str(config.get("study", Study.model_fields["study"].default))


def _names(work: Path) -> list[str]:
    """Return the names of all studies that there are."""
    named = [_key(file) for files in _studies(work) for file in files]
    ran = [p.parent.name for p in sorted(work.glob(f"results/*/{PROVENANCE}"))]
    return list(dict.fromkeys(name for name in (*named, *ran) if name))


def _no_file(word: str, work: Path) -> StudyError:
    """Return the error for a path that leads to no study."""
    if not word.endswith(_DOCUMENTS):
        return _unknown(word, work)
    places = _places(word, *_roots(work))
    path = next((p for p in places if p.parent.is_dir()), places[0])
    try:
        read_text(_shown(path, word))
    except StudyError as mistake:
        return mistake
    return _unknown(word, work)


def _unknown(word: str, work: Path) -> StudyError:
    hint = nearest(Path(word).name, _names(work))
    return StudyError(f"'{word}' is no study's file, name or results folder. {hint}")
