"""How the measures go together: rank-order stability against ipsative stability, and against fidelity."""

from collections.abc import Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from holdfast.report.figure_parts.figure_style import (
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
)
from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.figure_parts.model_marks import Mark, mark_handles, model_marks
from holdfast.report.figure_parts.tooltips import add_point, said
from holdfast.report.wording.estimate_selection import (
    in_order,
    of_panel,
    panels,
    pooled,
    scene_label,
    scenes,
    shown_interval,
)
from holdfast.report.wording.model_labels import Models, footnote_of, kind
from holdfast.report.wording.text_format import one_line

NAMES = {"ipsative": "ipsative stability", "fidelity": "fidelity"}
FIGURES = (
    "estimate", "lower", "upper", "contexts_lower", "contexts_upper", "n", "undefined", "null_mean",
    "null_sd", "status",
)  # fmt: skip
COLUMNS = 3


def agreement_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return a row a scene, model and other measure that the model has there, estimable or not."""
    rows = pooled(estimates)
    rows = rows[rows["status"].ne("too_few_values")]
    keys = ["population", "instrument", "model"]
    sides = {
        q: rows[rows["quantity"].eq(q) & rows["model"].isin(list(models))]
        for q in ("rank_order", *NAMES)
    }
    left = sides["rank_order"].rename(columns={f: f"rank_order_{f}" for f in FIGURES})
    parts = []
    for other in NAMES:
        right = sides[other][[*keys, *FIGURES]].rename(columns={f: f"other_{f}" for f in FIGURES})
        parts.append(left.merge(right, on=keys).assign(against=other))
    table = pd.concat(parts, ignore_index=True)
    table["kind"] = [kind(models[m]) for m in table["model"]]
    return in_order(table[columns("agreement")], scenes(rows), against=NAMES, model=models)


def agreement_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `agreement_table` made."""
    shown = panels(table, "against")
    note, models = footnote_of(table["kind"]), table.drop_duplicates("model")
    lines = -(-len(models) // 4)
    layout = Layout(
        rows=max(1, -(-len(shown) // COLUMNS)), columns=COLUMNS, height=48, left=12, right=3,
        top=14 + 3.6 * lines, bottom=10 + foot(note), across=11, down=22,
    )  # fmt: skip
    figure, axes = panel_figure(layout, len(shown))
    marks = model_marks(models)
    low = _lowest(table)
    for ax, (scene, other) in zip(axes, shown, strict=True):
        _draw_panel(ax, of_panel(table, "against", (scene, other)), other, marks, low)
        label = one_line(scene_label(scene, scenes(table)))
        name_panel(ax, f"against {NAMES[other]}", label, layout.panel)
    add_legend(figure, mark_handles(marks))
    add_footnote(figure, note)
    return figure


def _lowest(table: pd.DataFrame) -> float:
    """Return where the scales begin, the same in all panels."""
    ends = [
        table[f"{side}_{end}"]
        for side in ("rank_order", "other")
        for end in ("estimate", "lower", "contexts_lower")
    ]
    return max(-1.02, min(-0.05, *(float(e.min()) - 0.05 for e in ends if e.notna().any()), 0.0))


def _draw_panel(
    ax: Axes, rows: pd.DataFrame, other: str, marks: dict[str, Mark], low: float
) -> None:  # fmt: skip
    """Draw one panel: a mark a model with both intervals; on the line both measures are the same."""
    ax.plot([low, 1], [low, 1], color=MUTED, linewidth=0.6, linestyle=(0, (4, 2)), zorder=1)
    missing = []
    for row in rows.to_dict("records"):
        label, mark, colour = marks[row["model"]]
        x, y = row["rank_order_estimate"], row["other_estimate"]
        if pd.isna(x) or pd.isna(y):
            missing.append(label)
            continue
        across, up = (shown_interval(row, f"{side}_") for side in ("rank_order", "other"))
        if pd.notna(across[0]):
            ax.hlines(y, *across, color=colour, linewidth=0.9)
        if pd.notna(up[0]):
            ax.vlines(x, *up, color=colour, linewidth=0.9)
        ax.plot(
            x, y, mark, color=colour, markersize=4, markeredgecolor="white", markeredgewidth=0.4
        )
        sides = ({c: row[f"{side}_{c}"] for c in FIGURES} for side in ("rank_order", "other"))
        first, second = (said(side) for side in sides)
        add_point(ax, x, y, label, f"rank-order stability {first}", f"{NAMES[other]} {second}")
    _finish(ax, other, low, missing)


def _finish(ax: Axes, other: str, low: float, missing: Sequence[str]) -> None:
    ax.set_xlim(low, 1.03)
    ax.set_ylim(low, 1.03)
    ax.set_aspect("equal", anchor="NW")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MultipleLocator(0.2 if low > -0.3 else 0.5))
        axis.set_major_formatter("{x:.1f}")
    ax.grid(color=FAINT, linewidth=0.4)
    ax.set_axisbelow(True)
    ax.set_xlabel("rank-order stability", fontsize=SMALL)
    ax.set_ylabel(NAMES[other], fontsize=SMALL)
    if missing:
        words = "not estimable:\n" + "\n".join(missing)
        ax.text(0.97, 0.03, words, transform=ax.transAxes, ha="right", va="bottom", color=INK,
                style="italic", size=SMALL - 0.5)  # fmt: skip
    sns.despine(ax=ax)
