"""Where the results come from: configuration, versions, revisions. Nothing about who ran it where."""

import hashlib
import json
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import holdfast
from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError
from holdfast.machine_description import machine
from holdfast.report.tables.manifests import job_name, read_manifests
from holdfast.report.wording.model_labels import Models, kind
from holdfast.yaml_and_csv import digest

WORKFLOW = Path(holdfast.__file__).resolve().parents[2]
PACKAGES = (
    "snakemake", "numpy", "pandas", "scipy", "pyarrow", "pydantic", "PyYAML", "matplotlib",
    "seaborn", "Jinja2", "torch", "transformers", "tokenizers", "safetensors", "huggingface-hub",
)  # fmt: skip
JOB_FACTS = (
    "model", "population", "observer", "observed", "revision", "identity", "files", "template",
    "presentation", "scoring", "computed", "reused", "began", "ended", "seconds", "at_once", "hardware",
    "gpus", "python", "versions", "answered_by", "served_by", "prompts_cut", "canary", "spent", "collected",
)  # fmt: skip


def write_provenance(
    *, study: dict[str, Any], models: Models, manifests: Sequence[Path], tables: Sequence[Path], output: Path
) -> None:  # fmt: skip
    """Write what is needed to repeat the study, as JSON.

    It has no names of hosts or users, no absolute paths, no environment variables and no secrets.

    Args:
        study: the full configuration, as plain data.
        models: registry entries as plain data, by name; also of those that observe and do not take part.
        manifests: the inference jobs' manifests.
        tables: the study's tables, whose hashes `holdfast verify` compares.
        output: the JSON document, in the folder of the study's results.

    Raises:
        StudyError: a manifest can't be read, or the file can't be written.
    """
    root = output.resolve().parent
    hashes = {p.resolve().relative_to(root).as_posix(): file_hash(p) for p in sorted(tables)}
    document = impersonal(provenance(study, models, manifests) | {"tables": hashes})
    text = json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n"
    write_whole(output, lambda t: t.write_bytes(text.encode("utf-8", "replace")))


def provenance(study: dict[str, Any], models: Models, manifests: Sequence[Path]) -> dict[str, Any]:
    """Return what `write_provenance` writes."""
    jobs = read_manifests(manifests)
    return {
        "study": study,
        "models": {n: dict(e) | {"kind": kind(e)} for n, e in models.items()},
        "jobs": [{fact: job.get(fact) for fact in JOB_FACTS} for job in jobs],
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        **surroundings(),
        "digests": {
            "study": digest(study),
            "models": {n: digest(dict(e)) for n, e in models.items()},
            "manifests": {
                job_name(job): file_hash(path)[:16]
                for job, path in zip(jobs, manifests, strict=True)
            },
        },
    }


def surroundings() -> dict[str, Any]:
    """Return what here and now may change results: versions, platform, code and its commit."""
    about = machine()
    return {
        "versions": versions(),
        "platform": {key: about.pop(key) for key in ("system", "machine")},
        "hardware": about,
        "code": tree_digest(WORKFLOW),
        "git": git_state(WORKFLOW),
    }


def tree_digest(folder: Path) -> str:
    """Return a hash of all files of a folder, of their names and contents."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return digest([[p.relative_to(folder).as_posix(), file_hash(p)] for p in files])


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return the commit and whether tracked files differ from it; None outside a repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return None if commit is None else {"commit": commit, "changed": bool(changed)}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # there is no git, or it hangs
    return done.stdout.strip() if done.returncode == 0 else None


def file_hash(path: Path) -> str:
    """Return a file's SHA-256; raise StudyError if it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as e:
        raise StudyError(f"{path}: can't be read: {e.strerror or e}.") from None


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that are installed here."""
    found = {"python": platform.python_version(), "holdfast": holdfast.__version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def impersonal(data: Any) -> Any:
    """Return plain data without what tells of a machine or a person.

    An absolute path becomes the file's name; a web address loses user, password and query.
    """
    if isinstance(data, dict):
        return {str(k): impersonal(v) for k, v in data.items()}
    if isinstance(data, list | tuple):
        return [impersonal(v) for v in data]
    if isinstance(data, Path):
        return impersonal(str(data))
    return _impersonal_text(data) if isinstance(data, str) else data


def _impersonal_text(text: str) -> str:
    for path in (PurePosixPath(text), PureWindowsPath(text)):
        if path.is_absolute() or text.startswith("~"):
            return path.name
    if text.startswith(("http://", "https://")):
        parts = urlsplit(text)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return text
