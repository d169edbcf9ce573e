"""Entries of people in the registry: answers that people gave, from a file in place of a model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PEOPLE_BACKEND = "table"
PEOPLE = "People"
"""The family of people, where their entry does not say."""


def with_family(given: Any) -> Any:
    """Return what an entry says, with the family of people where it is one of theirs and leaves it out."""
    reached = given.get("deployment") if isinstance(given, dict) else None
    if not isinstance(reached, dict) or reached.get("backend") != PEOPLE_BACKEND:
        return given
    about = given.get("model", {})
    return given | {"model": {"family": PEOPLE} | about if isinstance(about, dict) else about}


def of_people(backend: str, files: Mapping[str, Path | None], weights: bool) -> bool:
    """Tell whether an entry's answers are people's, from a file.

    Args:
        backend: how the entry is reached.
        files: `answers` and `mapping`, which belong to such entries alone.
        weights: whether the entry names where a model is from.

    Raises:
        ValueError: a file is missing, or does not belong there.
    """
    people = backend == PEOPLE_BACKEND
    for name, path in files.items():
        if people and path is None:
            raise ValueError(f"deployment: backend: table needs {name}: the name of a file")
        if not people and path is not None:
            raise ValueError(f"deployment: {name}: is for the backend table")
    if people and weights:
        raise ValueError(
            "model: people's answers come from the file deployment.answers: leave out repository, path and "
            "package"
        )
    return people
