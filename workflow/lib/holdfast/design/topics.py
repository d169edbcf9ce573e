"""Topics of the conversations, and the contexts they make."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from holdfast.documents import Strict, read_csv
from holdfast.errors import StudyError, unknown
from holdfast.tables import write_table

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


def context_rows(
    topics: Sequence[dict[str, str]], messages: int, neutral: bool, also_after: Sequence[int] = (),
    nested: bool = True,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return one row a context, the neutral one first if asked for.

    After all its messages a topic's context has the topic's name, after fewer TOPIC@MESSAGES.

    Args:
        topics: rows with `topic`, `domain`, `opening`.
        messages: messages after the opening one.
        neutral: whether the context without a conversation belongs to the study.
        also_after: other numbers of messages.
        nested: are these the beginning of the same conversation?
    """
    rows: list[dict[str, Any]] = []
    if neutral:
        none = dict.fromkeys(("topic", "domain", "opening", "conversation"), "")
        rows.append({"context": NEUTRAL, **none, "messages": 0})
    for t in topics:
        for n in sorted({*also_after, messages}):
            name = t["topic"] if n == messages else f"{t['topic']}@{n}"
            held = t["topic"] if nested else name
            rows.append({"context": name, **t, "messages": n, "conversation": held})
    return rows


def write_contexts(rows: Sequence[dict[str, Any]], output: Path) -> None:
    """Write the design table of contexts; `rows`: from `context_rows`."""
    write_table(pd.DataFrame(rows), "contexts", output)
