"""The dictionary of all tables, docs/tables.md, made from their schemas.

`python -m holdfast.documentation.tables_page > docs/tables.md` writes it anew.
"""

from holdfast.report.dataset.dataset_card import column_table
from holdfast.report.dataset.tidy_columns import ROWS_ARE
from holdfast.report.dataset.tidy_columns import TABLES as TIDY
from holdfast.report.figure_parts.figure_tables import NUMBERS, TABLES, TEXTS
from holdfast.tables.schemas import SCHEMAS, Column

_HEAD = """\
# Tables

<!-- Made by holdfast.documentation.tables_page from tables/schemas.py; edit that instead. -->

For readers who analyse a study's tables themselves. The page lists every column of every table, and
[a notebook](tables.ipynb) reads some of them. Tables are in long form and are Parquet files. `estimates`,
`comparisons` and `power` are also written as CSV; `checks`, `designs` and the tables behind the
[figures](#figures) are CSV only. [architecture.md](architecture.md#tables) says what one row of each table
is, and [results/README.md](../results/README.md) says where each table is.

`leaderboard.csv` has one row for each model, population and instrument. It repeats the pooled rows of
`estimates` as columns: `rank_order`, `rank_order_unbiased`, `ipsative` and `fidelity`, each with the endings
`_lower`, `_upper`, `_se`, `_undefined`, `_null_mean`, `_null_sd` and `_status`. With `structure: true` it
also has the scores of [methods.md](methods.md#7-structure-and-validity): `cardinal` and `ordinal`, with
`scores_status` (`ok`, `improper_fits` or `missing_columns`), and both by the original's rule, with the
ending `_compat`.
"""
_FIGURES = """
## figures

Each figure is drawn from its table, `figures/NAME.csv`, and from nothing else;
[reading.md](reading.md#tables-for-a-text) shows how to draw it again. A column has the same meaning in all
figures.

| figure | columns |
| --- | --- |
"""
_DATASET = """
## dataset

The tables that `snakemake dataset` writes for [other tools](dataset.md). An empty cell is a missing value.
"""
_KINDS = {"int64": "whole number", "Int64": "whole number", "float64": "number", "object": "list"}


def data_dictionary() -> str:
    """Return Markdown with every column of every table: its kind, whether it may be empty, its meaning."""
    return _HEAD + "".join(_section(name) for name in SCHEMAS) + _figures() + _dataset()


def _section(name: str) -> str:
    rows = [
        f"\n## {name}\n",
        "| column | kind | may be empty | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for column, about in SCHEMAS[name].items():
        empty = "yes" if about.nullable else "no"
        cells = [f"`{column}`", _kind(about), empty, about.description]
        rows.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(rows) + "\n"


def _figures() -> str:
    """Return which columns each figure's table has, and what they mean."""
    lines = [f"| {name} | " + ", ".join(f"`{c}`" for c in TABLES[name]) + " |" for name in TABLES]
    lines += ["", "| column | kind | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{column}` | text | {meaning} |" for column, meaning in TEXTS.items()]
    lines += [f"| `{column}` | number | {meaning} |" for column, meaning in NUMBERS.items()]
    return _FIGURES + "\n".join(lines) + "\n"


def _dataset() -> str:
    """Return the columns of the tidy tables; those of observations that answers have are not repeated."""
    parts = [_DATASET]
    for name, columns in TIDY.items():
        own = {
            c: a for c, a in columns.items() if name != "observations" or c not in TIDY["answers"]
        }
        parts.append(f"\n### {name}\n\nOne row is {ROWS_ARE[name]}.\n\n{column_table(own)}")
    return "".join(parts) + "\nIts other columns are those of `answers`.\n"


def _kind(column: Column) -> str:
    return _KINDS.get(column.dtype, "text")


if __name__ == "__main__":
    print(data_dictionary(), end="")
