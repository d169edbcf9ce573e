"""Where the results come from: configuration, versions, revisions. Nothing about who ran it where."""

import hashlib
import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import holdfast
from holdfast.documents import digest
from holdfast.files import write_whole
from holdfast.report.jobs import read_manifests
from holdfast.report.labels import Models, kind

PACKAGES = (
    "snakemake", "numpy", "pandas", "scipy", "pyarrow", "pandera", "pydantic", "PyYAML", "matplotlib",
    "seaborn", "Jinja2", "torch", "transformers", "tokenizers", "safetensors", "huggingface-hub",
)  # fmt: skip
JOB_FACTS = ("model", "population", "revision", "identity", "python", "versions")


def write_provenance(
    *, study: dict[str, Any], models: Models, manifests: Sequence[Path], output: Path
) -> None:
    """Write what is needed to repeat the study, as JSON.

    It has no names of hosts or users, no absolute paths, no environment variables and no secrets.

    Args:
        study: the full configuration, as plain data.
        models: registry entries as plain data, by name.
        manifests: the inference jobs' manifests.
        output: the JSON document.

    Raises:
        StudyError: a manifest can't be read, or the file can't be written.
    """
    document = impersonal(provenance(study, models, manifests))
    text = json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n"
    write_whole(output, lambda t: t.write_bytes(text.encode("utf-8", "replace")))


def provenance(study: dict[str, Any], models: Models, manifests: Sequence[Path]) -> dict[str, Any]:
    """Return what `write_provenance` writes."""
    jobs = read_manifests(manifests)
    return {
        "study": study,
        "models": {n: dict(e) | {"kind": kind(e)} for n, e in models.items()},
        "jobs": [{fact: job.get(fact) for fact in JOB_FACTS} for job in jobs],
        "versions": versions(),
        "platform": {"system": platform.system(), "machine": platform.machine()},
        "digests": {
            "study": digest(study),
            "models": {n: digest(dict(e)) for n, e in models.items()},
            "manifests": {
                f"{job.get('model')} × {job.get('population')}": _file_digest(path)
                for job, path in zip(jobs, manifests, strict=True)
            },
        },
    }


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


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
