"""Do questionnaires agree: the same value in another one, in another conversation, in another wording."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from holdfast.design.frameworks import in_theory_order
from holdfast.design.scoring_keys import JOINT
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
from holdfast.report.figure_parts.tooltips import add_point, said
from holdfast.report.wording.estimate_selection import (
    in_order,
    of_panel,
    panels,
    said_below,
    scenes,
    shown_interval,
)
from holdfast.report.wording.model_labels import Models, footnote_of, kind, said_kind
from holdfast.report.wording.text_format import one_line
from holdfast.stability.convergence.observer_methods import OBSERVERS

COLUMNS, ROW_MM = 2, 5.6
ALL = "all values"
CONVERGENT, WORDING = "convergent", "rank_order_across_levels"
MARKS: Mapping[str, tuple[str, dict[str, Any], float]] = {
    CONVERGENT: ("another questionnaire, same conversation", {"marker": "o", "color": "#0072B2"}, -0.3),
    "convergent_across_contexts": (
        "another questionnaire, another conversation",
        {"marker": "o", "color": "#0072B2", "markerfacecolor": "white"}, -0.1,
    ),
    "monotrait_monomethod": (
        "same questionnaire, another conversation", {"marker": "s", "color": "#D55E00"}, 0.1,
    ),
    "heterotrait_heteromethod": (
        "other values, another questionnaire, same conversation", {"marker": "x", "color": MUTED}, 0.26,
    ),
    WORDING: (
        "same questionnaire, another wording, same conversation",
        {"marker": "D", "color": "#009E73"}, 0.38,
    ),
}  # fmt: skip
"""What is shown: its words, its mark, and how far below the middle of its row it stands."""


def convergence_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return a row a scene, model, quantity and value, pooled over questionnaires, and of each two of them.

    Stability between wordings, which is of one questionnaire and all values, stands beside them.
    """
    e = estimates[estimates["model"].isin(list(models))]
    e = e[~e["instrument"].str.endswith(OBSERVERS)]  # they have a figure of their own
    own = e[e["quantity"].isin([q for q in MARKS if q != WORDING])]
    pair = own["context_b"].ne("") & own["quantity"].eq(CONVERGENT) & own["value"].eq("")
    several = own["context_b"].eq("") & ~_of_one(own)
    named = own["context_a"] + JOINT + own["context_b"]
    own = own.assign(questionnaire=named.where(pair, ""))[pair | several]
    parts = [own]
    for population, compared in own[["population", "instrument"]].drop_duplicates().values:
        among = e["quantity"].eq(WORDING) & e["context_a"].eq("wording") & e["context_b"].eq("")
        of = e["population"].eq(population) & e["instrument"].isin(compared.split(JOINT))
        worded = e[among & of]
        parts.append(worded.assign(questionnaire=worded["instrument"], instrument=compared))
    table = pd.concat(parts, ignore_index=True)
    table["kind"] = [kind(models[m]) for m in table["model"]]
    order = {"quantity": list(MARKS), "value": ["", *in_theory_order(set(table["value"]) - {""})]}
    return in_order(table[columns("convergence")], scenes(table), model=models, **order)


def _of_one(rows: pd.DataFrame) -> pd.Series:
    """Tell which rows are of a single questionnaire."""
    named = zip(rows["context_a"], rows["instrument"], strict=True)
    return pd.Series([a in str(i).split(JOINT) for a, i in named], index=rows.index, dtype=bool)


def convergence_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `convergence_table` made: a panel a model, a row a value."""
    shown, note = panels(table, "model"), footnote_of(table["kind"])
    values = ["", *in_theory_order(set(table["value"]) - {""})]
    labels = [one_line(v) or ALL for v in values]
    used = [q for q in MARKS if q in set(table["quantity"])]
    width = min(45.0, max(text_width(label, SMALL) for label in labels))
    layout = Layout(
        rows=max(1, math.ceil(len(shown) / COLUMNS)), columns=COLUMNS, height=ROW_MM * len(values),
        left=width + 4, right=3, top=14 + 3.6 * math.ceil((1 + len(used)) / 2), bottom=9 + foot(note),
        across=5, down=16,
    )  # fmt: skip
    figure, axes = panel_figure(layout, len(shown), sharex=True)
    ends = [table[c].min() for c in ("lower", "contexts_lower", "estimate")]
    left = max(-1.03, min([-0.3, *(float(end) - 0.03 for end in ends if pd.notna(end))]))
    for i, (ax, panel) in enumerate(zip(axes, shown, strict=True)):
        own = of_panel(table, "model", panel)
        _draw_panel(ax, own, values)
        _finish(ax, labels, left, i % COLUMNS == 0, i + COLUMNS >= len(shown))
        below = said_below(_said(own), panel[0], scenes(table))
        name_panel(ax, one_line(panel[1]), below, layout.panel)
    add_legend(figure, _legend(used), columns=2)
    add_footnote(figure, note)
    return figure


def _said(rows: pd.DataFrame) -> str:
    """Return what is said below a model's name: its kind, and how many correlations are undefined."""
    whole = rows["value"].eq("") & rows["quantity"].eq(CONVERGENT) & rows["questionnaire"].eq("")
    undefined = int(rows.loc[whole, "undefined"].sum())
    words = [str(rows["kind"].iloc[0]), *([f"{undefined} undefined"] if undefined else [])]
    return " · ".join(w for w in words if w)


def _draw_panel(ax: Axes, rows: pd.DataFrame, values: list[str]) -> None:
    """Draw one model: what is expected of random answers behind, then the marks of every value."""
    label = said_kind(rows)[0]
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=1)
    for place in range(len(values) - 1):
        ax.axhline(place + 0.5, color=FAINT, linewidth=0.3 if place else 0.9, zorder=1)
    for row in rows.to_dict("records"):
        place = values.index(row["value"])
        if row["quantity"] == CONVERGENT and not row["questionnaire"]:
            _draw_null(ax, row, place)
        _draw_mark(ax, row, place, label)


def _draw_null(ax: Axes, row: Mapping[Any, Any], place: int) -> None:
    """Draw what exchanged respondents give, and say where there is no figure."""
    if pd.notna(row["null_sd"]):
        low, high = (row["null_mean"] + side * 2 * row["null_sd"] for side in (-1, 1))
        ax.fill_betweenx(
            [place - 0.5, place + 0.5], low, high, facecolor=BAND, edgecolor="none", zorder=0
        )
    if pd.isna(row["estimate"]):
        ax.text(0.02, place - 0.3, "not estimable", size=SMALL - 0.5, style="italic", color=INK,
                va="center")  # fmt: skip


def _draw_mark(ax: Axes, row: Mapping[Any, Any], place: int, label: str) -> None:
    """Draw one figure with its interval; of two questionnaires a small dot alone."""
    if pd.isna(row["estimate"]):
        return
    words, mark, away = MARKS[row["quantity"]]
    y, about = place + away, row["value"] or ALL
    if row["quantity"] == CONVERGENT and row["questionnaire"]:
        ax.plot(row["estimate"], y, "o", color=mark["color"], markersize=1.8, alpha=0.6, zorder=2)
    else:
        ax.hlines(y, *shown_interval(row), color=mark["color"], linewidth=1.0, zorder=2)
        ax.plot(row["estimate"], y, linestyle="", markersize=3.6, zorder=3, **mark)
    add_point(ax, row["estimate"], y, label, f"{about}: {words}", row["questionnaire"], said(row))


def _finish(ax: Axes, labels: list[str], low: float, left: bool, bottom: bool) -> None:
    """Name the values at the left and the scale at the bottom of the grid only."""
    ax.set_xlim(low, 1.03)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(axis="y", length=0, labelleft=left)
    ax.tick_params(axis="x", labelbottom=bottom)
    if bottom:
        ax.set_xlabel("correlation over personas", fontsize=SMALL)
    sns.despine(ax=ax, left=True)


def _legend(used: list[str]) -> list[Line2D]:
    """Return what the legend needs of the marks that are drawn."""
    marks = [
        Line2D([], [], linestyle="", markersize=4, label=MARKS[q][0], **MARKS[q][1]) for q in used
    ]
    dot = {"marker": "o", "color": MARKS[CONVERGENT][1]["color"], "alpha": 0.6, "markersize": 2}
    return [*marks, Line2D([], [], linestyle="", label="each two questionnaires", **dot)]
