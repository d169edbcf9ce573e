"""What the inference jobs say of themselves, in their manifests."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.errors import StudyError


def read_manifests(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the manifests of inference jobs, in the order given.

    Raises:
        StudyError: a manifest can't be read.
    """
    return [read_document(path) for path in paths]


def read_document(path: Path) -> dict[str, Any]:
    """Return a JSON document that a rule of this workflow wrote.

    Raises:
        StudyError: it can't be read, or is no mapping.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        reason = str(e).splitlines()[0]
        raise StudyError(f"{path}: can't be read: {reason}. Remove it to make it anew.") from None
    if not isinstance(data, dict):
        raise StudyError(f"{path}: must be a mapping. Remove it to make it anew.")
    return data


def answerer(manifest: Mapping[str, Any]) -> str:
    """Return who answers in a job: a model, or an observer with the model whose conversations it reads."""
    observer = manifest.get("observer")
    return f"{observer} on {manifest['observed']}" if observer else str(manifest["model"])


def job_name(manifest: Mapping[str, Any]) -> str:
    """Return what a job is called: MODEL × POPULATION, or OBSERVER on MODEL × POPULATION."""
    return f"{answerer(manifest)} × {manifest['population']}"


def asked(manifest: dict[str, Any]) -> int:
    """Return how many messages and answers a job dealt with."""
    return int(manifest["computed"]) + int(manifest["reused"])
