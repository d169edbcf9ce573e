"""Said and seen: how observers' views of the speakers go with self-reports and with the truth, by value."""

from __future__ import annotations

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

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
    foot,
    name_panel,
    panel_figure,
    text_width,
)
from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.figure_parts.tooltips import add_point, said
from holdfast.report.wording.estimate_selection import (
    Scene,
    in_order,
    of_scene,
    said_below,
    scenes,
    shown_interval,
)
from holdfast.report.wording.model_labels import Models, footnote_of, kind, said_kind
from holdfast.report.wording.observer_sentences import (
    BELOW,
    UNCHECKED,
    is_shown,
    said_validity,
    validity_of,
    why_not_shown,
)
from holdfast.report.wording.text_format import one_line

NAMES = {"self_observer": "self and observer", "observer_truth": "observer and truth"}
CEILING = "self_observer_ceiling"
ALL = "all values"
HIDDEN = (BELOW, UNCHECKED)
"""Statuses of observers who are not shown."""
ROW_MM, APART, LEAST = 4.2, 0.17, -0.25
KEYS = ["model", "population", "instrument", "context_b", "value"]


def observer_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return a row a scene, model, observer, quantity and value; of an observer who is not valid, one alone."""
    e = estimates[estimates["context_a"].eq("") & estimates["replicate"].isna()]
    e = e[e["context_b"].ne("") & e["model"].isin(list(models))]
    ceilings = e[e["quantity"].eq(CEILING)].set_index(KEYS)[["estimate", "lower", "upper"]]
    ceilings.columns = pd.Index(["ceiling", "ceiling_lower", "ceiling_upper"])
    table = e[e["quantity"].isin(list(NAMES))].merge(
        ceilings, left_on=KEYS, right_index=True, how="left"
    )
    other = table["quantity"].ne("self_observer")
    table.loc[other, list(ceilings.columns)] = float("nan")
    table = table.assign(
        kind=[kind(models[m]) for m in table["model"]], observer=table["context_b"]
    )
    parts = [
        _with_validity(own, estimates, (str(p), str(i)), str(o))
        for (p, i, o), own in table.groupby(["population", "instrument", "observer"], sort=False)
    ]
    whole = (
        pd.concat(parts)
        if parts
        else table.assign(validity=[], validity_lower=[], validity_upper=[])
    )
    values = dict.fromkeys(["", *table["value"]])
    return in_order(
        whole[columns("observers")], scenes(table), model=models, quantity=NAMES,
        observer=dict.fromkeys(table["observer"]), value=values,
    )  # fmt: skip


def _with_validity(
    rows: pd.DataFrame, estimates: pd.DataFrame, scene: Scene, observer: str
) -> pd.DataFrame:
    """Return one observer's rows with its validity; without their numbers where it is too low."""
    validity = validity_of(estimates, scene, observer)
    lower, upper = shown_interval(validity) if validity else (float("nan"),) * 2
    told = rows.assign(
        validity=validity["estimate"] if validity else float("nan"), validity_lower=lower,
        validity_upper=upper,
    )  # fmt: skip
    if is_shown(validity):
        return told
    numbers = [
        *("estimate", "lower", "upper", "contexts_lower", "contexts_upper", "null_mean", "null_sd"),
        *("ceiling", "ceiling_lower", "ceiling_upper"),
    ]
    first = told[told["quantity"].eq("self_observer") & told["value"].eq("")]
    empty = dict.fromkeys(numbers, float("nan"))
    hidden = validity or {"status": "", "method": ""}
    return first.assign(**empty, status=hidden["status"], method=str(hidden["method"]))


def observer_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `observer_table` made: a panel a scene, model and observer.

    Observers who are not valid have no panels; the foot says who they are, and why.
    """
    valid = table[~table["status"].isin(HIDDEN)]
    keys = ["population", "instrument", "model", "observer"]
    shown = [tuple(map(str, k)) for k in valid[keys].drop_duplicates().itertuples(index=False)]
    values = list(dict.fromkeys(valid["value"])) or [""]
    labels, colours = [one_line(v) if v else ALL for v in values], family_colours(table["family"])
    note = "\n".join(filter(None, [*_not_shown(table), footnote_of(table["kind"])]))
    layout = _layout(len(shown), valid["observer"].nunique(), labels, note)
    figure, axes = panel_figure(layout, len(shown), sharex=True, sharey=True)
    for at, (ax, (*scene, model, observer)) in enumerate(zip(axes, shown, strict=True)):
        rows = of_scene(valid, (scene[0], scene[1]))
        rows = rows[rows["model"].eq(model) & rows["observer"].eq(observer)]
        label = said_kind(rows)[0]
        ax.axvline(0, color=MUTED, linewidth=0.6, zorder=1)
        for row in rows.to_dict("records"):
            _draw_row(ax, row, values.index(row["value"]), colours[row["family"]], label)
        _finish(ax, labels, _least(valid), left=at % layout.columns == 0)
        words = f"observer {one_line(observer)}: {_validity(rows)}"
        name_panel(ax, label, said_below(words, (scene[0], scene[1]), scenes(table)), layout.panel)
    add_legend(figure, _handles(), columns=4)
    add_footnote(figure, note)
    return figure


def _layout(panels: int, observers: int, labels: list[str], note: str) -> Layout:
    """Return the layout: a column an observer, where there are two or three of them."""
    columns_of = observers if observers in (2, 3) else 2
    return Layout(
        rows=max(1, -(-panels // columns_of)), columns=columns_of,
        height=ROW_MM * max(4, len(labels)),
        left=max(text_width(label, SMALL) for label in labels) + 4, right=4, top=17,
        bottom=9 + foot(note), across=6, down=20,
    )  # fmt: skip


def _not_shown(table: pd.DataFrame) -> list[str]:
    """Return a line for each observer who is not shown in a scene, with the reason."""
    invalid = table[table["status"].isin(HIDDEN)]
    among, lines = scenes(table), []
    for scene in scenes(invalid):
        for observer, rows in of_scene(invalid, scene).groupby("observer", sort=False):
            words = said_below(f"observer {one_line(observer)}", scene, among)
            why = why_not_shown(_validity_row(rows))
            lines.append(f"Not shown: {words}, which {why} ({_validity(rows)}).")
    return lines


def _validity(rows: pd.DataFrame) -> str:
    """Return how valid the observer of some rows is."""
    return said_validity(_validity_row(rows))


def _validity_row(rows: pd.DataFrame) -> dict[str, Any] | None:
    """Return what a figure's rows say of an observer's validity; None: it can't be checked."""
    row = rows.iloc[0]
    hidden = row["status"] in HIDDEN
    if pd.isna(row["validity"]) and not hidden:
        return None
    told = {
        "estimate": row["validity"], "lower": row["validity_lower"], "upper": row["validity_upper"]
    }  # fmt: skip
    return {**told, "status": row["status"] if hidden else "ok", "method": row["method"]}


def _draw_row(ax: Axes, row: dict[Any, Any], y: int, colour: str, label: str) -> None:
    own = row["quantity"] == "self_observer"
    at, name = y + (-APART if own else APART), NAMES[row["quantity"]]
    if own and pd.notna(row["null_sd"]):
        low, high = (row["null_mean"] + side * 2 * row["null_sd"] for side in (-1, 1))
        ax.fill_betweenx([y - 0.5, y + 0.5], low, high, facecolor=BAND, edgecolor="none", zorder=0)
    if pd.isna(row["estimate"]):
        ax.text(
            0.02,
            at,
            f"{name} not estimable",
            va="center",
            style="italic",
            size=SMALL - 1,
            color=INK,
        )
        return
    ax.hlines(at, *shown_interval(row), color=colour if own else INK, linewidth=1.0)
    if own:
        ax.plot(row["estimate"], at, "o", color=colour, markersize=3.6, zorder=3)
    else:
        ax.plot(
            row["estimate"], at, "D", color=INK, markerfacecolor="white", markersize=2.8, zorder=3
        )
    ceiling = ""
    if pd.notna(row["ceiling"]):
        ax.vlines(row["ceiling"], at - 0.25, at + 0.25, color=INK, linewidth=1.0)
        ceiling = f"ceiling {said({'estimate': row['ceiling']})}"
    add_point(ax, row["estimate"], at, label, f"{row['value'] or ALL}: {name} {said(row)}", ceiling)


def _least(table: pd.DataFrame) -> float:
    """Return where the scale begins, in all panels."""
    ends = table[["lower", "contexts_lower"]].min().min()
    return LEAST if pd.isna(ends) else max(-1.03, min(LEAST, float(ends) - 0.03))


def _finish(ax: Axes, labels: list[str], least: float, left: bool) -> None:
    ax.set_xlim(least, 1.03)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(axis="y", length=0, labelleft=left)
    ax.tick_params(axis="x", labelbottom=True)
    ax.grid(axis="x", color=FAINT, linewidth=0.4)
    ax.set_axisbelow(True)
    ax.set_xlabel("correlation over respondents", fontsize=SMALL)
    sns.despine(ax=ax, left=True)


def _handles() -> list[Line2D | Patch]:
    """Return what the legend needs."""
    return [
        Line2D([], [], color=INK, marker="o", markersize=4, linewidth=1.0, label=NAMES["self_observer"]),
        Line2D([], [], color=INK, marker="D", markersize=3, linewidth=1.0, markerfacecolor="white",
               label=NAMES["observer_truth"]),
        Line2D([], [], color=INK, linestyle="", marker="|", markersize=6, label="ceiling of self and observer"),
        Patch(facecolor=BAND, label="observers of other respondents"),
    ]  # fmt: skip
