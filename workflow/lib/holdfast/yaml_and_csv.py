"""Reading what users write: YAML documents and CSV tables, checked against a typed model."""

import hashlib
import json
from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from holdfast.errors import StudyError, from_validation, nearest, not_utf8, shown
from holdfast.spreadsheets import read_sheet


class Strict(BaseModel):
    """Base of every document model: a key that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        kind = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, bool) and {int, float} & {kind, *get_args(kind)}:
            raise ValueError("must be a number; true, false, yes, no, on and off are not numbers")
        return value


Document = TypeVar("Document", bound=BaseModel)


class _UniqueKeys(yaml.SafeLoader):
    """A YAML loader that refuses a key given twice (the last would win silently)."""

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key in (k for k, _ in node.value if isinstance(k, yaml.ScalarNode)):
            if key.value in seen:
                problem = f"the key '{key.value}' is given twice"
                raise yaml.composer.ComposerError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return node


def read_text(path: Path) -> str:
    """Return a file's text.

    Raises:
        StudyError: the file is missing, can't be read, or is not UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise not_utf8(path, e) from None


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        StudyError: the file is missing, or can't be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        beside = sorted(p.name for p in path.parent.glob("*") if p.is_file())
        hint = f" {nearest(path.name, beside)}" if beside else ""
        raise StudyError(f"{path}: there is no such file.{hint}") from None
    except OSError as e:
        raise StudyError(f"{path}: can't be read: {e.strerror}.") from None


@lru_cache(maxsize=64)
def _parsed(text: str) -> Any:
    """Return what a YAML document holds; a process reads some files often, and parsing is slow."""
    return yaml.load(text, Loader=_UniqueKeys)


def read_mapping(path: Path) -> dict[str, Any]:
    """Return a YAML file's top-level mapping, as it stands.

    Raises:
        StudyError: no such file, no valid YAML, or no mapping with text keys.
    """
    try:
        data = deepcopy(_parsed(read_text(path)))
    except (yaml.YAMLError, ValueError, RecursionError) as e:
        mark = getattr(e, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(e, "problem", None) or str(e).splitlines()[0]
        raise StudyError(f"{path}: {line}not valid YAML: {problem}.") from None
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(isinstance(k, str) for k in data):
        raise StudyError(f"{path}: must be a mapping of names to values, as in 'seed: 1'.")
    return data


def check(model: type[Document], data: object, where: Path | str) -> Document:
    """Return the data as a typed document.

    Raises:
        StudyError: naming the file, the key, the value seen and what is allowed.
    """
    try:
        return model.model_validate(data)
    except ValidationError as e:
        raise from_validation(e, where, model) from None


def read_yaml(path: Path, model: type[Document]) -> Document:
    """Return a YAML file as a typed document; raise StudyError as `read_mapping` and `check`."""
    return check(model, read_mapping(path), path)


def read_csv(path: Path, model: type[Document]) -> list[Document]:
    """Return a CSV file's rows as typed documents; errors as `read_rows`."""
    return [row for _, row in read_rows(path, model)]


def read_rows(path: Path, model: type[Document]) -> list[tuple[int, Document]]:
    """Return a CSV file's rows as typed documents, each with its line; empty cells count as missing.

    Raises:
        StudyError: the file is missing, can't be read or is no table as `read_sheet` reads them; or a row
            does not fit, with its line, the column, the value seen and what is allowed.
    """
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    rows = []
    for line, cells in read_sheet(path, read_bytes(path), model.model_fields, required):
        if empty := [f"'{name}'" for name in required if name not in cells]:
            those = "the column" if len(empty) == 1 else "the columns"
            said = f"{those} {' and '.join(empty)} must not be empty"
            raise StudyError(f"{path}: line {line}: {said}. The row begins with {_begin(cells)}.")
        rows.append((line, check(model, cells, f"{path}: line {line}")))
    return rows


def _begin(cells: dict[str, str]) -> str:
    """Return the first filled cell of a row, for a message; every row has one."""
    name, cell = next(iter(cells.items()))
    return f"{shown(cell)} in the column '{name}'"


def lines_of_twice(names: Sequence[tuple[int, object]]) -> tuple[object, list[int]] | None:
    """Return the first name that several rows have, and their lines; None if each has its own.

    Args:
        names: of each row its line and its name.
    """
    lines: dict[object, list[int]] = {}
    for line, name in names:
        lines.setdefault(name, []).append(line)
    return next(((name, at) for name, at in lines.items() if len(at) > 1), None)


def inside(path: Path, folder: Path, where: str) -> Path:
    """Return a path, after checking that it stays inside a folder; links are followed.

    Args:
        path: what a configuration or a resource names; it need not exist.
        folder: what it must not leave.
        where: the file and key that name it, for the message.

    Raises:
        StudyError: the path leads out of the folder, or can't be a path.
    """
    try:
        stays = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as e:
        raise StudyError(f"{where}: {str(path)!r} can't be a path: {e}.") from None
    if not stays:
        raise StudyError(
            f"{where}: '{path}' leads out of the folder '{folder.resolve()}'. "
            "Copy the file into it; links are followed."
        )
    return path


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest(data: object) -> str:
    """Return a short hash of plain data (mappings, lists, texts, numbers); key order is no matter."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
    return text_digest(text)[:16]
