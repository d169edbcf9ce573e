"""The circle of values: what the theory has, what the descriptions have, and what each model's answers have."""

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke

from holdfast.report.figure_parts.circle_table import read_circle_table
from holdfast.report.figure_parts.figure_files import write_figure
from holdfast.report.figure_parts.figure_style import (
    FAINT,
    MUTED,
    SMALL,
    Layout,
    add_footnote,
    add_legend,
    foot,
    name_panel,
    panel_figure,
)
from holdfast.report.figure_parts.tooltips import add_point
from holdfast.report.wording.estimate_selection import of_panel, panels, said_below, scenes
from holdfast.report.wording.model_labels import Models, footnote_of
from holdfast.report.wording.text_format import number, one_line, plus_minus
from holdfast.stability.structure.value_circle import HIGHER_ORDER, INNER, PLACES, location

COLUMNS = 4
REACH = 1.45
"""How far a panel reaches from the centre, where the circle has the radius 1."""

COLOURS = {
    "openness": "#E69F00",
    "self_enhancement": "#D55E00",
    "conservation": "#0072B2",
    "self_transcendence": "#009E73",
}
WORDS = {
    "openness": "openness to change",
    "self_enhancement": "self-enhancement",
    "conservation": "conservation",
    "self_transcendence": "self-transcendence",
}
COLOUR_OF = {v: COLOURS[h] for h, values in HIGHER_ORDER.items() for v in values}
SHORT = {v: v[:2] for v in PLACES} | {"Self-Direction": "SD"}


def draw_circle(
    *, ratings: Sequence[Path], profiles: Sequence[Path], models: Models, seed: int, permutations: int,
    output: Path,
) -> None:  # fmt: skip
    """Draw each model's configuration of the values, and write the figure and its table.

    Args:
        ratings: tables of ratings, one a model and population.
        profiles: tables of the personas' assigned profiles, one a population.
        models: registry entries as plain data, by name.
        seed: of the study, for the shuffled answers.
        permutations: how many shuffled configurations the null has.
        output: the figure's SVG; PNG and CSV go beside it.

    Raises:
        StudyError: a table can't be read, or a file can't be written.
    """
    table = read_circle_table(ratings, profiles, models, seed=seed, permutations=permutations)
    write_figure(circle_figure, table, output)


def circle_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `circle_table` made; the first panel is the theory."""
    shown, among = panels(table, "model"), scenes(table)
    note = footnote_of(table["kind"])
    layout = Layout(
        rows=math.ceil((len(shown) + 1) / COLUMNS), columns=COLUMNS, height=37, left=7, right=3,
        top=17, bottom=2 + foot(note), across=6, down=12,
    )  # fmt: skip
    figure, (theory, *axes) = panel_figure(layout, len(shown) + 1)
    _draw_theory(theory)
    name_panel(theory, "Theory", "circle of ten values", layout.panel)
    for ax, panel in zip(axes, shown, strict=True):
        rows = of_panel(table, "model", panel)
        _draw_panel(ax, rows)
        below = said_below(str(rows["kind"].iloc[0]), panel[0], among)
        name_panel(ax, one_line(panel[1]) or "Descriptions", below, layout.panel)
        ax.text(0, -REACH, _fit(rows), ha="center", va="center", size=SMALL - 0.8, color=MUTED)
    handles = [
        Line2D([], [], linestyle="", marker="o", color=COLOURS[h], markersize=4, label=word)
        for h, word in WORDS.items()
    ]
    add_legend(figure, handles)
    add_footnote(figure, note)
    return figure


def _fit(rows: pd.DataFrame) -> str:
    """Return how far a configuration is from the circle, beside that of shuffled answers, and the index."""
    row = rows.iloc[0]
    if pd.isna(row["distance"]):
        return ""
    null = f" (shuffled {plus_minus(row['null_mean'], row['null_sd'])})"
    distance = f"distance {number(row['distance'])}" + (null if pd.notna(row["null_mean"]) else "")
    index, p = row["correspondence"], row["correspondence_p"]
    said = "p < .001" if p < 0.001 else f"p = {number(p, 3)}"
    return distance + ("" if pd.isna(index) else f"\ncorrespondence {number(index)}, {said}")


def _draw_theory(ax: Axes) -> None:
    """Draw the theory's own places, with the values' names outside the circle."""
    _begin(ax)
    for value in PLACES:
        x, y = location(value)
        _label(ax, value, x, y)
        if value in INNER:
            ax.text(x, y - 0.17, value, ha="center", va="top", size=SMALL - 0.8)
            continue
        side = "center" if abs(x) < 0.2 else "left" if x > 0 else "right"
        ax.text(1.2 * x, 1.2 * y, value, ha=side, va="center", size=SMALL - 0.8)


def _label(ax: Axes, value: str, x: float, y: float) -> None:
    """Write a value's short name at a place."""
    ax.text(
        x, y, SHORT[value], color=COLOUR_OF[value], size=SMALL, weight="bold", ha="center", va="center",
        zorder=4, path_effects=[withStroke(linewidth=1.4, foreground="white")],
    )  # fmt: skip


def _draw_panel(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw one model: small dots are items, labels their values' centres, short lines lead to the theory."""
    _begin(ax)
    if rows["x"].isna().all():
        few = rows["status"].eq("too_few_respondents").all()
        why = (
            "too few respondents" if few else f"{rows['constant_items'].iloc[0]:.0f} constant items"
        )
        ax.text(
            0, 0, f"not estimable:\n{why}", ha="center", va="center", style="italic", size=SMALL
        )
        return
    for value, own in rows.groupby("value", sort=False):
        colour, (x, y) = COLOUR_OF[str(value)], (own["x"].mean(), own["y"].mean())
        place = location(str(value))
        ax.plot([place[0], x], [place[1], y], color=colour, linewidth=0.5, alpha=0.6, zorder=2)
        ax.plot(own["x"], own["y"], "o", color=colour, markersize=1.6, alpha=0.6, zorder=3)
        _label(ax, str(value), x, y)
        for item in own.to_dict("records"):
            add_point(
                ax,
                item["x"],
                item["y"],
                str(item["value"])
                + ("" if pd.isna(item["item"]) else f", item {item['item']:.0f}"),
                str(item["model"] or item["kind"]),
            )


def _begin(ax: Axes) -> None:
    ax.add_patch(Circle((0, 0), 1.0, fill=False, edgecolor=FAINT, linewidth=0.8, zorder=1))
    ax.plot(0, 0, "+", color=MUTED, markersize=3, markeredgewidth=0.5)
    ax.set_xlim(-REACH, REACH)
    ax.set_ylim(-REACH, REACH)
    ax.set_aspect("equal", adjustable="box")
    ax.set_facecolor("none")  # names may reach into the next panel
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
