"""Do respondents act on their values: the link of each value with each task, one panel a model."""

import math
from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from holdfast.report.figure_parts.family_colours import family_colours
from holdfast.report.figure_parts.figure_style import (
    BAND,
    INK,
    MUTED,
    SMALL,
    Layout,
    add_footnote,
    add_legend,
    foot,
    name_panel,
    panel_figure,
    text_width,
)
from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.figure_parts.tooltips import add_point, said
from holdfast.report.wording.estimate_selection import (
    in_order,
    of_panel,
    panels,
    said_below,
    scenes,
)
from holdfast.report.wording.model_labels import Models, footnote_of, kind, said_kind
from holdfast.report.wording.text_format import one_line
from holdfast.stability.measures.behaviour_link import link_parts

COLUMNS = 3
ALL = "all together"
GROUP_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Of Okabe and Ito, for the groups in turn."""


def link_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return the links pooled over contexts and replicates: a row a scene, model, value and group."""
    e = estimates
    own = e[e["quantity"].eq("value_behaviour_link") & e["context_a"].eq("")]
    own = own[own["model"].isin(list(models))]
    parts = pd.DataFrame(
        [link_parts(name) for name in own["value"]], columns=["questionnaire", "value", "part"],
        index=own.index,
    )  # fmt: skip
    table = own.drop(columns="value").join(parts)
    table["kind"] = [kind(models[m]) for m in table["model"]]
    return in_order(table[columns("links")], scenes(table), model=models)


def link_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `link_table` made."""
    shown, rows, note = panels(table, "model"), _row_labels(table), footnote_of(table["kind"])
    groups = [p for p in dict.fromkeys(table["part"]) if p]
    colours = {g: GROUP_COLOURS[i % len(GROUP_COLOURS)] for i, g in enumerate(groups)}
    names = max((text_width(label, SMALL) for label in rows.values()), default=0.0)
    layout = Layout(
        rows=max(1, math.ceil(len(shown) / COLUMNS)), columns=COLUMNS, height=4.4 * max(4, len(rows)),
        left=min(45.0, names) + 3, right=3, top=14 + 3.6 * math.ceil((1 + len(groups)) / 6),
        bottom=9 + foot(note), across=4, down=13,
    )  # fmt: skip
    figure, axes = panel_figure(layout, len(shown), sharex=True)
    for i, (ax, panel) in enumerate(zip(axes, shown, strict=True)):
        own = of_panel(table, "model", panel)
        _draw_panel(ax, own, list(rows), colours)
        _finish(ax, rows, i % COLUMNS == 0, i + COLUMNS >= len(shown))
        below = said_below(_said(own), panel[0], scenes(table))
        name_panel(ax, one_line(panel[1]), below, layout.panel)
    add_legend(figure, _handles(colours), columns=6)
    add_footnote(figure, note)
    return figure


def _row_labels(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return every questionnaire's values with their labels; the questionnaire's name if there are several."""
    found = list(dict.fromkeys(zip(table["questionnaire"], table["value"], strict=True)))
    several = len({q for q, _ in found}) > 1
    return {(q, v): one_line(f"{v} ({q})" if several else v) for q, v in found}


def _said(rows: pd.DataFrame) -> str:
    """Return what is said below a model's name: its kind, and how many correlations are undefined."""
    undefined = int(rows.loc[rows["part"].eq(""), "undefined"].sum())
    words = [str(rows["kind"].iloc[0]), *([f"{undefined} undefined"] if undefined else [])]
    return " · ".join(w for w in words if w)


def _draw_panel(
    ax: Axes, rows: pd.DataFrame, places: list[tuple[str, str]], colours: Mapping[str, str]
) -> None:
    """Draw one model in one task: a dot with its interval for all groups together, and one each."""
    colour = family_colours(rows["family"])[str(rows["family"].iloc[0])]
    whole, label = rows["part"].eq(""), said_kind(rows)[0]
    sd = float(rows.loc[whole, "null_sd"].max())
    if not math.isnan(sd):
        ax.axvspan(-2 * sd, 2 * sd, facecolor=BAND, edgecolor="none", zorder=0)
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=1)
    for row in rows.to_dict("records"):
        y = places.index((row["questionnaire"], row["value"]))
        if pd.notna(row["estimate"]) and row["part"]:
            ax.plot(row["estimate"], y + 0.25, "o", color=colours[row["part"]], markersize=2)
            add_point(
                ax, row["estimate"], y + 0.25, label, f"{row['value']}, {row['part']}", said(row)
            )
        elif pd.notna(row["estimate"]):
            ax.hlines(y - 0.12, row["lower"], row["upper"], color=colour, linewidth=1.2)
            ax.plot(row["estimate"], y - 0.12, "o", color=colour, markersize=3.8, zorder=3)
            add_point(ax, row["estimate"], y - 0.12, label, row["value"], said(row))
        elif not row["part"]:
            ax.text(0, y, "not estimable", size=SMALL, style="italic", color=INK, ha="center",
                    va="center")  # fmt: skip


def _finish(ax: Axes, rows: Mapping[tuple[str, str], str], left: bool, bottom: bool) -> None:
    """Name the values at the left and the scale at the bottom of the grid only."""
    ax.set_xlim(-1.03, 1.03)
    ax.set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "−.5", "0", ".5", "1"])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)), list(rows.values()))
    ax.tick_params(axis="y", length=0, labelleft=left)
    ax.tick_params(axis="x", labelbottom=bottom)
    if bottom:
        ax.set_xlabel("correlation of value and behaviour", fontsize=SMALL)
    sns.despine(ax=ax, left=True)


def _handles(colours: Mapping[str, str]) -> list[Line2D]:
    """Return what the legend needs of the dots."""
    whole = Line2D([], [], color=INK, marker="o", markersize=4, linewidth=1.2, label=ALL)
    groups = [
        Line2D([], [], linestyle="", marker="o", markersize=2.5, color=c, label=one_line(g))
        for g, c in colours.items()
    ]
    return [whole, *groups]
