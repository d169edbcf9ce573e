"""The main figure: stability by family and model, with intervals and what random answers give."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from holdfast.report.labels import footnote_of
from holdfast.report.selection import interval_name, of_panel, panels, scene_label, scenes
from holdfast.report.stability_table import QUANTITIES
from holdfast.report.style import (
    BAND,
    FAINT,
    INK,
    MUTED,
    SMALL,
    Layout,
    add_footnote,
    add_legend,
    family_colours,
    fitted,
    foot,
    name_panel,
    panel_figure,
    text_width,
)
from holdfast.report.text import one_line

HUMANS = {
    "rank_order": {"ages 10–12": 0.569, "ages 20–28": 0.657},
    "ipsative": {"ages 10–12": 0.66, "ages 20–28": 0.59},
}
"""Stability of people's values over years (methods.md 10)."""

STEP = {"family": 1.0, "model": 0.62, "reference": 1.0}
ROW_MM = 6.2
MARKER = {"family": 34.0, "model": 9.0, "reference": 22.0}
LINE = {"family": 1.8, "model": 0.9, "reference": 1.3}


def stability_figure(table: pd.DataFrame, *, human_references: bool = False) -> Figure:
    """Return the figure of a table that `stability_table` made.

    Args:
        table: the table.
        human_references: also mark how stable people's values are over years.
    """
    shown = panels(table, "quantity")
    lines = table.drop_duplicates(["level", "name"])
    lines = lines.assign(y=_places(list(lines["level"])))
    lowest = float(lines["y"].max()) + 0.6 if len(lines) else 1.0
    note = footnote_of(table["kind"])
    layout = _layout(len(shown), lowest, _widest_label(lines), foot(note), human_references)
    figure, axes = panel_figure(layout, len(shown), sharex=True, sharey=True)
    for ax, panel in zip(axes, shown, strict=True):
        rows = of_panel(table, "quantity", panel).assign(y=list(lines["y"]))
        _draw_panel(ax, rows, panel[1], human_references, 1.0 if layout.columns == 2 else 0.4)
        label = one_line(scene_label(panel[0], scenes(table)))
        name_panel(ax, QUANTITIES[panel[1]], label, layout.panel, lift=15.0 * human_references)
    for first in range(0, len(axes), layout.columns):
        _finish(axes[first : first + layout.columns], table, lowest, lines)
    _add_legend(figure, interval_name(table), "model" in set(lines["level"]))
    add_footnote(figure, note)
    return figure


def _layout(panels: int, lowest: float, label: float, note: float, humans: bool) -> Layout:
    """Return the grid: two panels a scene, at most two scenes in a row."""
    columns = 2 if panels <= 2 else 4
    above = 10.0 + 5.5 * humans
    return Layout(
        rows=max(1, -(-panels // columns)), columns=columns, height=lowest * ROW_MM, left=label + 4,
        right=4, top=6 + above, bottom=9 + note, across=5, down=10 + above,
    )  # fmt: skip


def _widest_label(lines: pd.DataFrame) -> float:
    widths = [
        text_width(text, SMALL + 1, "bold" if b else "normal") for _, text, b in _labels(lines)
    ]
    return min(55.0, max(widths, default=0.0))


def _places(levels: Sequence[str]) -> list[float]:
    """Return the height of each row, from the top."""
    places: list[float] = []
    at, before = 0.0, ""
    for level in levels:
        gap = 0.35 if level == "reference" != before and before else 0.0
        near = 0.75 if (before, level) == ("family", "model") else STEP[level]
        at += (near if before else 0.5) + gap
        places.append(at)
        before = level
    return places


def _draw_panel(
    ax: Axes, rows: pd.DataFrame, quantity: str, human_references: bool, scale: float
) -> None:
    """Draw a panel's rows; `scale` is the size of its dots, 1 in a wide panel."""
    colours = family_colours(rows["family"])
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=1)
    if human_references:
        _mark_humans(ax, quantity)
    edges = _edges(list(rows["y"]))
    for row, (top, bottom) in zip(rows.to_dict("records"), edges, strict=True):
        about = {str(k): v for k, v in row.items()}
        _draw_null(ax, about, top, bottom)
        _draw_row(ax, about, colours[row["family"]])
    shown = rows[rows["estimate"].notna()]
    sizes = {level: size * scale for level, size in MARKER.items()}
    if len(shown):
        sns.scatterplot(
            shown, x="estimate", y="y", hue="family", palette=colours, size="level", sizes=sizes,
            linewidth=0.5 * scale, edgecolor="white", legend=False, zorder=4, ax=ax,
        )  # fmt: skip
    ax.set(ylabel="")
    ax.set_xlabel("mean Spearman correlation", fontsize=SMALL)


def _edges(places: Sequence[float]) -> list[tuple[float, float]]:
    """Return where each row begins and ends, half-way to its neighbours."""
    middle = [(a + b) / 2 for a, b in pairwise(places)]
    return list(zip([places[0] - 0.5, *middle], [*middle, places[-1] + 0.5], strict=True))


def _draw_null(ax: Axes, row: dict[str, Any], top: float, bottom: float) -> None:
    """Shade what random answers give in this row's design."""
    if pd.notna(row["null_sd"]):
        left, width = row["null_mean"] - 2 * row["null_sd"], 4 * row["null_sd"]
        band = Rectangle(
            (left, top), width, bottom - top, facecolor=BAND, edgecolor="none", zorder=0
        )
        ax.add_patch(band)


def _draw_row(ax: Axes, row: dict[str, Any], colour: str) -> None:
    """Draw a row's interval, or say why there is none; and how much was undefined."""
    y, upper = row["y"], row["upper"] if pd.notna(row["upper"]) else row["estimate"]
    undefined = ""
    if pd.notna(row["undefined"]) and row["undefined"] > 0:
        undefined = f"{int(row['undefined']):,} undefined".replace(",", "\u2009")
    if pd.isna(row["estimate"]):
        words = "not estimable" if row["status"] != "missing" else "no figures"
        raised = y - 0.16 * bool(undefined)
        ax.text(0.04, raised, words, color=INK, va="center", style="italic", size=SMALL)
        ax.text(0.04, y + 0.18, undefined, color=MUTED, va="center", size=SMALL - 1)
        return
    if pd.notna(row["lower"]):
        ax.hlines(y, row["lower"], upper, color=colour, linewidth=LINE[row["level"]], zorder=3)
    near, side = (upper, 5) if upper < 0.6 else (min(row["lower"], row["estimate"]), -5)
    ax.annotate(
        undefined, (near, y), (side, 0), textcoords="offset points", va="center", color=MUTED,
        size=SMALL - 1, ha="left" if side > 0 else "right",
    )  # fmt: skip


def _mark_humans(ax: Axes, quantity: str) -> None:
    """Mark the stability of people's values, which is over years and not over contexts."""
    marks = sorted(HUMANS[quantity].items(), key=lambda mark: mark[1])
    for side, (name, value) in zip(("right", "left"), marks, strict=True):
        ax.axvline(value, color=MUTED, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
        ax.annotate(
            f"people, {name},\nover years, not contexts", (value, 1), (-2 if side == "right" else 2, 2),
            xycoords=ax.get_xaxis_transform(), textcoords="offset points", ha=side,
            va="bottom", color=MUTED, size=SMALL - 0.5, linespacing=1.05,
        )  # fmt: skip


def _finish(row: list[Axes], table: pd.DataFrame, lowest: float, lines: pd.DataFrame) -> None:
    """Give a row's panels the same scale, labels at the left, and nothing that the eye does not need."""
    ends = [table["lower"], table["estimate"], table["null_mean"] - 2 * table["null_sd"]]
    smallest = min([e.min() for e in ends if e.notna().any()], default=0.0)
    left = max(-1.02, min(-0.1, smallest - 0.05))
    step = 0.2 if len(row) == 2 else 0.5
    for ax in row:
        ax.set_xlim(left, 1.03)
        ax.set_ylim(lowest, 0)
        ax.set_xticks([t for i in range(-5, 6) if left <= (t := round(i * step, 1)) <= 1])
        ax.grid(axis="x", color=FAINT, linewidth=0.4, zorder=0)
        ax.set_axisbelow(True)
        ax.tick_params(axis="y", length=0, labelleft=ax is row[0], pad=3)
        ax.tick_params(axis="x", labelbottom=True)
        sns.despine(ax=ax, left=True)
    _label_rows(row[0], lines)


def _labels(lines: pd.DataFrame) -> list[tuple[float, str, bool]]:
    """Return (height, text, bold): families and references with their note below, models in one line."""
    labels: list[tuple[float, str, bool]] = []
    for y, level, name, note in lines[["y", "level", "name", "note"]].itertuples(index=False):
        if level == "model":
            labels.append((y, one_line(name) + (f" · {note}" if note else ""), False))
        else:
            labels += [(y - 0.16, one_line(name), True), (y + 0.26, one_line(note), False)]
    return labels


def _font(bold: bool) -> tuple[float, str]:
    """Return size and weight of a row's label."""
    return (SMALL + 1, "bold") if bold else (SMALL - 0.3, "normal")


def _label_rows(ax: Axes, lines: pd.DataFrame) -> None:
    labels = _labels(lines)
    ax.set_yticks([y for y, *_ in labels], [text for _, text, _ in labels])
    for tick, (_, text, bold) in zip(ax.get_yticklabels(), labels, strict=True):
        size, weight = _font(bold)
        tick.set(
            fontweight=weight, color=INK if bold else MUTED,
            fontsize=fitted(text, size, 55.0, weight), verticalalignment="center",
        )  # fmt: skip


def _add_legend(figure: Figure, interval: str, several: bool) -> None:
    """Say above the panels what the marks mean."""
    dot = {"linestyle": "", "marker": "o", "color": INK, "markeredgecolor": "white"}
    family = "family (mean of its models)" if several else "family (one model each) or reference"
    handles: list[Any] = [Line2D([], [], markersize=6.3, label=family, **dot)]  # type: ignore[arg-type]
    if several:
        handles.append(Line2D([], [], markersize=3.6, label="model", **dot))  # type: ignore[arg-type]
    handles += [
        Line2D([], [], color=INK, linewidth=1.5, label=interval),
        Patch(facecolor=BAND, label="random answers (mean ± 2 SD)"),
    ]
    add_legend(figure, handles, len(handles))
