"""What the models value: mean centred scores of the values, family by family."""

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from holdfast.design.facets.facets import of_own_levels
from holdfast.design.frameworks import in_theory_order
from holdfast.report.figure_parts.family_colours import family_colours
from holdfast.report.figure_parts.figure_files import write_figure
from holdfast.report.figure_parts.figure_style import (
    BAND,
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
from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.figure_parts.tooltips import add_point, said
from holdfast.report.wording.estimate_selection import (
    interval_name,
    of_panel,
    of_scene,
    panels,
    said_below,
    scenes,
)
from holdfast.report.wording.model_labels import (
    Models,
    families,
    family_kind,
    family_note,
    family_of,
    footnote_of,
    people,
    references,
)
from holdfast.report.wording.text_format import one_line
from holdfast.tables.table_files import read_table

CIRCLE = {
    "Self-Direction": "openness to change",
    "Stimulation": "openness to change",
    "Hedonism": "openness to change",
    "Achievement": "self-enhancement",
    "Power": "self-enhancement",
    "Security": "conservation",
    "Conformity": "conservation",
    "Tradition": "conservation",
    "Benevolence": "self-transcendence",
    "Universalism": "self-transcendence",
}
"""The ten values around the circle of the theory, with their higher-order value (methods.md 7.4)."""

COLUMNS = 4


def draw_profiles(
    *, values: Sequence[Path], models: Models, output: Path, confidence: float = 0.95,
    instruments: Sequence[str] | None = None,
) -> None:  # fmt: skip
    """Draw the value profile of each family, of references and of people, and write the figure and its table.

    Args:
        values: tables of value scores.
        models: registry entries as plain data, by name.
        output: the figure's SVG; PNG and CSV go beside it.
        confidence: of the intervals, which are between respondents.
        instruments: those that are drawn; by default all. Tasks have no profile of values.

    Raises:
        StudyError: a table can't be read, or a file can't be written.
    """
    scores = pd.concat([condensed(read_table(p, "values")) for p in values], ignore_index=True)
    if instruments is not None:
        scores = scores[scores["instrument"].isin(list(instruments))]
    write_figure(profile_figure, profile_table(scores, models, confidence), output)


def condensed(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over contexts and replicates: all that a profile is made of, in far fewer rows.

    Contexts at other levels of facets than the first are left out.
    """
    keys = ["population", "instrument", "model", "respondent", "value"]
    return of_own_levels(scores).groupby(keys, sort=False)["centred"].mean().reset_index()


def profile_table(scores: pd.DataFrame, models: Models, confidence: float = 0.95) -> pd.DataFrame:
    """Return the mean centred score of each value, with its interval between respondents.

    A respondent's score is the mean over contexts and replicates, then over the family's models. The
    interval is Student's t interval of the mean over respondents.
    """
    groups = [
        (
            m,
            {
                "group": f,
                "note": family_note(m, models),
                "family": f,
                "kind": family_kind(m, models),
            },
        )
        for f, m in families(models).items()
    ]
    same = {"note": "reference", "family": "Reference", "kind": "reference"}
    groups += [([r], {"group": r, **same}) for r in references(models)]
    groups += [
        ([p], {"group": p, "note": "people", "family": family_of(p, models), "kind": "people"})
        for p in people(models)
    ]
    keys = ["respondent", "value"]
    method = f"t interval of the mean over respondents, {100 * confidence:g} %"
    rows = []
    for scene in scenes(scores):
        here = of_scene(scores, scene)
        for members, about in groups:
            own = here[here["model"].isin(members)]
            means = own.groupby(["model", *keys])["centred"].mean().groupby(keys).mean().dropna()
            about |= {"population": scene[0], "instrument": scene[1], "method": method}
            rows += [about | r for r in _profile(means, confidence)]
    return pd.DataFrame(rows, columns=columns("profiles"))


def _profile(means: "pd.Series[float]", confidence: float) -> list[dict[str, object]]:
    """Return one row a value, from scores indexed by respondent and value."""
    rows: list[dict[str, object]] = []
    for value in in_theory_order(means.index.get_level_values("value")):
        x = means.xs(value, level="value")
        n, sd = len(x), float(x.std(ddof=1)) if len(x) > 1 else math.nan
        half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * sd / math.sqrt(n) if n > 1 else sd
        mean = float(x.mean())
        rows.append(
            {
                "value": value,
                "mean": mean,
                "lower": mean - half,
                "upper": mean + half,
                "sd": sd,
                "n": n,
            }
        )
    return rows


def profile_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `profile_table` made."""
    shown, among = panels(table, "group"), scenes(table)
    values = in_theory_order(table["value"])
    note = footnote_of(table["kind"])
    layout = _layout(len(shown), values, foot(note))
    figure, axes = panel_figure(layout, len(shown), sharex=True)
    colours = family_colours(table["family"])
    for i, (ax, panel) in enumerate(zip(axes, shown, strict=True)):
        rows = of_panel(table, "group", panel)
        _draw_panel(ax, rows, values, colours)
        _finish_panel(ax, values, i % COLUMNS == 0, i + COLUMNS >= len(shown))
        below = said_below(str(rows["note"].iloc[0]), panel[0], among)
        name_panel(ax, one_line(panel[1]), below, layout.panel)
    add_heading(
        figure, "mean score of the value, less the respondent's mean rating (rating steps; bar: "
        f"{interval_name(table)})",
    )  # fmt: skip
    add_footnote(figure, note)
    return figure


def _layout(panels: int, values: list[str], note: float) -> Layout:
    """Return a grid of panels with room for the values' names."""
    names = max((text_width(one_line(v), SMALL) for v in values), default=0.0)
    return Layout(
        rows=max(1, math.ceil(panels / COLUMNS)), columns=COLUMNS, height=3.9 * max(4, len(values)),
        left=min(45.0, names) + 3, right=2, top=14, bottom=6 + note, across=3, down=10.5,
    )  # fmt: skip


def _draw_panel(ax: Axes, rows: pd.DataFrame, values: list[str], colours: dict[str, str]) -> None:
    """Draw one profile: dots with intervals, joined in the order of the circle."""
    colour = colours[str(rows["family"].iloc[0])]
    shown = rows.assign(y=[values.index(v) for v in rows["value"]]).sort_values("y")
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=1)
    sns.lineplot(shown, x="mean", y="y", color=colour, orient="y", linewidth=0.8, alpha=0.6, ax=ax,
                 estimator=None, legend=False)  # fmt: skip
    ax.hlines(shown["y"], shown["lower"], shown["upper"], color=colour, linewidth=1.6, zorder=3)
    sns.scatterplot(shown, x="mean", y="y", color=colour, s=13, linewidth=0.4, zorder=4, ax=ax)
    for row in shown.rename(columns={"mean": "estimate"}).to_dict("records"):
        add_point(ax, row["estimate"], row["y"], str(row["group"]), str(row["value"]), said(row))
    if shown["mean"].abs().max() < 1e-9 and shown["sd"].fillna(0).max() < 1e-9:
        ax.text(
            0.96, 0.5, "all values\nalike", transform=ax.transAxes, ha="right", va="center",
            style="italic", size=SMALL, color=MUTED,
        )  # fmt: skip


def _finish_panel(ax: Axes, values: list[str], left: bool, bottom: bool) -> None:
    """Shade the theory's higher-order values in turn, and name the values at the left of the grid only."""
    blocks = list(dict.fromkeys(CIRCLE.values()))
    shaded = [v for v in CIRCLE if blocks.index(CIRCLE[v]) % 2 == 0]
    for y, value in enumerate(values):
        if value in shaded and set(CIRCLE) <= set(values):
            ax.axhspan(y - 0.5, y + 0.5, facecolor=BAND, alpha=0.6, zorder=0, linewidth=0)
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.set_yticks(range(len(values)), [one_line(v) for v in values])
    ax.tick_params(axis="y", length=0, labelleft=left, pad=3)
    ax.tick_params(axis="x", labelbottom=bottom)
    ax.set(xlabel="", ylabel="")
    sns.despine(ax=ax, left=True)
