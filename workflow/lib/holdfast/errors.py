"""What a user sees when an input is wrong: one message, no traceback."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

SLUG = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""The pattern of names that become part of a file's name."""

VARIABLE = r"^[A-Z][A-Z0-9_]*$"
"""The pattern of names of environment variables that hold a key."""


class StudyError(Exception):
    """A mistake in the study's inputs, told so that the user can mend it."""


def nearest(name: object, allowed: Iterable[object]) -> str:
    """Return a hint that names what is allowed, and the nearest valid name if there is one.

    Args:
        name: what the user wrote.
        allowed: every valid name.
    """
    names = [str(a) for a in allowed]
    close = get_close_matches(str(name), names, n=1, cutoff=0.5)
    close = close or [n for n in names if n.casefold() == str(name).strip().casefold()]
    listed = ", ".join(names[:40]) + (", …" if len(names) > 40 else "")
    return (f"Did you mean '{close[0]}'? " if close else "") + f"Allowed: {listed}."


def unknown(where: str, key: str, name: object, allowed: Iterable[object]) -> StudyError:
    """Return the error for a name that is not among the valid ones."""
    return StudyError(f"{where}: {key}: '{name}' is unknown. {nearest(name, allowed)}")


def not_utf8(path: Path, error: UnicodeDecodeError, advice: str = "") -> StudyError:
    """Return the error for a file that is no UTF-8 text, with the line and the byte.

    Args:
        path: the file.
        error: what decoding its bytes raised.
        advice: how to mend it; empty: to save it as UTF-8.
    """
    line = error.object[: error.start].count(b"\n") + 1
    byte = f"byte 0x{error.object[error.start]:02x}"
    return StudyError(
        f"{path}: line {line}: not UTF-8 text ({byte}). {advice or 'Save the file as UTF-8.'}"
    )


def shown(value: object, limit: int = 80) -> str:
    """Return a value as it can be put in a message: short, on one line."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def from_validation(
    error: ValidationError, where: Path | str, model: type[BaseModel]
) -> StudyError:
    """Turn pydantic's error into one message: file, key, value, what is allowed.

    Args:
        error: what pydantic raised.
        where: the file (and line) the data came from.
        model: the model that refused it; its fields are the valid keys.
    """
    lines = [_line(dict(e), where, model) for e in error.errors(include_url=False)]
    return StudyError("\n".join(dict.fromkeys(lines)))


def _line(error: Mapping[str, Any], where: Path | str, model: type[BaseModel]) -> str:
    location = _plain_location(error["loc"], model)
    if error["type"] == "extra_forbidden":
        *place, name = *_plain_location(error["loc"][:-1], model), error["loc"][-1]
        key = ".".join(str(p) for p in [*place, name])
        return f"{where}: unknown key '{key}'. {nearest(name, _fields(model, place))}"
    key = ".".join(str(p) for p in location)
    if error["type"] == "missing":
        return f"{where}: the key '{key}' is missing."
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = message[0].upper() + message[1:].rstrip(".")
    hint, about = "", f"{where}: {key}" if key else where
    if error["type"] == "string_pattern_mismatch" and error["ctx"]["pattern"] == VARIABLE:
        return (
            f"{about}: must be the name of an environment variable, in capital letters, as OPENAI_API_KEY. "
            "What stands there is not shown, for it may be a key."
        )
    if error["type"] in ("literal_error", "enum"):
        expected = str(error["ctx"]["expected"]).replace("' or '", "', '")
        message = "Not one of the allowed values"
        hint = " " + nearest(error["input"], [a.strip(" '") for a in expected.split(",")])
    elif error["type"] == "string_pattern_mismatch" and error["ctx"]["pattern"] == SLUG:
        hint = _slug_hint(str(error["input"]))
    elif error["type"] == "model_type":
        message = f"Must be a mapping with some of the keys {', '.join(_fields(model, location))}"
    return f"{about}: {shown(error['input'])} is not valid. {message}.{hint}"


def _slug_hint(name: str) -> str:
    """Return what a name that becomes part of a file's name may have, and the nearest such name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    near = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("._-")[:80]
    meant = f" Did you mean '{near}'?" if near else ""
    return (
        f"{meant} Allowed: letters from A to Z, digits, '.', '_' and '-'; first a letter or digit."
    )


def _plain_location(location: Sequence[str | int], model: type[BaseModel]) -> list[str | int]:
    """Drop the names that pydantic adds for the branches of a union."""
    names = {m.__name__ for m in _models(model)} | {"str", "int", "float", "bool", "none"}
    return [p for p in location if not (isinstance(p, str) and (p in names or "[" in p))]


def _models(model: type[BaseModel]) -> list[type[BaseModel]]:
    found = [model]
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found += _models(part)
    return found


def _parts(annotation: Any) -> list[Any]:
    arguments = getattr(annotation, "__args__", ())
    return [annotation] + [p for a in arguments for p in _parts(a)]


def _fields(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the valid keys at a place of the document."""
    here = [model]
    for name in path:
        if isinstance(name, int):
            continue
        fields = [m.model_fields[name] for m in here if name in m.model_fields]
        parts = [p for f in fields for p in _parts(f.annotation)]
        here = [p for p in parts if isinstance(p, type) and issubclass(p, BaseModel)] or here
    return sorted({f for m in here for f in m.model_fields})
