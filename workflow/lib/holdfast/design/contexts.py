"""Contexts: what precedes the questionnaire, a conversation, a preset text or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.design.facets.facets import Crossing, Levels, at_first, crossed
from holdfast.design.topics import NEUTRAL
from holdfast.tables.table_files import write_table

HUMAN, PERSONA = "human", "persona"
"""Who the interlocutor is: a human who uses a chatbot, or another persona of the respondent's population."""

Row = dict[str, Any]


def context_rows(
    topics: Sequence[Mapping[str, str]], messages: int, neutral: bool, also_after: Sequence[int] = (),
    nested: bool = True, texts: Sequence[Mapping[str, str]] = (), reasoning: Sequence[int] = (0,),
    facets: Levels | None = None, crossing: Crossing = "full",
) -> list[Row]:  # fmt: skip
    """Return one row a context, the neutral one first if asked for, texts last.

    Contexts at other levels of facets follow, as `holdfast.design.facets.facets.crossed` has them.

    With all its messages and reasoning a context has the name of its setting: TOPIC, TOPIC+INTERLOCUTOR where
    the interlocutor is no human, or the text's name. After fewer messages @MESSAGES is added to it, after
    fewer reasoning turns @rTURNS. The columns `interlocutor`, `text` and `reasoning` are there in studies
    that use them.

    Args:
        topics: rows with `topic`, `domain`, `opening`, and `interlocutor` where it is no human.
        messages: messages after the opening one.
        neutral: whether the context without a conversation belongs to the study.
        also_after: other numbers of messages.
        nested: are fewer messages or reasoning turns the beginning of the same conversation?
        texts: rows with `text`, its kind's name, `domain`, `opening`.
        reasoning: numbers of reasoning turns.
        facets: levels of each facet; None: none has several.
        crossing: which levels are combined.
    """
    used = _used(topics, texts, reasoning)
    rows = []
    if neutral:
        none = dict.fromkeys(("topic", "domain", "opening", "conversation"), "")
        rows.append(used | none | {"context": NEUTRAL, "messages": 0})
    talks = [(t, sorted({*also_after, messages})) for t in topics]
    given = [({"topic": "", **t}, [1]) for t in texts]  # the one message acknowledges the text
    for about, lengths in [*talks, *given]:
        name = setting(about) or about["topic"]
        for n in lengths:
            for r in sorted(reasoning):
                after = f"@{n}" * (n != lengths[-1]) + f"@r{r}" * (r != max(reasoning))
                length = {"messages": n} | ({"reasoning": r} if "reasoning" in used else {})
                held = {"context": name + after, "conversation": name if nested else name + after}
                rows.append(used | dict(about) | length | held)
    return crossed(rows, facets or {}, crossing)


def _used(
    topics: Sequence[Mapping[str, str]], texts: Sequence[Any], reasoning: Sequence[int]
) -> Row:
    """Return the columns that not every study has, as they are in a row that has nothing for them."""
    met = {"interlocutor": ""} if any("interlocutor" in t for t in topics) else {}
    return met | ({"text": ""} if texts else {}) | ({"reasoning": 0} if max(reasoning) else {})


def setting(row: Mapping[str, Any]) -> str:
    """Return the name of what is another one for each respondent in a context; empty: nothing is.

    Args:
        row: from `context_rows`.
    """
    if row.get("text"):
        return str(row["text"])
    return f"{row['topic']}+{row['interlocutor']}" if row.get("interlocutor") else ""


def settings(rows: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the settings of a study, each with its first row."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if name := setting(row):
            found.setdefault(name, row)
    return found


def generated_messages(row: Mapping[str, Any]) -> int:
    """Return how many messages a model writes in a context; what is given is not counted."""
    said = 0 if row.get("text") else int(row["messages"])
    return said + int(row.get("reasoning", 0))


def conversation_messages(rows: Iterable[Mapping[str, Any]]) -> int:
    """Return how many messages one respondent's conversations have in one replicate, shared ones once."""
    longest: dict[str, int] = {}
    for row in rows:
        held = str(row["conversation"])
        longest[held] = max(longest.get(held, 0), generated_messages(row))
    return sum(longest.values())


def observed_contexts(rows: Sequence[Row], turns: Sequence[int] | None = None) -> list[Row]:
    """Return the contexts with something for an observer to read: a conversation that is no preset text.

    Where facets let the same conversation be followed by questionnaires in several forms, it is read once.

    Args:
        rows: from `context_rows`.
        turns: first and last turn that the observer is shown; None: all.
    """
    own = [row for row, first in zip(rows, at_first(rows), strict=True) if first]
    return [row for row in own if not row.get("text") and _speaks(row, turns)]


def _speaks(row: Row, turns: Sequence[int] | None) -> bool:
    """Tell whether the respondent, whose turns are odd, says something within some turns."""
    end = int(row["messages"]) + 2 * int(row.get("reasoning", 0))
    first, last = turns or (0, end)
    return any(turn % 2 for turn in range(first, min(last, end) + 1))


def write_contexts(rows: Sequence[Row], output: Path) -> None:
    """Write the design table of contexts; `rows`: from `context_rows`."""
    write_table(pd.DataFrame(rows), "contexts", output)
