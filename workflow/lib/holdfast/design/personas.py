"""Personas: who the models play."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from holdfast.errors import StudyError
from holdfast.yaml_and_csv import Strict, read_csv

NO_PERSONA_RESPONDENTS = 50
FORMS = ("female", "male", "neutral")


class Persona(Strict):
    """One row of resources/personas/NAME.csv."""

    persona: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
    name: str = ""
    gender: Literal["female", "male", "neutral"] = "neutral"
    description: str = ""
    group: str = ""
    source: str = ""


class WrittenPersona(Persona):
    """A persona as it must stand in a file: with a name and a description."""

    name: str
    description: str


def read_personas(path: Path, size: int | None = None) -> list[Persona]:
    """Return the personas of a file, or its first `size`.

    Raises:
        StudyError: a row does not fit, a persona stands there twice, or there are too few.
    """
    rows = read_csv(path, WrittenPersona)
    lines: dict[str, int] = {}
    for i, row in enumerate(rows, start=1):
        if row.persona in lines:
            raise StudyError(
                f"{path}: the persona '{row.persona}' stands there twice (rows {lines[row.persona]} "
                f"and {i}). Each persona needs an id of its own in the column 'persona'."
            )
        lines[row.persona] = i
    if size is not None and size > len(rows):
        raise StudyError(f"{path}: has {len(rows)} personas, but the study asks for size: {size}.")
    return [Persona(**row.model_dump()) for row in rows[:size]]


def no_personas(size: int | None = None) -> list[Persona]:
    """Return respondents without a persona; they differ only in option order and sampling."""
    n = size or NO_PERSONA_RESPONDENTS
    return [Persona(persona=f"respondent-{i:03d}") for i in range(1, n + 1)]
