"""`holdfast figure`: a figure drawn again from the table behind it."""

import argparse
from pathlib import Path

from holdfast.commands.study_argument import HOW, add_directory
from holdfast.errors import unknown
from holdfast.study.find_study import find_path, find_results


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "table", help=f"a figure's CSV, as results/default/figures/stability.csv; or {HOW}"
    )
    parser.add_argument("--figure", default="stability", help="which figure of a study (stability)")
    parser.add_argument("--out", type=Path, required=True, help="the picture: .svg, .png or .pdf")
    add_directory(parser)


def run(given: argparse.Namespace) -> None:
    """Draw it; raise StudyError if the table is no figure's or the picture can't be written."""
    from holdfast.report.figure_jobs.all_figures import redraw  # loads the plotting libraries

    print(f"{given.out}: the figure '{redraw(_table(given), given.out)}'")


def _table(given: argparse.Namespace) -> Path:
    """Return the table behind the figure that was named."""
    if given.table.endswith(".csv"):
        return find_path(given.table)
    results = find_results(given.table, given.directory)
    tables = {p.stem: p for p in sorted((results / "figures").glob("*.csv"))}
    if given.figure not in tables:
        raise unknown(f"{results}", "--figure", given.figure, tables)
    return tables[given.figure]
