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

from holdfast.report.figure_parts.family_colours import family_colours
from holdfast.report.figure_parts.figure_style import (
    BAND,
    FAINT,
    INK,
    MUTED,
    SMALL,
    Layout,
    add_footnote,
    add_legend,
    fitted,
    foot,
    name_panel,
    panel_figure,
    text_width,
)
from holdfast.report.figure_parts.stability_table import QUANTITIES
from holdfast.report.figure_parts.tooltips import add_point, said
from holdfast.report.wording.estimate_selection import (
    interval_name,
    like_these,
    of_panel,
    panels,
    scene_label,
    scenes,
    shown_interval,
)
from holdfast.report.wording.human_stability import NOTE
from holdfast.report.wording.model_labels import footnote_of
from holdfast.report.wording.text_format import number, one_line

STEP = {"family": 1.0, "model": 0.62, "reference": 1.0, "people": 0.62}
ROW_MM = 6.2
MARKER = {"family": 34.0, "model": 9.0, "reference": 22.0}
LINE = {"family": 1.8, "model": 0.9, "reference": 1.3, "people": 0.9}


def stability_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `stability_table` made."""
    shown = panels(table, "quantity")
    lines = table.drop_duplicates(["level", "name"])
    lines = lines.assign(y=_places(list(lines["level"])))
    lowest = float(lines["y"].max()) + 0.6 if len(lines) else 1.0
    note = footnote_of(table["kind"])
    layout = _layout(len(shown), lowest, _widest_label(lines), foot(note))
    figure, axes = panel_figure(layout, len(shown), sharex=True, sharey=True)
    for ax, panel in zip(axes, shown, strict=True):
        # people stand beside a questionnaire of the theory's ten values only
        rows = of_panel(table, "quantity", panel).merge(lines[["level", "name", "y"]])
        _draw_panel(ax, rows, 1.0 if layout.columns == 2 else 0.4)
        label = one_line(scene_label(panel[0], scenes(table)))
        name_panel(ax, QUANTITIES[panel[1]], label, layout.panel)
    step = 0.2 if layout.columns == 2 else 0.5
    for first in range(0, len(axes), layout.columns):
        _finish(axes[first : first + layout.columns], table, lowest, lines, step)
    _add_legend(figure, table)
    add_footnote(figure, note)
    return figure


def _layout(panels: int, lowest: float, label: float, note: float) -> Layout:
    """Return the grid: two panels a scene, at most two scenes in a row."""
    columns = 2 if panels <= 2 else 4
    return Layout(
        rows=max(1, -(-panels // columns)), columns=columns, height=lowest * ROW_MM, left=label + 4,
        right=4, top=20, bottom=9 + note, across=5, down=20,
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
        gap = 0.35 if level in ("reference", "people") and level != before and before else 0.0
        near = 0.75 if (before, level) == ("family", "model") else STEP[level]
        at += (near if before else 0.5) + gap
        places.append(at)
        before = level
    return places


def _draw_panel(ax: Axes, rows: pd.DataFrame, scale: float) -> None:
    """Draw a panel's rows; `scale` is the size of its dots, 1 in a wide panel."""
    colours = family_colours(rows["family"])
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=1)
    edges = _edges(list(rows["y"]))
    for row, (top, bottom) in zip(rows.to_dict("records"), edges, strict=True):
        about = {str(k): v for k, v in row.items()}
        if row["status"] == "published":
            _draw_people(ax, about, scale, "white")
            add_point(
                ax, row["estimate"], row["y"], row["name"], number(row["estimate"]), row["method"]
            )
            continue
        _draw_null(ax, about, top, bottom)
        _draw_row(ax, about, colours[row["family"]])
        _draw_ceiling(ax, about, scale)
        if row["level"] == "people":
            _draw_people(ax, about, scale, colours[row["family"]])
    shown = rows[rows["estimate"].notna() & rows["level"].ne("people")]
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
    lower, upper = shown_interval(row)
    y, upper = row["y"], upper if pd.notna(upper) else row["estimate"]
    undefined = ""
    if pd.notna(row["undefined"]) and row["undefined"] > 0:
        undefined = f"{int(row['undefined']):,} undefined".replace(",", "\u2009")
    if pd.isna(row["estimate"]):
        words = "not estimable" if row["status"] != "missing" else "no figures"
        raised = y - 0.16 * bool(undefined)
        ax.text(0.04, raised, words, color=INK, va="center", style="italic", size=SMALL)
        ax.text(0.04, y + 0.18, undefined, color=MUTED, va="center", size=SMALL - 1)
        return
    if pd.notna(lower):
        ax.hlines(y, lower, upper, color=colour, linewidth=LINE[row["level"]], zorder=3)
    near, side = (upper, 5) if upper < 0.6 else (min(lower, row["estimate"]), -5)
    ax.annotate(
        undefined, (near, y), (side, 0), textcoords="offset points", va="center", color=MUTED,
        size=SMALL - 1, ha="left" if side > 0 else "right",
    )  # fmt: skip


def _draw_ceiling(ax: Axes, row: dict[str, Any], scale: float) -> None:
    """Mark the noise ceiling, and make the row's words known."""
    ceiling = {
        "estimate": row["ceiling"],
        "lower": row["ceiling_lower"],
        "upper": row["ceiling_upper"],
    }
    told = ""
    if pd.notna(row["ceiling"]):
        ax.plot(
            row["ceiling"],
            row["y"],
            "|",
            color=INK,
            markersize=7 * scale**0.5,
            markeredgewidth=0.9,
            zorder=5,
        )
        told = f"noise ceiling {said(ceiling)}"
    x = row["estimate"] if pd.notna(row["estimate"]) else 0.04
    add_point(ax, x, row["y"], f"{row['name']} · {row['note']}", said(row), told)


def _draw_people(ax: Axes, row: dict[str, Any], scale: float, face: str) -> None:
    """Mark how stable people's values are, which is over years or waves and not over conversations."""
    ax.plot(
        row["estimate"], row["y"], "D", markersize=3.4 * scale**0.5, markerfacecolor=face,
        markeredgecolor=INK, markeredgewidth=0.7, zorder=4,
    )  # fmt: skip


def _finish(
    row: list[Axes], table: pd.DataFrame, lowest: float, lines: pd.DataFrame, step: float
) -> None:  # fmt: skip
    """Give a row's panels the same scale, labels at the left, and nothing that the eye does not need."""
    ends = [
        table["lower"],
        table["contexts_lower"],
        table["estimate"],
        table["null_mean"] - 2 * table["null_sd"],
    ]
    smallest = min([e.min() for e in ends if e.notna().any()], default=0.0)
    left = max(-1.02, min(-0.1, smallest - 0.05))
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
        if level in ("model", "people"):
            beside = f" · {note}" if note and note != NOTE else ""
            labels.append((y, one_line(name) + beside, False))
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


def _interval_words(table: pd.DataFrame) -> str:
    """Return how the intervals are called, and what they are for, if that is the same in all rows."""
    rows = table[table["estimate"].notna() & table["lower"].notna()]
    like = [like_these(row) for row in rows.to_dict("records")]
    if any(like) and not all(like):
        return interval_name(table)
    return f"{interval_name(table)}, {'contexts like these' if any(like) else 'these contexts'}"


def _add_legend(figure: Figure, table: pd.DataFrame) -> None:
    """Say above the panels what the marks mean."""
    dot: dict[str, Any] = {"linestyle": "", "marker": "o", "color": INK, "markeredgecolor": "white"}
    several = table["level"].eq("model").any()
    family = "family (mean of its models)" if several else "family (one model each) or reference"
    handles: list[Any] = [Line2D([], [], markersize=6.3, label=family, **dot)]
    if several:
        handles.append(Line2D([], [], markersize=3.6, label="model", **dot))
    handles += [
        Line2D([], [], color=INK, linewidth=1.5, label=_interval_words(table)),
        Patch(facecolor=BAND, label="random answers (mean ± 2 SD)"),
    ]
    if table["ceiling"].notna().any():
        label = "noise ceiling (two replicates of a context)"
        handles.append(
            Line2D([], [], linestyle="", marker="|", color=INK, markersize=7, label=label)
        )
    diamond: dict[str, Any] = {"linestyle": "", "marker": "D", "color": INK, "markersize": 4}
    published = table["status"].eq("published")
    if (table["level"].eq("people") & ~published).any():
        handles.append(Line2D([], [], label="people of a survey, from wave to wave", **diamond))
    if published.any():
        handles.append(Line2D([], [], markerfacecolor="white", label=f"people: {NOTE}", **diamond))
    add_legend(figure, handles, 3)
