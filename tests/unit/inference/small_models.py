"""Backends of small saved models."""

from pathlib import Path
from typing import Any

from holdfast.inference.miniatures import ARCHITECTURES
from holdfast.inference.registry import Entry
from holdfast.inference.transformers_backend import TransformersBackend


def backend_of(family: str, folder: Path, **model: Any) -> TransformersBackend:
    """Return the backend of a saved model."""
    about = {"path": str(folder), "system_role": ARCHITECTURES[family].system_role} | model
    entry = Entry.model_validate({"model": about, "deployment": {"backend": "transformers"}})
    return TransformersBackend(family, entry, "0" * 40, cores=1)
