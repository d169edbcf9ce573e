"""Every figure by its name: how it is drawn from its table, and how that comes from the estimates."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from holdfast.report.figure_parts.figure_files import write_figure
from holdfast.report.figure_parts.figure_style import figure_style, save_picture
from holdfast.report.figure_parts.figure_tables import read_figure_table
from holdfast.report.figure_parts.stability_table import stability_table
from holdfast.report.figures.agreement_figure import agreement_figure, agreement_table
from holdfast.report.figures.circle_figure import circle_figure
from holdfast.report.figures.context_figure import (
    context_figure,
    context_table,
    domain_figure,
    domain_table,
)
from holdfast.report.figures.convergence_figure import convergence_figure, convergence_table
from holdfast.report.figures.difference_figure import difference_figure
from holdfast.report.figures.facet_figure import facet_figure, facet_table
from holdfast.report.figures.length_figure import length_figure, length_table
from holdfast.report.figures.link_figure import link_figure, link_table
from holdfast.report.figures.observer_figure import observer_figure, observer_table
from holdfast.report.figures.profile_figure import profile_figure
from holdfast.report.figures.rank_figure import rank_figure
from holdfast.report.figures.readout_figure import readout_figure, readout_table
from holdfast.report.figures.stability_figure import stability_figure
from holdfast.report.figures.trajectory_figure import draw_trajectories, trajectory_figure
from holdfast.report.figures.variance_figure import variance_figure, variance_table
from holdfast.report.wording.model_labels import Models
from holdfast.tables.table_files import read_table

DRAWN: Mapping[str, Callable[[pd.DataFrame], Figure]] = {
    "stability": stability_figure,
    "ranks": rank_figure,
    "contexts": context_figure,
    "domains": domain_figure,
    "facets": facet_figure,
    "agreement": agreement_figure,
    "variance": variance_figure,
    "profiles": profile_figure,
    "lengths": length_figure,
    "trajectories": trajectory_figure,
    "circle": circle_figure,
    "links": link_figure,
    "readouts": readout_figure,
    "observers": observer_figure,
    "convergence": convergence_figure,
    "differences": difference_figure,
}
OF_ESTIMATES: Mapping[str, Callable[[pd.DataFrame, Models], pd.DataFrame]] = {
    "stability": stability_table,
    "contexts": context_table,
    "domains": domain_table,
    "facets": facet_table,
    "agreement": agreement_table,
    "variance": variance_table,
    "lengths": length_table,
    "links": link_table,
    "readouts": readout_table,
    "observers": observer_table,
    "convergence": convergence_table,
}
"""Figures whose table comes from the table of estimates and nothing else."""


def draw_estimates(*, figure: str, estimates: Path, models: Models, output: Path) -> None:
    """Draw a figure of the estimates, and write its pictures and its table.

    Args:
        figure: its name in OF_ESTIMATES.
        estimates: the table of estimates.
        models: registry entries as plain data, by name.
        output: the figure's SVG; PNG and CSV go beside it.

    Raises:
        StudyError: the estimates can't be read, or a file can't be written.
    """
    table = OF_ESTIMATES[figure](read_table(estimates, "estimates"), models)
    write_figure(DRAWN[figure], table, output)


def draw_all_of_estimates(
    *, estimates: Path, values: Sequence[Path], models: Models, outputs: Sequence[Path]
) -> None:
    """Draw figures of the estimates and the trajectories, each named by its file.

    Args:
        estimates: the table of estimates.
        values: tables of value scores, for the trajectories.
        models: registry entries as plain data, by name.
        outputs: the figures' SVGs; PNG and CSV go beside each.

    Raises:
        StudyError: a table can't be read, or a file can't be written.
    """
    for output in outputs:
        if output.stem == "trajectories":
            draw_trajectories(values=values, estimates=estimates, models=models, output=output)
        else:
            draw_estimates(figure=output.stem, estimates=estimates, models=models, output=output)


def redraw(table: Path, output: Path) -> str:
    """Draw a figure from its CSV alone and return its name.

    Args:
        table: the CSV, whatever it is called.
        output: the picture: svg, png or pdf, by its ending.

    Raises:
        StudyError: the CSV is no figure's, or the picture can't be written.
    """
    name, shown = read_figure_table(table)
    with figure_style():
        save_picture(DRAWN[name](shown), output)
    return name
