"""`holdfast figure`: a figure drawn again from the table behind it."""

import argparse
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "table", type=Path, help="a figure's CSV, as results/default/figures/stability.csv"
    )
    parser.add_argument("--out", type=Path, required=True, help="the picture: .svg, .png or .pdf")


def run(given: argparse.Namespace) -> None:
    """Draw it; raise StudyError if the table is no figure's or the picture can't be written."""
    from holdfast.report.figures.all_figures import redraw  # loads the plotting libraries

    print(f"{given.out}: the figure '{redraw(given.table, given.out)}'")
