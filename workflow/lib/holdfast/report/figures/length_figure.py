"""Does a longer conversation or reasoning cost stability: stability at each length, and its slope."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
from holdfast.report.figure_parts.model_marks import Mark, mark_handles, model_marks
from holdfast.report.figure_parts.tooltips import add_point, said
from holdfast.report.wording.estimate_selection import (
    in_order,
    of_panel,
    panels,
    pooled,
    said_below,
    scenes,
)
from holdfast.report.wording.model_labels import Models, footnote_of, kind

NAMES = {"rank_order": "Rank-order stability", "ipsative": "Ipsative stability"}
KEYS = ["population", "instrument", "model"]
SLOPE = ("estimate", "lower", "upper", "null_mean", "null_sd")


def length_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return a row a scene, quantity, model and length, with the slope over all lengths beside each."""
    own = estimates[estimates["model"].isin(list(models))]
    slopes, parts = pooled(own), []
    for quantity in NAMES:
        slope = slopes[slopes["quantity"].eq(f"{quantity}_slope")][[*KEYS, *SLOPE]]
        slope = slope.rename(columns={c: f"slope_{c}" for c in SLOPE})
        at = own[own["quantity"].eq(f"{quantity}_at_length")].assign(quantity=quantity)
        parts.append(at.merge(slope.rename(columns={"slope_estimate": "slope"}), on=KEYS))
    table = pd.concat(parts, ignore_index=True)
    table[["length", "unit"]] = table["context_a"].str.extract(r"^(\d+) (.*)$")
    table["length"] = table["length"].astype("Int64")
    table["kind"] = [kind(models[m]) for m in table["model"]]
    among = scenes(table)
    table = table.sort_values("length", kind="stable").reset_index(drop=True)
    return in_order(table[columns("lengths")], among, quantity=NAMES, model=models)


def length_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `length_table` made: lengths at the left, slopes at the right."""
    shown, marks = panels(table, "quantity"), model_marks(table)
    note = footnote_of(table["kind"])
    names = max((text_width(m.label, SMALL) for m in marks.values()), default=0.0)
    layout = Layout(
        rows=max(1, len(shown)), columns=2, height=max(38.0, 4.6 * len(marks)), left=11, right=4,
        top=12 + 3.6 * -(-len(marks) // 4), bottom=10 + foot(note), across=min(50.0, names) + 6, down=21,
    )  # fmt: skip
    figure, axes = panel_figure(layout, 2 * len(shown))
    for i, panel in enumerate(shown):
        rows, (left, right) = of_panel(table, "quantity", panel), axes[2 * i : 2 * i + 2]
        _draw_lengths(left, rows, marks)
        _draw_slopes(right, rows, marks)
        below = said_below("between topics, at each length", panel[0], scenes(table))
        name_panel(left, NAMES[panel[1]], below, layout.panel)
        name_panel(right, "Slope", f"per {_one(rows)}", layout.panel)
    add_legend(figure, mark_handles(marks))
    add_footnote(figure, note)
    return figure


def _draw_lengths(ax: Axes, rows: pd.DataFrame, marks: dict[str, Mark]) -> None:
    """Draw one line a model, its intervals a little beside each other; grey: random answers."""
    lengths = np.unique(rows["length"].to_numpy(float))
    step = min((float(b - a) for a, b in pairwise(lengths)), default=1.0)
    apart = 0.3 * step / max(len(marks), 1)
    mean, sd = rows["null_mean"].mean(), rows["null_sd"].max()
    ax.axhspan(mean - 2 * sd, mean + 2 * sd, facecolor=BAND, edgecolor="none", zorder=0)
    for place, (model, mark) in enumerate(marks.items()):
        own = rows[rows["model"].eq(model)]
        x = own["length"].to_numpy(float) + apart * (place - (len(marks) - 1) / 2)
        y = own["estimate"].to_numpy(float)
        ax.plot(x, y, mark.shape, linestyle="-", color=mark.colour, markersize=3.5, linewidth=0.9)
        ax.vlines(x, own["lower"], own["upper"], color=mark.colour, linewidth=0.8)
        for at, row in zip(x, own.to_dict("records"), strict=True):
            length = f"{row['length']:.0f} {row['unit']}"
            add_point(ax, at, row["estimate"], mark.label, length, said(row))
    ax.axhline(0, color=MUTED, linewidth=0.6, zorder=1)
    ax.set_xticks(lengths, [f"{n:.0f}" for n in lengths])
    ax.set_ylim(top=1.03)
    ax.set_xlabel(f"{_unit(rows)} before the questionnaire", fontsize=SMALL)
    sns.despine(ax=ax)


def _unit(rows: pd.DataFrame) -> str:
    """Return what the lengths are numbers of, in the plural; a study has one unit."""
    return str(rows["unit"].iloc[0])


def _one(rows: pd.DataFrame) -> str:
    return _unit(rows).removesuffix("s")


def _draw_slopes(ax: Axes, rows: pd.DataFrame, marks: dict[str, Mark]) -> None:
    """Draw one slope a model with its interval; below 0 stability falls with the length."""
    found = {str(r["model"]): r for r in rows.drop_duplicates("model").to_dict("records")}
    undefined = rows.groupby("model")["undefined"].sum()
    for y, (model, mark) in enumerate(marks.items()):
        own = found.get(model)
        if undefined.get(model, 0) > 0:
            ax.text(1, y + 0.12, f"{undefined[model]:.0f} undefined", color=MUTED, ha="right", va="top",
                    size=SMALL - 1, transform=ax.get_yaxis_transform())  # fmt: skip
        if own is None or math.isnan(own["slope"]):
            ax.annotate("not estimable", (0, y), (3, 0), textcoords="offset points", va="center",
                        style="italic", size=SMALL, color=INK)  # fmt: skip
            continue
        low, high = (own["slope_null_mean"] + s * 2 * own["slope_null_sd"] for s in (-1, 1))
        ax.fill_betweenx([y - 0.5, y + 0.5], low, high, facecolor=BAND, edgecolor="none", zorder=0)
        ax.hlines(y, own["slope_lower"], own["slope_upper"], color=mark.colour, linewidth=1.2)
        ax.plot(own["slope"], y, mark.shape, color=mark.colour, markersize=4)
        slope = {c: own["slope" if c == "estimate" else f"slope_{c}"] for c in SLOPE}
        add_point(ax, own["slope"], y, mark.label, f"slope per {_one(rows)}", said(slope, 3))
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=1)
    ax.set_yticks(range(len(marks)), [m.label for m in marks.values()])
    ax.set_ylim(len(marks) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.locator_params(axis="x", nbins=4)
    ax.set_xlabel(f"change of stability with one more {_one(rows)}", fontsize=SMALL)
    sns.despine(ax=ax, left=True)
