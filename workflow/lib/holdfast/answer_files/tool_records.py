"""Records of any tool: fields within fields, found by their names."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holdfast.errors import StudyError, nearest, shown

DEEPEST = 4  # levels of fields that a message lists


@dataclass(frozen=True)
class Record:
    """What a tool wrote down at once.

    Attributes:
        where: file and place, for messages.
        fields: what it has, as the tool calls it.
        likelihoods: log-likelihoods of the options, in the order shown; empty: the answer is a text.
        status: what became of the answer: ok, failed or filtered.
    """

    where: str
    fields: Mapping[str, Any]
    likelihoods: list[float] = field(default_factory=list)
    status: str = "ok"


@dataclass(frozen=True)
class ToolFile:
    """A file's records.

    Attributes:
        path: the file.
        tool: which tool wrote it, with its version where that is told.
        records: in the file's order.
    """

    path: Path
    tool: str
    records: list[Record]


def field_of(record: Record, name: str, why: str) -> Any:
    """Return a field of a record.

    Args:
        record: where it is looked for.
        name: its name; a dot goes into a field.
        why: the file and key that name it, for the message.

    Raises:
        StudyError: there is no such field.
    """
    found, value = _inside(record.fields, name)
    if not found:
        hint = nearest(name, _names(record.fields))
        raise StudyError(f"{record.where}: there is no field '{name}', which {why} names. {hint}")
    return value


def has_field(record: Record, name: str) -> bool:
    """Tell whether a record has a field."""
    return _inside(record.fields, name)[0]


def _inside(fields: Any, name: str) -> tuple[bool, Any]:
    if not isinstance(fields, Mapping):
        return False, None
    if name in fields:
        return True, fields[name]
    for at, mark in enumerate(name):
        if mark == "." and name[:at] in fields:
            found, value = _inside(fields[name[:at]], name[at + 1 :])
            if found:
                return True, value
    return False, None


def _names(fields: Mapping[str, Any], depth: int = 1) -> Iterator[str]:
    for name, value in fields.items():
        if isinstance(value, Mapping) and value and depth < DEEPEST:
            yield from (f"{name}.{inner}" for inner in _names(value, depth + 1))
        else:
            yield str(name)


def split_fields(record: Record, split: Mapping[str, str], why: str) -> Record:
    """Return a record with the parts of a field's text as fields of their own.

    Args:
        record: the record.
        split: for each field a text with the parts' names in braces: {respondent}/{context}.
        why: the file and key that say so.

    Raises:
        StudyError: there is no such field, or its text is not of this form.
    """
    more: dict[str, str] = {}
    for name, pattern in split.items():
        text = str(field_of(record, name, why))
        parts = re.split(r"\{(\w+)\}", pattern)
        form = "".join(f"(?P<{p}>.+?)" if n % 2 else re.escape(p) for n, p in enumerate(parts))
        if (match := re.fullmatch(form, text)) is None:
            raise StudyError(
                f"{record.where}: {name}: {shown(text)} is not of the form '{pattern}', as {why} has it."
            )
        more |= match.groupdict()
    return Record(record.where, {**record.fields, **more}, record.likelihoods, record.status)


def list_of(value: object) -> list[str]:
    """Return a list of options, also one that a CSV table holds as text; empty: it is none."""
    if isinstance(value, str):
        value = _literal(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    return [str(v).strip() for v in value] if isinstance(value, list | tuple) else []


def _literal(text: str) -> object:
    """Return what a text of JSON or of Python stands for; the text itself if it is neither."""
    for read in (json.loads, ast.literal_eval):
        try:
            found: object = read(text)
            return found
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return text
