"""A figure's files: the table behind it, and the pictures that are drawn from that table alone."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from holdfast.atomic_writes import write_whole
from holdfast.report.figure_parts.figure_style import figure_style, save_picture, stem_of
from holdfast.report.figure_parts.figure_tables import read_figure_table


def write_figure(draw: Callable[[pd.DataFrame], Figure], table: pd.DataFrame, output: Path) -> None:
    """Write a figure's CSV, and then its SVG and PNG from what the CSV holds.

    Args:
        draw: makes the figure from its table.
        table: with the columns that `figure_tables` names for it.
        output: one of the pictures; the other and the CSV go beside it.

    Raises:
        StudyError: a file can't be written.
    """
    stem = stem_of(output)
    csv = stem.with_name(f"{stem.name}.csv")
    write_whole(csv, lambda t: table.to_csv(t, index=False, lineterminator="\n"))
    _, shown = read_figure_table(csv)
    with figure_style():
        figure = draw(shown)
        for ending in ("svg", "png"):
            save_picture(figure, stem.with_name(f"{stem.name}.{ending}"))
