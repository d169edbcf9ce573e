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
from holdfast.report.wording.observer_sentences import BELOW, is_shown, said_validity, validity_of
from holdfast.report.wording.text_format import one_line

NAMES = {"self_observer": "self and observer", "observer_truth": "observer and truth"}
CEILING = "self_observer_ceiling"
ALL = "all values"
ROW_MM, COLUMNS, APART, LEAST = 4.2, 2, 0.17, -0.25
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
    return first.assign(**empty, status=BELOW, method=str((validity or {})["method"]))


def observer_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `observer_table` made: a panel a scene, model and observer."""
    keys = ["population", "instrument", "model", "observer"]
    shown = [tuple(map(str, k)) for k in table[keys].drop_duplicates().itertuples(index=False)]
    values = list(dict.fromkeys(table["value"])) or [""]
    labels = [one_line(v) if v else ALL for v in values]
    note = footnote_of(table["kind"])
    layout = Layout(
        rows=max(1, -(-len(shown) // COLUMNS)), columns=COLUMNS, height=ROW_MM * max(4, len(values)),
        left=max(text_width(label, SMALL) for label in labels) + 4, right=4, top=17,
        bottom=9 + foot(note), across=6, down=20,
    )  # fmt: skip
    figure, axes = panel_figure(layout, len(shown), sharex=True, sharey=True)
    for at, (ax, (*scene, model, observer)) in enumerate(zip(axes, shown, strict=True)):
        rows = of_scene(table, (scene[0], scene[1]))
        rows = rows[rows["model"].eq(model) & rows["observer"].eq(observer)]
        _draw_panel(ax, rows, values)
        _finish(ax, labels, _least(table), left=at % COLUMNS == 0)
        words = f"observer {one_line(observer)}: {_validity(rows)}"
        below = said_below(words, (scene[0], scene[1]), scenes(table))
        name_panel(ax, said_kind(rows)[0], below, layout.panel)
    add_legend(figure, _handles(), columns=4)
    add_footnote(figure, note)
    return figure


def _validity(rows: pd.DataFrame) -> str:
    """Return how valid a panel's observer is."""
    row = rows.iloc[0]
    if pd.isna(row["validity"]):
        return said_validity(None)
    told = {
        "estimate": row["validity"],
        "lower": row["validity_lower"],
        "upper": row["validity_upper"],
    }
    status = BELOW if row["status"] == BELOW else "ok"
    return said_validity({**told, "status": status, "method": row["method"]})


def _draw_panel(ax: Axes, rows: pd.DataFrame, values: list[str]) -> None:
    """Draw one observer of one model: two marks a value, or the reason why there are none."""
    colour = family_colours(rows["family"])[str(rows["family"].iloc[0])]
    label = said_kind(rows)[0]
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=1)
    if rows["status"].eq(BELOW).any():
        words = "not shown: the observer does not see\nplanted values well enough"
        ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", size=SMALL,
                style="italic", color=INK)  # fmt: skip
        return
    for row in rows.to_dict("records"):
        _draw_row(ax, row, values.index(row["value"]), colour, label)


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
    add_point(
        ax, row["estimate"], at, f"{label}, {row['value'] or ALL}", f"{name} {said(row)}", ceiling
    )


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
