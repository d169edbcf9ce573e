"""Topics of the conversations."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from holdfast.errors import StudyError, unknown
from holdfast.yaml_and_csv import Strict, read_csv

NEUTRAL = "none"


class Topic(Strict):
    """One row of resources/topics/topics.csv."""

    topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
    domain: str
    opening: str


def read_topics(path: Path) -> dict[str, Topic]:
    """Return the topics of a file by their names.

    Raises:
        StudyError: a row does not fit, or a topic stands there twice.
    """
    topics: dict[str, Topic] = {}
    for row in read_csv(path, Topic):
        if row.topic in topics or row.topic == NEUTRAL:
            why = (
                "is reserved for no conversation" if row.topic == NEUTRAL else "stands there twice"
            )
            raise StudyError(f"{path}: the topic '{row.topic}' {why}.")
        topics[row.topic] = row
    return topics


def choose_topics(path: Path, names: list[str]) -> list[Topic]:
    """Return the named topics of a file, in the study's order."""
    topics = read_topics(path)
    for name in names:
        if name not in topics:
            raise unknown(str(path), "contexts.topics", name, topics)
    return [topics[name] for name in names]
