"""Do personas keep their places: each persona's rank on one value from context to context."""

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from holdfast.report.figure_parts.figure_files import write_figure
from holdfast.report.figure_parts.figure_style import (
    INK,
    SMALL,
    Layout,
    add_footnote,
    add_heading,
    foot,
    name_panel,
    panel_figure,
    slant_labels,
    text_width,
)
from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.figure_parts.tooltips import add_point
from holdfast.report.wording.estimate_selection import (
    CONTEXTS_ENDS,
    Scene,
    context_pairs,
    in_order,
    of_panel,
    of_scene,
    panels,
    said_below,
    scenes,
    shown_interval,
)
from holdfast.report.wording.model_labels import Models, footnote_of, kind
from holdfast.report.wording.text_format import estimate_text, one_line
from holdfast.tables.table_files import read_table

COLUMNS = 4
MOST_SHOWN = 200
"""Lines in a panel: more can't be told apart, and make a picture that no viewer opens."""

COPIED = [
    "estimate",
    "lower",
    "upper",
    *CONTEXTS_ENDS,
    "n",
    "undefined",
    "null_mean",
    "null_sd",
    "status",
    "method",
]


def draw_trajectories(
    *, values: Sequence[Path], estimates: Path, models: Models, output: Path
) -> None:
    """Draw the personas' ranks over contexts, and write the figure and its table.

    Args:
        values: tables of value scores.
        estimates: the table of estimates.
        models: registry entries as plain data, by name.
        output: the figure's SVG; PNG and CSV go beside it.

    Raises:
        StudyError: a table can't be read, or a file can't be written.
    """
    known = read_table(estimates, "estimates")
    parts = [trajectory_table(read_table(path, "values"), known, models) for path in values]
    table = pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)
    write_figure(trajectory_figure, in_order(table, scenes(table), model=models), output)


def trajectory_table(
    scores: pd.DataFrame, estimates: pd.DataFrame, models: Models
) -> pd.DataFrame:  # fmt: skip
    """Return each persona's rank on one value in each context, and the models' stability on that value.

    The value is the study's typical one: that with the median stability, mean over models, in the scene.
    A rank is of the mean score over replicates, among all personas. Of more than MOST_SHOWN personas every so
    manyth is kept.
    """
    stable = of_values(estimates, models)
    parts = [_of_scene(scores, estimates, stable, scene) for scene in scenes(scores)]
    table = pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)
    table["family"] = [models[m]["model"]["family"] for m in table["model"]]
    table["kind"] = [kind(models[m]) for m in table["model"]]
    return in_order(table[columns("trajectories")], scenes(scores), model=models)


def of_values(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return the models' rank-order stability of single values, pooled over contexts and replicates."""
    e = estimates
    own = e["quantity"].eq("rank_order") & e["model"].isin(list(models)) & e["value"].ne("")
    return e[own & e["context_a"].eq("") & e["replicate"].isna()]


def typical_value(stable: pd.DataFrame) -> str:
    """Return the value with the median mean stability; of an even number the lower middle one."""
    means = stable.groupby("value")["estimate"].mean().dropna().sort_values(kind="stable")
    return str(means.index[(len(means) - 1) // 2]) if len(means) else ""


def _of_scene(
    scores: pd.DataFrame, estimates: pd.DataFrame, stable: pd.DataFrame, scene: Scene
) -> pd.DataFrame:
    """Return one scene's ranks, in the contexts that its stability is of."""
    stable, pairs = of_scene(stable, scene), of_scene(context_pairs(estimates), scene)
    value = typical_value(stable)
    contexts = list(dict.fromkeys([*pairs["context_a"], *pairs["context_b"]]))
    own = of_scene(scores, scene)
    own = own[own["value"].eq(value) & own["context"].isin(contexts)]
    keys = ["population", "instrument", "model", "value", "respondent", "context"]
    mean = own.groupby(keys, sort=False)["centred"].mean().rename("score").reset_index()
    mean["rank"] = mean.groupby(["model", "context"])["score"].rank(ascending=False)
    mean["place"] = mean["context"].map({c: i for i, c in enumerate(contexts)})
    mean = _thinned(mean.sort_values(["respondent", "place"], kind="stable"))
    figures = stable[stable["value"].eq(value)][["model", *COPIED]]
    return mean.merge(figures, on="model", how="left").fillna({"status": "missing", "method": ""})


def _thinned(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of MOST_SHOWN personas at most, evenly among all."""
    people = rows["respondent"].unique()
    if len(people) <= MOST_SHOWN:
        return rows
    kept = [people[i * len(people) // MOST_SHOWN] for i in range(MOST_SHOWN)]
    return rows[rows["respondent"].isin(kept)]


def trajectory_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `trajectory_table` made: a panel a model, a line a persona."""
    shown, among = panels(table, "model"), scenes(table)
    contexts = list(dict.fromkeys(table["context"]))
    note = footnote_of(table["kind"])
    names = max((text_width(one_line(c), SMALL) for c in contexts), default=0.0)
    layout = Layout(
        rows=max(1, math.ceil(len(shown) / COLUMNS)), columns=COLUMNS, height=38, left=9, right=4,
        top=20, bottom=0.75 * names + 5 + foot(note), across=6, down=0.75 * names + 17,
    )  # fmt: skip
    figure, axes = panel_figure(layout, len(shown))
    for i, (ax, panel) in enumerate(zip(axes, shown, strict=True)):
        rows = of_panel(table, "model", panel)
        _draw_panel(ax, rows)
        ax.set_ylabel("rank" if i % COLUMNS == 0 else "", fontsize=SMALL)
        below = said_below(str(rows["kind"].iloc[0]), panel[0], among)
        name_panel(ax, one_line(panel[1]), below, layout.panel - 1, lift=8)
        name_panel(ax, "", _stability(rows), layout.panel - 1)
    words = "rank of each persona on one value, with the stability of that value"
    add_heading(figure, f"{words}; colour: rank in the first context")
    add_footnote(figure, note)
    return figure


def _stability(rows: pd.DataFrame) -> str:
    """Return what stands above a panel: the value, and the model's stability on that value."""
    row = rows.iloc[0]
    known = estimate_text(row["estimate"], *shown_interval(row.to_dict()))
    said = known if pd.notna(row["estimate"]) else "not estimable"
    if row["undefined"] > 0:
        said += f", {row['undefined']:.0f} undefined"
    if rows["respondent"].nunique() == MOST_SHOWN < row["n"]:
        said += f", {MOST_SHOWN} of {row['n']:.0f} personas"
    return f"{row['value']} {said}"


def _draw_panel(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw one model: a persona that keeps its place is a level line."""
    wide = rows.pivot_table(index="respondent", columns="context", values="rank", sort=False)
    contexts = list(dict.fromkeys(rows["context"]))
    ranks = wide.reindex(columns=contexts).to_numpy(float)
    colours = matplotlib.colormaps["viridis"]
    # more than there are lines, where these are thinned
    known = ranks[np.isfinite(ranks)]
    people = max([1, len(ranks), *known.astype(int)])
    most = max(people - 1, 1)
    for person, line in zip(wide.index, ranks, strict=True):
        begin = line[0] if math.isfinite(line[0]) else (people + 1) / 2
        colour = colours(0.92 * (begin - 1) / most)
        ax.plot(np.arange(len(contexts)), line, color=colour, linewidth=0.7, alpha=0.85)
        for x, rank in enumerate(line):
            add_point(ax, x, rank, str(person), f"rank {rank:g} of {people} in {contexts[x]}")
    if len(np.unique(known)) < 2:
        said = "all personas alike" if known.size else "no scores"
        ax.text(0.5, 0.9, said, transform=ax.transAxes, ha="center", va="top",
                style="italic", size=SMALL, color=INK)  # fmt: skip
    ax.set_ylim(people + 0.5, 0.5)
    ax.set_xticks(range(len(contexts)), [one_line(c) for c in contexts])
    slant_labels(ax)
    ticks = {1, *(round(people * part / 4) for part in (1, 2, 3, 4))} - {0}
    ax.set_yticks(sorted(ticks) if known.size else [])
    ax.tick_params(axis="both", length=0, pad=2)
    sns.despine(ax=ax, left=True, bottom=True)
