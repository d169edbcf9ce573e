"""Reading what users write: YAML documents and CSV tables, checked against a typed model."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from holdfast.errors import StudyError, from_validation, nearest


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
csv.field_size_limit(2**24)  # characters of one cell; Python's own limit is 131072


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
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        beside = sorted(p.name for p in path.parent.glob("*") if p.is_file())
        hint = f" {nearest(path.name, beside)}" if beside else ""
        raise StudyError(f"{path}: there is no such file.{hint}") from None
    except UnicodeDecodeError as e:
        line = e.object[: e.start].count(b"\n") + 1
        raise StudyError(
            f"{path}: line {line}: not UTF-8 text (byte 0x{e.object[e.start]:02x}). Save the file as UTF-8."
        ) from None
    except OSError as e:
        raise StudyError(f"{path}: can't be read: {e.strerror}.") from None


def read_mapping(path: Path) -> dict[str, Any]:
    """Return a YAML file's top-level mapping, as it stands.

    Raises:
        StudyError: no such file, no valid YAML, or no mapping with text keys.
    """
    try:
        data = yaml.load(read_text(path), Loader=_UniqueKeys)
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
    """Return a CSV file's rows as typed documents; empty cells count as missing.

    Raises:
        StudyError: as `read_text`; a column is unknown or missing, or a row does not fit.
    """
    reader = csv.reader(io.StringIO(read_text(path)), strict=True)
    rows = _records(path, reader)
    _, header = next(rows, (0, []))
    _check_header(path, header, model)
    documents = []
    for line, cells in rows:
        if len(cells) != len(header):
            raise StudyError(
                f"{path}: line {line}: {len(cells)} cells, but the header has {len(header)}. "
                "A text with a comma must stand in double quotes."
            )
        filled = {k: v for k, v in zip(header, cells, strict=True) if v.strip()}
        documents.append(check(model, filled, f"{path}: line {line}"))
    if not documents:
        raise StudyError(f"{path}: has no rows below its header.")
    return documents


def _records(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as e:
        raise StudyError(f"{path}: line {line}: not a valid CSV row: {e}.") from None


def _check_header(path: Path, header: list[str], model: type[BaseModel]) -> None:
    fields = model.model_fields
    for name in header:
        if name not in fields:
            raise StudyError(f"{path}: unknown column '{name}'. {nearest(name, fields)}")
    if twice := {n for n in header if header.count(n) > 1}:
        raise StudyError(f"{path}: the column '{twice.pop()}' is given twice.")
    if missing := [n for n, f in fields.items() if f.is_required() and n not in header]:
        raise StudyError(f"{path}: the column '{missing[0]}' is missing.")


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
