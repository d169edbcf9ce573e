"""Where the answers' variance comes from: personas, contexts, replicates, and what they do together."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from holdfast.report.figure_parts.figure_style import (
    DOUBLE,
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
    of_scene,
    pooled,
    scene_label,
    scenes,
)
from holdfast.report.wording.model_labels import Models, footnote_of, kind, said_kind
from holdfast.report.wording.text_format import one_line, percent

COMPONENTS = {
    "variance_respondent": ("persona", "#0072B2"),
    "variance_respondent_context": ("persona × context", "#D55E00"),
    "variance_context": ("context", "#E69F00"),
    "variance_respondent_replicate": ("persona × replicate", "#CC79A7"),
    "variance_replicate": ("replicate", "#009E73"),
    "variance_context_replicate": ("context × replicate", "#56B4E9"),
    "variance_residual": ("residual", "#C9C9C9"),
}
"""What each component is called, and its colour (Okabe and Ito; grey for what is left)."""

BAR_MM, GAP_MM = 1.8, 2.6
"""Height of one bar, and what is left free between two models."""

HATCH = "//////"


def variance_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return each model's variance components, in the order of `COMPONENTS`.

    `share` and its ends are of the sum of all components as they are estimated. An estimate below 0, as the
    analysis of variance can give, stays below 0, so that the shares sum to 1. The sum is taken as known.
    They are empty where nothing varies.
    """
    rows = pooled(estimates)
    rows = rows[rows["quantity"].isin(list(COMPONENTS)) & rows["model"].isin(list(models))]
    keys = [rows[k] for k in ("population", "instrument", "model")]
    total = rows["estimate"].groupby(keys).transform("sum")
    total = total.where(total > 0)
    table = rows.assign(
        kind=[kind(models[m]) for m in rows["model"]],
        component=rows["quantity"].str.removeprefix("variance_"),
        share=rows["estimate"] / total, share_lower=rows["lower"] / total,
        share_upper=rows["upper"] / total,
    )  # fmt: skip
    parts = [q.removeprefix("variance_") for q in COMPONENTS]
    return in_order(table[columns("variance")], scenes(estimates), model=models, component=parts)


def variance_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `variance_table` made."""
    among = scenes(table)
    note = footnote_of(table["kind"])
    labels = dict(zip(table["model"], said_kind(table), strict=True))
    width = min(50.0, max((text_width(label, SMALL) for label in labels.values()), default=0.0))
    across = min(2, max(1, len(among)))
    parts = _shown(table)
    height = (BAR_MM * len(parts) + GAP_MM) * max(2, len(labels))
    layout = Layout(
        rows=max(1, -(-len(among) // across)), columns=across, height=height,
        left=width + 3, right=4, top=17, bottom=9 + foot(note), across=6, down=14, width=DOUBLE,
    )  # fmt: skip
    figure, axes = panel_figure(layout, len(among), sharex=True, sharey=True)
    for ax, scene in zip(axes, among, strict=True):
        _draw_panel(ax, of_scene(table, scene), labels, parts)
        ax.set_xlim(*_limits(table))
        name_panel(ax, one_line(scene_label(scene, among)), "", layout.panel)
    add_legend(figure, _legend(parts))
    add_footnote(figure, note)
    return figure


def _shown(table: pd.DataFrame) -> list[str]:
    """Return the components that could be estimated; one replicate leaves few."""
    some = set(table["component"][table["share"].notna()])
    return [q for q in COMPONENTS if q.removeprefix("variance_") in some]


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the axis: from 0 to 1, or as far as bars and intervals go."""
    ends = table[["share", "share_lower", "share_upper"]].to_numpy(float)
    ends = ends[np.isfinite(ends)]
    low, high = min([0.0, *ends]), max([1.0, *ends])
    return low - (0.02 if low < 0 else 0), high + (0.02 if high > 1 else 0)


def _legend(parts: list[str]) -> list[Any]:
    """Return a patch for each component, and one for those that may be 0."""
    handles: list[Any] = []
    for quantity in parts:
        label, colour = COMPONENTS[quantity]
        last = quantity == "variance_residual" and "variance_respondent_context" not in parts
        with_it = "residual, with persona × context (one replicate)" if last else label
        handles.append(Patch(facecolor=colour, label=with_it))
    hatched: dict[str, Any] = {
        "facecolor": "white",
        "edgecolor": MUTED,
        "hatch": HATCH,
        "linewidth": 0.5,
    }
    return [*handles, Patch(label="interval includes 0", **hatched)] if parts else []


def _why(own: pd.DataFrame) -> str:
    """Return why a model has no bar."""
    if own.empty:
        return "no figures"
    return "nothing varies" if own["estimate"].notna().any() else "not estimable"


def _draw_panel(ax: Axes, rows: pd.DataFrame, labels: dict[str, str], parts: list[str]) -> None:
    """Draw one scene: for each model a bar a component, with its interval."""
    part_mm = BAR_MM / (BAR_MM * len(parts) + GAP_MM)
    for y, name in enumerate(labels):
        own = rows[rows["model"].eq(name)]
        if own["share"].isna().all():
            ax.text(0.01, y, _why(own), va="center", style="italic", size=SMALL, color=INK)
            continue
        for row in own[own["share"].notna()].to_dict("records"):
            quantity = f"variance_{row['component']}"
            place = y + (parts.index(quantity) - (len(parts) - 1) / 2) * part_mm
            _draw_bar(ax, place, part_mm, row, labels[name])
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=0.5)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_yticks(range(len(labels)), list(labels.values()))
    ax.set_xlabel("share of the variance of a value's scores", fontsize=SMALL)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelbottom=True)
    sns.despine(ax=ax, left=True)


def _draw_bar(ax: Axes, y: float, height: float, row: dict[Any, Any], name: str) -> None:
    """Draw one component: its bar from 0, hatched if its interval includes 0, and its interval."""
    called, colour = COMPONENTS[f"variance_{row['component']}"]
    share, low, high = (float(row[f"share{end}"]) for end in ("", "_lower", "_upper"))
    may_be_none = low <= 0 <= high
    ax.barh(
        y, share, height=0.86 * height, color="white" if may_be_none else colour,
        edgecolor=colour, hatch=HATCH if may_be_none else None, linewidth=0.4,
    )  # fmt: skip
    if np.isfinite([low, high]).all():
        ax.plot([low, high], [y, y], color=INK, linewidth=0.7, solid_capstyle="butt")
    size = f"{percent(share)}; variance {said(row, 3)}"
    add_point(ax, share, y, name, called, size)
