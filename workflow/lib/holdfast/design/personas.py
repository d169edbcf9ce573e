"""Personas: who the models play."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from holdfast.errors import SLUG, StudyError
from holdfast.languages import Language
from holdfast.yaml_and_csv import Strict, lines_of_twice, read_rows

NO_PERSONA_RESPONDENTS = 50
FORMS = ("female", "male", "neutral")


class Persona(Strict):
    """One row of resources/personas/NAME.csv; its language, which decides no answer, is in no table."""

    persona: Annotated[str, Field(pattern=SLUG, max_length=80)]
    name: str = ""
    gender: Literal["female", "male", "neutral"] = "neutral"
    description: str = ""
    group: str = ""
    source: str = ""
    language: Language | None = Field(None, exclude=True, repr=False)


class WrittenPersona(Persona):
    """A persona as it must stand in a file: with a name and a description."""

    name: str
    description: str


def read_personas(path: Path, size: int | None = None) -> list[Persona]:
    """Return the personas of a file, or its first `size`.

    Raises:
        StudyError: a row does not fit, a persona stands there twice, or there are too few.
    """
    read = read_rows(path, WrittenPersona)
    if twice := lines_of_twice([(line, row.persona) for line, row in read]):
        raise StudyError(
            f"{path}: the persona '{twice[0]}' stands there twice (lines {twice[1][0]} and {twice[1][1]}). "
            "Each persona needs an id of its own in the column 'persona'."
        )
    rows = [row for _, row in read]
    if size is not None and size > len(rows):
        raise StudyError(f"{path}: has {len(rows)} personas, but the study asks for size: {size}.")
    return [Persona(**row.model_dump(), language=row.language) for row in rows[:size]]


def no_personas(size: int | None = None) -> list[Persona]:
    """Return respondents without a persona; they differ only in option order and sampling."""
    n = size or NO_PERSONA_RESPONDENTS
    return [Persona(persona=f"respondent-{i:03d}") for i in range(1, n + 1)]
