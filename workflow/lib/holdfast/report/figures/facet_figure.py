"""What else moves the answers: stability by a facet's levels, shares of the variance, and how many do."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
    shown_interval,
)
from holdfast.report.wording.facet_sentences import in_words, plural
from holdfast.report.wording.model_labels import Models, footnote_of, kind, said_kind
from holdfast.report.wording.text_format import number
from holdfast.stability.facets.facet_components import TOPIC
from holdfast.stability.variance.variance_components import TARGET

AT, ACROSS, SHARE = "rank_order_at_level", "rank_order_across_levels", "source_share"
PLANNED, LEVEL = "planned_g", "planned_phi"
QUANTITIES = (AT, ACROSS, SHARE, PLANNED, LEVEL)
COLOURS = {"facet": "#0072B2", TOPIC: "#D55E00"}
ROW_MM = 10.5


def facet_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return for each scene, facet and model: stability at its levels, across them, shares, and plans.

    What the topics move stands beside each facet. `facet_level` is empty but for stability at one level, and
    for the coefficients of a number of levels, which it then is.
    """
    own = estimates[estimates["model"].isin(list(models)) & estimates["quantity"].isin(QUANTITIES)]
    planned = own["quantity"].isin([PLANNED, LEVEL])
    own = own[own["context_b"].eq("") | planned]
    names = [str(name).partition("=") for name in own["context_a"]]
    own = own.assign(
        source=[source for source, _, _ in names],
        facet_level=[level or number for (_, _, level), number in zip(names, own["context_b"], strict=True)],
        kind=[kind(models[m]) for m in own["model"]],
    )  # fmt: skip
    facets = list(dict.fromkeys(own.loc[own["quantity"].eq(ACROSS), "source"]))
    moved = own["source"].eq(TOPIC) & own["quantity"].eq(SHARE)
    parts = [own[own["source"].eq(facet) | moved].assign(facet=facet) for facet in facets]
    table = pd.concat([own.iloc[:0].assign(facet=""), *parts], ignore_index=True)
    return in_order(
        table[columns("facets")], scenes(table), facet=facets, model=models, quantity=QUANTITIES
    )


def facet_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `facet_table` made: stability, shares, and coefficients of plans."""
    shown, note = panels(table, "facet"), footnote_of(table["kind"])
    labels = dict(zip(table["model"], said_kind(table), strict=True))
    width = min(50.0, max((text_width(label, SMALL) for label in labels.values()), default=0.0))
    layout = Layout(
        rows=max(1, len(shown)), columns=3, height=max(20.0, ROW_MM * len(labels)), left=width + 5, right=4,
        top=17, bottom=10 + foot(note), across=7, down=21,
    )  # fmt: skip
    figure, axes = panel_figure(layout, 3 * len(shown), sharey=True)
    for i, panel in enumerate(shown):
        rows, (left, middle, right) = of_panel(table, "facet", panel), axes[3 * i : 3 * i + 3]
        _draw_stability(left, rows, labels)
        _draw_shares(middle, rows, labels)
        _draw_planned(right, rows, labels)
        below = said_below("between topics, and between levels", panel[0], scenes(table))
        name_panel(left, f"Stability by {in_words(panel[1])}", below, layout.panel)
        name_panel(middle, "What moves the answers", "", layout.panel)
        named = plural(panel[1])
        numbers = f"numbers: of {named}; dashed: {number(TARGET, 1)}"
        name_panel(right, f"How many {named} are enough", numbers, layout.panel)
    add_legend(figure, _legend(table), columns=2)
    add_footnote(figure, note)
    return figure


def _legend(table: pd.DataFrame) -> list[Line2D]:
    facets = " or ".join(in_words(facet) for facet in dict.fromkeys(table["facet"]))
    plain: dict[str, Any] = {"linestyle": "", "markersize": 4}
    return [
        Line2D([], [], marker="o", markerfacecolor="white", color=COLOURS[TOPIC],
               label=f"one {facets}, another topic", **plain),
        Line2D([], [], marker="D", color=COLOURS["facet"], label=f"one topic, another {facets}", **plain),
        Line2D([], [], marker="s", color=COLOURS[TOPIC], label="moved by the topic", **plain),
        Line2D([], [], marker="s", color=COLOURS["facet"], label=f"moved by the {facets}", **plain),
    ] if facets else []  # fmt: skip


def _draw_stability(ax: Axes, rows: pd.DataFrame, labels: dict[str, str]) -> None:
    """Draw for each model an open mark a level, and one with its interval across levels."""
    of_order = rows["quantity"].isin([AT, ACROSS])
    mean, sd = rows.loc[of_order, ["null_mean", "null_sd"]].max()
    ax.axvspan(mean - 2 * sd, mean + 2 * sd, facecolor=BAND, edgecolor="none", zorder=0)
    for y, model in enumerate(labels):
        own = rows[rows["model"].eq(model)]
        levels = own[own["quantity"].eq(AT)].to_dict("records")
        for i, row in enumerate(levels):
            at = y - 0.32 + 0.3 * i / max(1, len(levels) - 1)
            ax.plot(
                row["estimate"],
                at,
                "o",
                color=COLOURS[TOPIC],
                markerfacecolor="white",
                markersize=3,
            )
            add_point(
                ax,
                row["estimate"],
                at,
                labels[model],
                f"{in_words(row['facet'])} {row['facet_level']}",
                said(row),
            )
        for row in own[own["quantity"].eq(ACROSS)].to_dict("records"):
            _draw_mark(
                ax,
                row,
                y + 0.2,
                "D",
                COLOURS["facet"],
                labels[model],
                f"across levels of {in_words(row['facet'])}",
            )
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=0.5)
    _finish(ax, labels, "rank-order stability")


def _draw_shares(ax: Axes, rows: pd.DataFrame, labels: dict[str, str]) -> None:
    """Draw for each model the share that the topics move, and the one that the facet does."""
    for y, model in enumerate(labels):
        own = rows[rows["model"].eq(model) & rows["quantity"].eq(SHARE)]
        for row in own.to_dict("records"):
            of_topic = row["source"] == TOPIC
            colour = COLOURS[TOPIC if of_topic else "facet"]
            at = y - 0.17 if of_topic else y + 0.2
            _draw_mark(
                ax, row, at, "s", colour, labels[model], f"moved by the {in_words(row['source'])}"
            )
    mean, sd = rows.loc[rows["quantity"].eq(SHARE), ["null_mean", "null_sd"]].max()
    ax.axvspan(max(0, mean - 2 * sd), mean + 2 * sd, facecolor=BAND, edgecolor="none", zorder=0)
    ax.set_xlim(left=0)
    _finish(ax, labels, "share of the variance of a value's scores")


def _draw_planned(ax: Axes, rows: pd.DataFrame, labels: dict[str, str]) -> None:
    """Draw for each model the coefficient with each number of levels, and where it is called reliable."""
    for y, model in enumerate(labels):
        own = rows[rows["model"].eq(model) & rows["quantity"].eq(PLANNED)].to_dict("records")
        if own and all(pd.isna(row["estimate"]) for row in own):
            _draw_unknown(ax, y)
            continue
        for i, row in enumerate(own):
            at = y - 0.36 + 0.72 * i / max(1, len(own) - 1)
            what = f"reliability of means over {row['facet_level']} {plural(row['facet'])}"
            _draw_mark(ax, row, at, "o", COLOURS["facet"], labels[model], what)
            low = shown_interval(row)[0]
            start = row["estimate"] if pd.isna(low) else low
            if pd.notna(start):
                ax.annotate(row["facet_level"], (start, at), (-2, 0), textcoords="offset points", ha="right",
                            va="center", size=SMALL - 1, color=MUTED)  # fmt: skip
    ax.axvline(TARGET, color=MUTED, linewidth=0.6, linestyle="--", zorder=0.5)
    ax.set_xlim(-0.06, 1.02)
    _finish(ax, labels, "reliability of the order (G)")


def _draw_mark(
    ax: Axes, row: dict[Any, Any], y: float, shape: str, colour: str, name: str, what: str
) -> None:
    low, high = shown_interval(row)
    if pd.isna(row["estimate"]):
        _draw_unknown(ax, y)
        return
    ax.hlines(y, low, high, color=colour, linewidth=1.0)
    ax.plot(row["estimate"], y, shape, color=colour, markersize=3.5)
    add_point(ax, row["estimate"], y, name, what, said(row))


def _draw_unknown(ax: Axes, y: float) -> None:
    ax.annotate("not estimable", (0, y), (3, 0), textcoords="offset points", va="center", style="italic",
                size=SMALL, color=INK)  # fmt: skip


def _finish(ax: Axes, labels: dict[str, str], name: str) -> None:
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_yticks(range(len(labels)), list(labels.values()))
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(name, fontsize=SMALL)
    sns.despine(ax=ax, left=True)
