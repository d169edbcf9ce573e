"""What changed between two studies: each model's difference, from the table of `holdfast compare`."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from holdfast.report.figure_parts.figure_style import (
    FAINT,
    INK,
    MUTED,
    SMALL,
    Layout,
    add_footnote,
    add_heading,
    foot,
    name_panel,
    panel_figure,
    text_width,
)
from holdfast.report.figure_parts.model_marks import Mark, model_marks
from holdfast.report.figure_parts.tooltips import add_point, said
from holdfast.report.wording.estimate_selection import of_panel, panels, said_below, scenes
from holdfast.report.wording.model_labels import footnote_of
from holdfast.report.wording.text_format import number, one_line

NAMES = {
    "rank_order": "Rank-order stability",
    "ipsative": "Ipsative stability",
    "fidelity": "Fidelity",
}
APART = "independent_bootstrap"
SIGNIFICANT = 0.05
ROW_MM, COLUMNS = 5.2, 3


def difference_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table of differences; of the measures, those in `NAMES` are shown."""
    rows = table[table["quantity"].isin(list(NAMES))]
    shown, marks = panels(rows, "quantity"), model_marks(rows)
    note = footnote_of(rows["kind"])
    names = max((text_width(m.label, SMALL) for m in marks.values()), default=0.0)
    layout = Layout(
        rows=max(1, -(-len(shown) // COLUMNS)), columns=COLUMNS, height=ROW_MM * max(2, len(marks)),
        left=min(50.0, names) + 3, right=4, top=17, bottom=9 + foot(note), across=5, down=21,
    )  # fmt: skip
    figure, axes = panel_figure(layout, len(shown), sharex=True)
    for i, (ax, panel) in enumerate(zip(axes, shown, strict=True)):
        _draw_panel(ax, of_panel(rows, "quantity", panel), marks)
        ax.tick_params(axis="y", length=0, labelleft=i % COLUMNS == 0)
        below = said_below("", panel[0], scenes(rows))
        name_panel(ax, NAMES[panel[1]], below, layout.panel)
    add_heading(figure, _heading(rows))
    add_footnote(figure, note)
    return figure


def _heading(rows: pd.DataFrame) -> str:
    """Say what is less what, and what the marks mean."""
    if rows.empty:
        return "no model has figures in the same population and questionnaire in both studies"
    first, second = (one_line(rows[c].iloc[0]) for c in ("study_a", "study_b"))
    like = rows["method"].eq("paired_contexts").all()
    about = "for conversations like these" if like else "over respondents"
    apart = "; dotted: other respondents, not paired" if rows["method"].eq(APART).any() else ""
    return (
        f"{second} less {first}; bars: intervals {about}{apart}\n"
        f"filled: p below .05 after Benjamini–Hochberg over the rows of a measure; hollow: not significant"
    )


def _draw_panel(ax: Axes, rows: pd.DataFrame, marks: dict[str, Mark]) -> None:
    """Draw one measure: a difference a model, or why there is none."""
    found = {str(r["model"]): r for r in rows.to_dict("records")}
    for y, (model, mark) in enumerate(marks.items()):
        row: dict[Any, Any] = found.get(model, {"difference": float("nan")})
        if pd.isna(row["difference"]):
            words = "not estimable" if model in found else "not in both"
            ax.annotate(
                words, (0, y), (3, 0), textcoords="offset points", va="center", style="italic",
                size=SMALL, color=INK,
            )  # fmt: skip
            continue
        line = ":" if row["method"] == APART else "-"
        ax.hlines(y, row["lower"], row["upper"], color=mark.colour, linewidth=1.2, linestyle=line)
        inside = mark.colour if row["p_adjusted"] < SIGNIFICANT else "white"
        dot = Line2D([row["difference"]], [y], marker=mark.shape, markersize=4.2, color=mark.colour,
                     markerfacecolor=inside, zorder=4)  # fmt: skip
        ax.add_line(dot)
        add_point(ax, row["difference"], y, mark.label, *_words(row))
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=1)
    ax.grid(axis="x", color=FAINT, linewidth=0.4)
    ax.set_axisbelow(True)
    ax.set_yticks(range(len(marks)), [m.label for m in marks.values()])
    ax.set_ylim(len(marks) - 0.5, -0.5)
    ax.locator_params(axis="x", nbins=5)
    ax.tick_params(axis="x", labelbottom=True)
    ax.set_xlabel("difference", fontsize=SMALL)
    sns.despine(ax=ax, left=True)


def _words(row: dict[Any, Any]) -> tuple[str, str]:
    """Return what is said of a difference: it, and the two figures it is of."""
    difference = {"estimate": row["difference"], **{c: row[c] for c in ("lower", "upper", "n")}}
    p = f"p = {number(row['p_adjusted'], 3)} after correction"
    return f"difference {said(difference)}; {p}", f"{number(row['a'])} → {number(row['b'])}"
