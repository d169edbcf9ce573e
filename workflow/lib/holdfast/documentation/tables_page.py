"""The dictionary of all tables, docs/tables.md, made from their schemas.

`python -m holdfast.documentation.tables_page > docs/tables.md` writes it anew.
"""

from typing import Any

from holdfast.report.figure_parts.figure_tables import NUMBERS, TABLES, TEXTS
from holdfast.tables.schemas import SCHEMAS

_HEAD = """\
# Tables

<!-- Made by holdfast.documentation.tables_page from tables/schemas.py; edit that instead. -->

Every column of every table of a study. Tables are Parquet in long form; `estimates` and `comparisons` are also
CSV; `checks` is CSV alone. What each table's row is, and where it comes from, tells
[architecture.md](architecture.md#tables). The tables behind the [figures](#figures) are CSV.
"""
_FIGURES = """
## figures

The table behind a figure is `figures/NAME.csv`. A figure is drawn from it alone;
[reading.md](reading.md#tables-for-a-text) tells how. Columns that figures share mean the same in all.

| figure | columns |
| --- | --- |
"""
_KINDS = {"int64": "whole number", "Int64": "whole number", "float64": "number", "object": "list"}


def data_dictionary() -> str:
    """Return Markdown with every column of every table: its kind, whether it may be empty, its meaning."""
    return _HEAD + "".join(_section(name) for name in SCHEMAS) + _figures()


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


def _figures() -> str:
    """Return which columns each figure's table has, and what they mean."""
    lines = [f"| {name} | " + ", ".join(f"`{c}`" for c in TABLES[name]) + " |" for name in TABLES]
    lines += ["", "| column | kind | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{column}` | text | {meaning} |" for column, meaning in TEXTS.items()]
    lines += [f"| `{column}` | number | {meaning} |" for column, meaning in NUMBERS.items()]
    return _FIGURES + "\n".join(lines) + "\n"


def _kind(column: Any) -> str:
    return _KINDS.get(str(column.dtype), "text")


if __name__ == "__main__":
    print(data_dictionary(), end="")
