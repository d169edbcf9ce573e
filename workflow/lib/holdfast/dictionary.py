"""The dictionary of all tables, docs/tables.md, made from their schemas.

`python -m holdfast.dictionary > docs/tables.md` writes it anew.
"""

from typing import Any

from holdfast.tables import SCHEMAS

_HEAD = """\
# Tables

<!-- Made by holdfast.dictionary from the schemas in tables.py; a test holds it in step. Edit these instead. -->

Every column of every table of a study. Tables are Parquet in long form; `estimates` and `comparisons` are also
CSV. What each table's row is, and where it comes from, tells [architecture.md](architecture.md#tables).
"""
_KINDS = {"int64": "whole number", "Int64": "whole number", "float64": "number", "object": "list"}


def data_dictionary() -> str:
    """Return Markdown with every column of every table: its kind, whether it may be empty, its meaning."""
    return _HEAD + "".join(_section(name) for name in SCHEMAS)


def _section(name: str) -> str:
    rows = [
        f"\n## {name}\n",
        "| column | kind | may be empty | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for column, about in SCHEMAS[name].columns.items():
        empty = "yes" if about.nullable else "no"
        cells = [f"`{column}`", _kind(about), empty, str(about.description)]
        rows.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(rows) + "\n"


def _kind(column: Any) -> str:
    return _KINDS.get(str(column.dtype), "text")


if __name__ == "__main__":
    print(data_dictionary(), end="")
