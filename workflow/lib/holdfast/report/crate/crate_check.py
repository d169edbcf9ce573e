"""Whether a crate is as it was written: every file's hash, the tables' and the code's."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.errors import StudyError
from holdfast.report.crate.crate_files import CODE, kept_tables
from holdfast.yaml_and_csv import digest

METADATA = "ro-crate-metadata.json"
PROVENANCE = "results/provenance.json"


@dataclass(frozen=True)
class CrateVerdict:
    """What a crate is, compared with what it says of itself.

    Attributes:
        same: files whose bytes are those that were recorded.
        changed: files with other bytes, and the code's folder if it is another.
        missing: files that are described and not there.
        strange: files that are there and described nowhere.
        document: its provenance.
    """

    same: list[str]
    changed: list[str]
    missing: list[str]
    strange: list[str]
    document: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Tell whether every file is there as it was, and no other."""
        return not (self.changed or self.missing or self.strange)


def is_crate(path: Path) -> bool:
    """Tell whether a path is of a crate: packed in one file, or a folder."""
    return path.suffix == ".zip" or (path / METADATA).is_file()


def check_crate(path: Path) -> CrateVerdict:
    """Compare a crate with its description and its provenance; nothing else is needed for it.

    Args:
        path: the packed crate, or its folder.

    Raises:
        StudyError: it can't be read, or is no crate of a study.
    """
    found = _hashes(path)
    entities = _document(path, METADATA).get("@graph", [])
    recorded = {e["@id"]: str(e["sha256"]) for e in entities if "sha256" in e}
    if PROVENANCE not in recorded:
        raise StudyError(f"{path}: is no crate of a study: it describes no {PROVENANCE}.")
    code = f"{CODE}/"
    missing = [name for name in recorded if name not in found]
    changed = [name for name, was in recorded.items() if found.get(name, was) != was]
    strange = [n for n in found if n not in recorded and n != METADATA and not n.startswith(code)]
    document = _document(path, PROVENANCE) if PROVENANCE in found else {}
    if document:
        tables = {f"results/{n}": document["tables"][n] for n in kept_tables(document)}
        changed += [n for n, was in tables.items() if n not in changed and found.get(n, was) != was]
        missing += [n for n in tables if n not in found and n not in missing]
    if _code_digest(found) not in [e.get("identifier") for e in entities if e.get("@id") == code]:
        changed.append(code)
    same = [name for name in recorded if name not in {*changed, *missing}]
    return CrateVerdict(same, changed, missing, strange, document)


def _code_digest(found: Mapping[str, str]) -> str:
    """Return the digest of the code's folder, as the provenance has it."""
    own = {n.removeprefix(f"{CODE}/"): h for n, h in found.items() if n.startswith(f"{CODE}/")}
    return digest([[name, own[name]] for name in sorted(own, key=lambda n: Path(n).parts)])


def _hashes(path: Path) -> dict[str, str]:
    """Return the hash of every file of a crate by its place."""
    try:
        if path.is_dir():
            files = {p.relative_to(path).as_posix(): p for p in path.rglob("*") if p.is_file()}
            return {name: _sha256(p.read_bytes()) for name, p in sorted(files.items())}
        with zipfile.ZipFile(path) as packed:
            names = [m.filename for m in packed.infolist() if not m.is_dir()]
            return {name: _sha256(packed.read(name)) for name in names}
    except (OSError, zipfile.BadZipFile) as e:
        raise StudyError(f"{path}: can't be read as a crate: {e}.") from None


def _document(path: Path, name: str) -> dict[str, Any]:
    try:
        if path.is_dir():
            data = json.loads((path / name).read_text(encoding="utf-8"))
        else:
            with zipfile.ZipFile(path) as packed:
                data = json.loads(packed.read(name))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise StudyError(f"{path}: is no crate: it has no {name} that can be read.") from None
    if not isinstance(data, dict):
        raise StudyError(f"{path}: {name}: must be a mapping.")
    return data


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
