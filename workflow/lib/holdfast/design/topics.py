"""Topics of the conversations."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from holdfast.errors import SLUG, StudyError, unknown
from holdfast.languages import DEFAULT, Language
from holdfast.yaml_and_csv import Strict, lines_of_twice, read_rows

NEUTRAL = "none"


class Topic(Strict):
    """One row of resources/topics/topics.csv."""

    topic: Annotated[str, Field(pattern=SLUG, max_length=80)]
    domain: str
    opening: str
    language: Language = Field(DEFAULT, exclude=True)  # it decides no answer


def read_topics(path: Path) -> dict[str, Topic]:
    """Return the topics of a file by their names.

    Raises:
        StudyError: a row does not fit, or a topic stands there twice.
    """
    rows = read_rows(path, Topic)
    if twice := lines_of_twice([(line, row.topic) for line, row in rows]):
        raise StudyError(
            f"{path}: the topic '{twice[0]}' stands there twice (lines {twice[1][0]} and {twice[1][1]}). "
            "Each topic needs a name of its own in the column 'topic'."
        )
    if reserved := [line for line, row in rows if row.topic == NEUTRAL]:
        raise StudyError(
            f"{path}: line {reserved[0]}: the topic '{NEUTRAL}' is reserved for no conversation. "
            "Give it another name in the column 'topic'."
        )
    return {row.topic: row for _, row in rows}


def choose_topics(path: Path, names: list[str]) -> list[Topic]:
    """Return the named topics of a file, in the study's order."""
    topics = read_topics(path)
    for name in names:
        if name not in topics:
            raise unknown(str(path), "contexts.topics", name, topics)
    return [topics[name] for name in names]
