"""The tables that real_model.py prints: one a question, in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Row = dict[str, Any]
Columns = dict[str, Callable[[Row], str]]


def _text(key: str) -> Callable[[Row], str]:
    return lambda row: str(row[key])


def _number(key: str, form: str) -> Callable[[Row], str]:
    return lambda row: "" if row[key] is None else format(row[key], form)


_MEASURED: Columns = {
    "seconds": _number("seconds", ".2f"),
    "processor s": _number("processor_s", ".2f"),
    "tokens/s": _number("tokens_per_s", ",.0f"),
    "share of the limit": _number("share_of_limit", ".0%"),
    "share by processor s": _number("share_processor", ".0%"),
    "memory, MB": _number("peak_mb", ",.0f"),
}
_APART: Columns = {"largest difference": _number("difference", ".0e")}
TABLES: dict[str, Columns] = {
    "conversations": {
        "engine": _text("engine"), **_MEASURED, "holdfast, × this": _number("ratio", ".2f"),
        "by processor s": _number("ratio_processor", ".2f"),
        "same messages": _number("same_messages", ".0%"),
    },
    "administrations": {
        "prefix": _text("prefix"), "engine": _text("engine"), **_MEASURED,
        "× plain": _number("ratio", ".1f"), "by processor s": _number("ratio_processor", ".1f"), **_APART,
    },
    "architectures": {
        "model": _text("model"), "engine": _text("engine"), **_MEASURED,
        "× copied cache": _number("ratio", ".2f"),
        "by processor s": _number("ratio_processor", ".2f"), **_APART,
    },
    "fewer bits": {
        "prefix": _text("prefix"), "answers": _text("answers"), **_APART,
        "same choices": _number("same_choices", ".1%"),
    },
}  # fmt: skip


def markdown(rows: Sequence[Row]) -> str:
    """Return the tables of all questions that the rows answer."""
    parts = []
    for question, columns in TABLES.items():
        if own := [row for row in rows if row["question"] == question]:
            lines = [list(columns), ["---"] * len(columns)]
            lines += [[column(row) for column in columns.values()] for row in own]
            table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
            parts.append(f"{question}\n\n{table}\n")
    return "\n".join(parts)
