"""`holdfast verify`: are results as their provenance says, or a crate as it was written?"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.commands.study_argument import add_study
from holdfast.inference.models.weight_files import weights_revision
from holdfast.report.crate.crate_check import check_crate, is_crate
from holdfast.report.tables.manifests import read_document
from holdfast.report.tables.provenance import file_hash, surroundings
from holdfast.study.find_study import PROJECT, find_path, find_results, work_folder


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_study(parser)


def run(given: argparse.Namespace) -> None:
    """Print the verdict; exit with status 1 if a table, or a crate's file, differs or is missing."""
    if is_crate(crate := find_path(given.study)):
        _say_of_crate(crate)
        return
    results = find_results(given.study, given.directory)
    verdict = verify(results, work_folder(given.directory, results))
    print(f"{results}: {len(verdict.same)} tables are as they were recorded")
    for word, names in (("changed", verdict.changed), ("missing", verdict.missing)):
        for name in names:
            print(f"{word}: {results / name}")
    if verdict.surroundings:
        print("\nNot the same here as where the results were made, so new results may differ:")
    for line in verdict.surroundings:
        print(f"  {line}")
    if not verdict.holds:
        sys.exit(1)


def _say_of_crate(path: Path) -> None:
    verdict = check_crate(path)
    print(f"{path}: {len(verdict.same)} files are as they were recorded")
    for word in ("changed", "missing", "strange"):
        for name in getattr(verdict, word):
            print(f"{'not described' if word == 'strange' else word}: {name}")
    differing = list(_differences(verdict.document)) if verdict.document else []
    if differing:
        print("\nNot the same here as where the results were made, so new results may differ:")
    for line in differing:
        print(f"  {line}")
    if not verdict.holds:
        sys.exit(1)


@dataclass(frozen=True)
class Verdict:
    """What a folder of results is, compared with its provenance.

    Attributes:
        same: tables whose bytes are those that were recorded.
        changed: tables with other bytes.
        missing: tables that are not there.
        surroundings: what differs here and now, as sentences: results made again may differ by it.
    """

    same: list[str]
    changed: list[str]
    missing: list[str]
    surroundings: list[str]

    @property
    def holds(self) -> bool:
        """Tell whether every table is there as it was."""
        return not (self.changed or self.missing)


def verify(results: Path, work: Path = Path()) -> Verdict:
    """Compare a folder of results with its provenance.json.

    Args:
        results: the folder.
        work: the folder from which the paths of models in folders are looked for.

    Raises:
        StudyError: the document or a table can't be read.
    """
    document = read_document(results / "provenance.json")
    recorded: dict[str, str] = document.get("tables", {})
    missing = [name for name in recorded if not (results / name).exists()]
    there = {name: file_hash(results / name) for name in recorded if name not in missing}
    changed = [name for name, found in there.items() if found != recorded[name]]
    same = [name for name in there if name not in changed]
    return Verdict(same, changed, missing, [*_differences(document), *_models(document, work)])


def _differences(document: Mapping[str, Any]) -> Iterator[str]:
    now = surroundings()
    for part in ("versions", "platform", "hardware"):
        then = document.get(part) or {}
        for name in dict.fromkeys([*then, *now[part]]):
            was, here = then.get(name), now[part].get(name)
            if was != here:
                yield f"{name}: {_said(was)} then, {_said(here)} now"
    if document.get("code") != now["code"]:
        yield "code of the workflow: has changed since"
    was, here = ((d.get("git") or {}) for d in (document, now))
    if was.get("commit") != here.get("commit"):
        yield f"commit: {_said(was.get('commit'))} then, {_said(here.get('commit'))} now"


def _models(document: Mapping[str, Any], work: Path) -> Iterator[str]:
    """Yield which models, of those in a folder here, have other files than the jobs had."""
    held = {job["model"]: job.get("revision") for job in document.get("jobs", [])}
    for name, entry in document.get("models", {}).items():
        path = entry["model"].get("path")
        places = [folder / path for folder in (work, PROJECT) if path and (folder / path).is_dir()]
        if path and not places:
            yield f"model {name}: there is no folder {path} here"
        elif path and weights_revision(places[0]) != held.get(name):
            yield f"model {name}: the files in {path} have changed since"


def _said(value: object) -> str:
    return "none" if value is None else str(value)
