"""Where the answers' variance comes from: personas, contexts, replicates, and what they do together."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from holdfast.report.figure_parts.figure_style import (
    DOUBLE,
    INK,
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

ROW_MM = 5.2


def variance_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return each model's variance components, in the order of `COMPONENTS`.

    `share` is of the sum of all components. An estimate below 0, as the analysis of variance can
    give, counts as 0 in it. It is empty where nothing varies.
    """
    rows = pooled(estimates)
    rows = rows[rows["quantity"].isin(list(COMPONENTS)) & rows["model"].isin(list(models))]
    whole = rows["estimate"].clip(lower=0)
    total = whole.groupby([rows[k] for k in ("population", "instrument", "model")]).transform("sum")
    table = rows.assign(
        kind=[kind(models[m]) for m in rows["model"]],
        component=rows["quantity"].str.removeprefix("variance_"),
        share=(whole / total).where(total > 0),
    )
    parts = [q.removeprefix("variance_") for q in COMPONENTS]
    return in_order(table[columns("variance")], scenes(estimates), model=models, component=parts)


def variance_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `variance_table` made."""
    among = scenes(table)
    note = footnote_of(table["kind"])
    labels = dict(zip(table["model"], said_kind(table), strict=True))
    width = min(50.0, max((text_width(label, SMALL) for label in labels.values()), default=0.0))
    across = min(2, max(1, len(among)))
    layout = Layout(
        rows=max(1, -(-len(among) // across)), columns=across, height=ROW_MM * max(2, len(labels)),
        left=width + 3, right=4, top=17, bottom=9 + foot(note), across=6, down=14, width=DOUBLE,
    )  # fmt: skip
    figure, axes = panel_figure(layout, len(among), sharex=True, sharey=True)
    for ax, scene in zip(axes, among, strict=True):
        _draw_panel(ax, of_scene(table, scene), labels)
        name_panel(ax, one_line(scene_label(scene, among)), "", layout.panel)
    add_legend(figure, _legend(table))
    add_footnote(figure, note)
    return figure


def _legend(table: pd.DataFrame) -> list[Any]:
    """Return a patch for each component that could be estimated; one replicate leaves few."""
    some = set("variance_" + table["component"][table["share"].notna()])
    handles: list[Any] = []
    for quantity, (label, colour) in COMPONENTS.items():
        if quantity in some:
            last = quantity == "variance_residual" and "variance_respondent_context" not in some
            with_it = "residual, with persona × context (one replicate)" if last else label
            handles.append(Patch(facecolor=colour, label=with_it))
    return handles


def _why(own: pd.DataFrame) -> str:
    """Return why a model has no bar."""
    if own.empty:
        return "no figures"
    return "nothing varies" if own["estimate"].notna().any() else "not estimable"


def _draw_panel(ax: Axes, rows: pd.DataFrame, labels: dict[str, str]) -> None:
    """Draw one scene: a bar a model, its parts from the left in the order of the table."""
    for y, name in enumerate(labels):
        left, own = 0.0, rows[rows["model"].eq(name)]
        if own["share"].isna().all():
            ax.text(0.01, y, _why(own), va="center", style="italic", size=SMALL, color=INK)
            continue
        for row in own[own["share"].notna()].to_dict("records"):
            share, (called, colour) = row["share"], COMPONENTS[f"variance_{row['component']}"]
            ax.barh(
                y, share, left=left, color=colour, height=0.72, linewidth=0.3, edgecolor="white"
            )
            if share > 0:
                size = f"{percent(share)}; variance {said(row, 3)}"
                add_point(ax, left + share / 2, y, labels[name], called, size)
            left += share
    ax.set_xlim(0, 1)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_yticks(range(len(labels)), list(labels.values()))
    ax.set_xlabel("share of the variance of a value's scores", fontsize=SMALL)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelbottom=True)
    sns.despine(ax=ax, left=True)
