"""Where models slip: rank-order stability between each two contexts or domains, one heat map a model."""

import math

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from holdfast.report.figure_parts.figure_style import (
    DOUBLE,
    FAINT,
    INK,
    SMALL,
    Layout,
    add_footnote,
    foot,
    name_panel,
    panel_figure,
    slant_labels,
    text_width,
)
from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.figure_parts.tooltips import add_point, said
from holdfast.report.wording.estimate_selection import (
    context_pairs,
    in_order,
    of_panel,
    panels,
    said_below,
    scenes,
)
from holdfast.report.wording.model_labels import Models, footnote_of, kind, said_kind
from holdfast.report.wording.text_format import number, one_line

COLOURS = "vlag_r"
MOST_ANNOTATED = 12
"""Contexts above which the numbers would not be readable."""

WORDS = "rank-order stability between two contexts (grey or –: not estimable, or the same context)"
DOMAINS = ("rank_order_within", "rank_order_between")
DOMAIN_WORDS = (
    "rank-order stability between topics of two domains, or of one (grey or –: not estimable)"
)
_SIDES = {"context_a": "domain_a", "context_b": "domain_b"}


def context_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return rank-order stability for each scene, model and pair of contexts, in that order."""
    pairs = context_pairs(estimates)
    pairs = pairs[pairs["model"].isin(list(models))]
    table = pairs.assign(kind=[kind(models[m]) for m in pairs["model"]])
    return in_order(table[columns("contexts")], scenes(table), model=models)


def context_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `context_table` made."""
    return heat_maps(table, WORDS)


def domain_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return rank-order stability for each scene, model and pair of domains, one with itself included."""
    e = estimates
    single = e["context_a"].ne("") & e["value"].eq("") & e["replicate"].isna()
    own = e[single & e["quantity"].isin(DOMAINS) & e["model"].isin(list(models))]
    table = own.rename(columns=_SIDES).assign(kind=[kind(models[m]) for m in own["model"]])
    return in_order(table[columns("domains")], scenes(table), model=models)


def domain_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `domain_table` made: one heat map a model."""
    return heat_maps(table.rename(columns={new: old for old, new in _SIDES.items()}), DOMAIN_WORDS)


def heat_maps(table: pd.DataFrame, words: str) -> Figure:
    """Return one heat map a scene and model.

    Args:
        table: rows of pairs, with the columns of the figure `contexts`.
        words: what the colours mean.
    """
    shown, among = panels(table, "model"), scenes(table)
    contexts = list(dict.fromkeys([*table["context_a"], *table["context_b"]]))
    note = footnote_of(table["kind"])
    layout = _layout(len(shown), contexts, foot(note))
    figure, axes = panel_figure(layout, len(shown))
    for i, (ax, panel) in enumerate(zip(axes, shown, strict=True)):
        rows = of_panel(table, "model", panel)
        last = i % layout.columns == layout.columns - 1
        _draw_panel(ax, rows, contexts)
        _label_panel(ax, i % layout.columns == 0, i + layout.columns >= len(shown))
        below = said_below(str(rows["kind"].iloc[0]), panel[0], among)
        name_panel(ax, one_line(panel[1]), below, layout.panel + (0 if last else layout.across - 2))
    _add_scale(figure, layout, words)
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


def _add_scale(figure: Figure, layout: Layout, words: str) -> None:
    """Draw the scale of the colours at the top, left."""
    width, height = layout.width, layout.total
    place = (layout.left / width, 1 - 7.5 / height, 60 / width, 2.2 / height)
    colours = ScalarMappable(Normalize(-1, 1), sns.color_palette(COLOURS, as_cmap=True))
    bar = figure.colorbar(colours, cax=figure.add_axes(place), orientation="horizontal")
    bar.set_ticks([-1, -0.5, 0, 0.5, 1], labels=["−1", "−.5", "0", ".5", "1"])
    bar.ax.tick_params(length=2, pad=1.5)
    bar.outline.set_visible(False)
    bar.ax.set_title(words, fontsize=SMALL + 1, fontweight="normal", pad=3)


def _draw_panel(ax: Axes, rows: pd.DataFrame, contexts: list[str]) -> None:
    """Draw one model's matrix: both halves the same, what has no figure grey."""
    size = len(contexts)
    matrix = np.full((size, size), np.nan)
    words = np.full((size, size), "", dtype=object)
    for a, b, estimate in rows[["context_a", "context_b", "estimate"]].itertuples(index=False):
        i, j = contexts.index(a), contexts.index(b)
        matrix[i, j] = matrix[j, i] = estimate
        words[i, j] = words[j, i] = number(estimate)
    _say_pairs(ax, rows, contexts)
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


def _say_pairs(ax: Axes, rows: pd.DataFrame, contexts: list[str]) -> None:
    """Say each pair's figure in both halves of the matrix."""
    for label, row in zip(said_kind(rows), rows.to_dict("records"), strict=True):
        x, y = (contexts.index(row[c]) + 0.5 for c in ("context_a", "context_b"))
        pair = (
            f"{row['context_a']} and {row['context_b']}" if x != y else f"within {row['context_a']}"
        )
        for place in {(x, y), (y, x)}:
            add_point(ax, *place, label, pair, said(row))


def _label_panel(ax: Axes, left: bool, bottom: bool) -> None:
    """Name the contexts at the left and at the bottom of the grid only."""
    ax.tick_params(length=0, pad=2, labelleft=left, labelbottom=bottom)
    slant_labels(ax)
