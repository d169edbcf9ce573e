"""Items that differ in a few words: a template, filled from the columns of a table."""

import string
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, create_model

from holdfast.errors import StudyError
from holdfast.yaml_and_csv import Strict, read_rows


def read_filled(path: Path, template: str, table: Path) -> list[tuple[int, int, str]]:
    """Return line, number and text of every item: the template, filled from a row of the table.

    Args:
        path: the instrument's file, for messages.
        template: a text with {column} for each column of the table but `item`.
        table: a CSV with the column `item` and exactly those that the template names.

    Raises:
        StudyError: the template names no column or can't be filled, or the table does not fit it.
    """
    names = _names(path, template)
    kind: Any = Annotated[str, Field(min_length=1)]
    fields: dict[str, Any] = {"item": (int, Field(ge=1)), **dict.fromkeys(names, (kind, ...))}
    read = read_rows(table, create_model("Row", __base__=Strict, **fields))
    rows = [(line, row.model_dump()) for line, row in read]
    return [(line, row["item"], template.format(**row)) for line, row in rows]


def _names(path: Path, template: str) -> list[str]:
    """Return the columns that a template names, in their order."""
    example = "Allowed: a text with columns of the file of items, as in 'You meet {name}.'"
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as e:
        raise StudyError(f"{path}: template: '{template}': {e}. {example}") from None
    names = list(dict.fromkeys(name for _, name, _, _ in parts if name is not None))
    odd = [n for n in names if not n.isidentifier() or n.startswith("_") or n == "item"]
    odd += [str(name) for _, name, form, turn in parts if form or turn]
    if odd or not names:
        said = f"'{{{odd[0]}}}' can't be filled" if odd else "names no column"
        raise StudyError(f"{path}: template: '{template}': {said}. {example}")
    return names
