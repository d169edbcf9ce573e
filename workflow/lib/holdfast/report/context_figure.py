"""Where models slip: rank-order stability between each two contexts, one heat map a model."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from holdfast.report.labels import Models, footnote, kind
from holdfast.report.selection import Scene, context_pairs, of_scene, scene_label, scenes
from holdfast.report.style import (
    DOUBLE,
    FAINT,
    INK,
    SMALL,
    Layout,
    add_footnote,
    figure_style,
    foot,
    name_panel,
    new_figure,
    save_figure,
    stem_of,
    text_width,
)
from holdfast.report.text import number, one_line
from holdfast.tables import read_table

COLUMNS = [
    "population", "instrument", "model", "kind", "context_a", "context_b", "estimate", "lower",
    "upper", "n", "undefined", "null_sd", "status", "method",
]  # fmt: skip
COLOURS = "vlag_r"
MOST_ANNOTATED = 12
"""Contexts above which the numbers would not be readable."""


def draw_contexts(*, estimates: Path, models: Models, output: Path) -> None:
    """Draw a context × context heat map a model, and write the figure and its table.

    Args:
        estimates: the table of estimates.
        models: registry entries as plain data, by name.
        output: the figure's SVG; PNG and CSV go beside it.

    Raises:
        StudyError: the estimates can't be read, or a file can't be written.
    """
    table = context_table(read_table(estimates, "estimates"), models)
    with figure_style():
        save_figure(context_figure(table, footnote(models)), stem_of(output), table)


def context_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return rank-order stability for each scene, model and pair of contexts, in that order."""
    pairs = context_pairs(estimates)
    pairs = pairs[pairs["model"].isin(list(models))]
    table = pairs.assign(kind=[kind(models[m]) for m in pairs["model"]])
    place = {name: i for i, name in enumerate(models)}
    scene = {s: i for i, s in enumerate(scenes(table))}
    order = [
        (scene[(p, i)], place[m])
        for p, i, m in zip(table["population"], table["instrument"], table["model"], strict=True)
    ]
    sorting = sorted(range(len(order)), key=lambda row: order[row])
    return table[COLUMNS].iloc[sorting].reset_index(drop=True)


def context_figure(table: pd.DataFrame, note: str) -> Figure:
    """Return the figure of a table that `context_table` made."""
    panels = [
        (scene, str(model))
        for scene in scenes(table)
        for model in of_scene(table, scene)["model"].drop_duplicates()
    ]
    contexts = list(dict.fromkeys([*table["context_a"], *table["context_b"]]))
    layout = _layout(len(panels), contexts, foot(note))
    figure, grid = new_figure(layout)
    every = [ax for row in grid for ax in row]
    for i, (ax, (scene, model)) in enumerate(zip(every, panels, strict=False)):
        _draw_panel(ax, of_scene(table, scene).query("model == @model"), contexts)
        _label_panel(ax, i % layout.columns == 0, i + layout.columns >= len(panels))
        name_panel(
            ax, one_line(model), _below(table, scene, model), layout.panel + layout.across - 2
        )
    for ax in every[len(panels) :]:
        ax.set_axis_off()
    _add_scale(figure, layout)
    add_footnote(figure, note)
    return figure


def _layout(panels: int, contexts: list[str], note: float) -> Layout:
    """Return a grid of square panels with room for the contexts' names."""
    columns = 4 if len(contexts) <= 7 else 3
    names = max((text_width(one_line(c), SMALL) for c in contexts), default=0.0)
    left, across = names + 3, 6.0
    side = (DOUBLE - left - 2 - (columns - 1) * across) / columns
    return Layout(
        rows=max(1, math.ceil(panels / columns)), columns=columns, height=side, left=left, right=2,
        top=21, bottom=0.75 * names + 4 + note, across=across, down=9,
    )  # fmt: skip


def _add_scale(figure: Figure, layout: Layout) -> None:
    """Draw the scale of the colours at the top, left."""
    width, height = layout.width, layout.total
    place = (layout.left / width, 1 - 7.5 / height, 60 / width, 2.2 / height)
    colours = ScalarMappable(Normalize(-1, 1), sns.color_palette(COLOURS, as_cmap=True))
    bar = figure.colorbar(colours, cax=figure.add_axes(place), orientation="horizontal")
    bar.set_ticks([-1, -0.5, 0, 0.5, 1], labels=["−1", "−.5", "0", ".5", "1"])
    bar.ax.tick_params(length=2, pad=1.5)
    bar.outline.set_visible(False)
    words = (
        "rank-order stability between two contexts (grey or –: not estimable, or the same context)"
    )
    bar.ax.set_title(words, fontsize=SMALL + 1, fontweight="normal", pad=3)


def _draw_panel(ax: Axes, rows: pd.DataFrame, contexts: list[str]) -> None:
    """Draw one model's matrix: both halves the same, the diagonal and what has no figure grey."""
    size = len(contexts)
    matrix = np.full((size, size), np.nan)
    words = np.full((size, size), "", dtype=object)
    for a, b, estimate in rows[["context_a", "context_b", "estimate"]].itertuples(index=False):
        i, j = contexts.index(a), contexts.index(b)
        matrix[i, j] = matrix[j, i] = estimate
        words[i, j] = words[j, i] = number(estimate)
    colours = sns.color_palette(COLOURS, as_cmap=True).with_extremes(bad=FAINT)
    ax.pcolormesh(matrix, vmin=-1, vmax=1, cmap=colours, edgecolors="white", linewidth=0.8)
    ax.invert_yaxis()
    names = [one_line(c) for c in contexts]
    ax.set_xticks(np.arange(size) + 0.5, names)
    ax.set_yticks(np.arange(size) + 0.5, names)
    sns.despine(ax=ax, left=True, bottom=True)
    small = min(SMALL, 34 / size) if size <= MOST_ANNOTATED else 0
    if len(rows) and rows["estimate"].isna().all():
        ax.text(
            size / 2, size / 2, "not estimable", ha="center", va="center", style="italic",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 2},
        )  # fmt: skip
    elif small:
        for (i, j), text in np.ndenumerate(words):
            dark = "white" if abs(matrix[i, j]) > 0.88 else INK
            ax.text(j + 0.5, i + 0.5, text, ha="center", va="center", size=small, color=dark)


def _label_panel(ax: Axes, left: bool, bottom: bool) -> None:
    """Name the contexts at the left and at the bottom of the grid only."""
    ax.tick_params(length=0, pad=2, labelleft=left, labelbottom=bottom)
    for tick in ax.get_xticklabels():
        tick.set(rotation=45, horizontalalignment="right", rotation_mode="anchor")


def _below(table: pd.DataFrame, scene: Scene, model: str) -> str:
    """Return what stands below a model's name: its kind, and the population if there are several."""
    among = scenes(table)
    said = [str(table.loc[table["model"].eq(model), "kind"].iloc[0])]
    said += [scene_label(scene, among)] if len(among) > 1 else []
    return " · ".join(one_line(s) for s in said if s)
