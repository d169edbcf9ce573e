"""Do the ways of reading an answer agree: Cohen's kappa of every two readouts, model by model."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from holdfast.report.figure_parts.figure_style import (
    BAND,
    FAINT,
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
from holdfast.report.figure_parts.model_marks import Mark, mark_handles, model_marks
from holdfast.report.figure_parts.tooltips import add_point, said
from holdfast.report.wording.estimate_selection import (
    in_order,
    of_panel,
    panels,
    said_below,
    scenes,
)
from holdfast.report.wording.model_labels import Models, footnote_of, kind

NAMES = {
    "readout_kappa": ("Same answer", "Cohen's κ"),
    "readout_kappa_weighted": ("Near answer", "Cohen's κ, quadratic weights"),
}
ROW_MM, LEAST = 3.6, -0.1
FREE = 0.8
"""Right of it there is room for words, if no interval reaches there."""


def readout_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return a row a scene, measure, model and two readouts; `undefined` counts questions left out."""
    own = estimates["quantity"].isin(list(NAMES)) & estimates["model"].isin(list(models))
    table = estimates[own & estimates["context_b"].ne("")]
    table = table.assign(kind=[kind(models[m]) for m in table["model"]])
    return in_order(table[columns("readouts")], scenes(table), quantity=NAMES, model=models)


def readout_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `readout_table` made: a block a pair of readouts, a row a model."""
    shown, marks = panels(table, "quantity"), model_marks(table)
    pairs = list(dict.fromkeys(zip(table["context_a"], table["context_b"], strict=True)))
    note = footnote_of(table["kind"])
    left = max((text_width(f"{a} and {b}", SMALL) for a, b in pairs), default=0.0) + 4
    layout = Layout(
        rows=max(1, -(-len(shown) // 2)), columns=2, height=ROW_MM * max(4, (len(marks) + 1) * len(pairs)),
        left=left, right=4, top=13 + 3.6 * -(-len(marks) // 4), bottom=9 + foot(note), across=6, down=21,
    )  # fmt: skip
    figure, axes = panel_figure(layout, len(shown), sharex=True)
    for i, (ax, panel) in enumerate(zip(axes, shown, strict=True)):
        _draw_panel(ax, of_panel(table, "quantity", panel), marks, pairs)
        ax.tick_params(axis="y", length=0, labelleft=i % 2 == 0)
        name, measure = NAMES[panel[1]]
        name_panel(ax, name, said_below(measure, panel[0], scenes(table)), layout.panel)
    add_legend(figure, mark_handles(marks))
    add_footnote(figure, note)
    return figure


def _draw_panel(
    ax: Axes, rows: pd.DataFrame, marks: dict[str, Mark], pairs: list[tuple[str, str]]
) -> None:
    """Draw one measure; a row that is not there is a model without these readouts."""
    block = len(marks) + 1
    for row in rows.to_dict("records"):
        pair = (row["context_a"], row["context_b"])
        y = block * pairs.index(pair) + list(marks).index(row["model"])
        _draw_row(ax, row, y, marks[row["model"]], f"{pair[0]} and {pair[1]}")
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=1)
    middles = [block * i + (len(marks) - 1) / 2 for i in range(len(pairs))]
    ax.set_yticks(middles, [f"{a} and {b}" for a, b in pairs])
    ax.set_ylim(block * len(pairs) - 1.5, -0.5)
    ax.set_xlim(
        min(LEAST, float(rows["lower"].min())) if rows["lower"].notna().any() else LEAST, 1.03
    )
    ax.grid(axis="x", color=FAINT, linewidth=0.4)
    ax.set_axisbelow(True)
    ax.tick_params(axis="x", labelbottom=True)
    ax.set_xlabel("agreement; 0: as by chance, 1: always", fontsize=SMALL)
    sns.despine(ax=ax, left=True)


def _draw_row(ax: Axes, row: dict[Any, Any], y: int, mark: Mark, pair: str) -> None:
    """Draw one model's agreement, or say why there is none, and how many questions were left out."""
    words = {"n": row["n"]} | {
        c: row[c] for c in ("estimate", "lower", "upper", "null_mean", "null_sd")
    }
    out = f"{row['undefined']:.0f} not read" if row["undefined"] > 0 else ""
    if pd.isna(row["estimate"]):
        said_here = "not estimable" + (f", {out}" if out else "")
        ax.text(0.02, y, said_here, va="center", style="italic", size=SMALL - 0.5, color=INK)
        return
    if pd.notna(row["null_sd"]):
        low, high = (row["null_mean"] + side * 2 * row["null_sd"] for side in (-1, 1))
        ax.fill_betweenx([y - 0.5, y + 0.5], low, high, facecolor=BAND, edgecolor="none", zorder=0)
    ax.hlines(y, row["lower"], row["upper"], color=mark.colour, linewidth=1.1)
    ax.plot(row["estimate"], y, mark.shape, color=mark.colour, markersize=3.6)
    if out:
        place = 1.02 if row["upper"] < FREE else row["lower"] - 0.02
        ax.text(place, y, out, va="center", ha="right", size=SMALL - 1, color=MUTED)
    add_point(ax, row["estimate"], y, mark.label, pair, said(words), out)
