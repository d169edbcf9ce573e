"""How sure the order of the models is: in how many bootstrap draws each model has which place."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from holdfast.report.figure_parts.figure_files import write_figure
from holdfast.report.figure_parts.figure_style import (
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
from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.figure_parts.tooltips import add_point
from holdfast.report.wording.estimate_selection import Scene, of_scene, scene_label, scenes
from holdfast.report.wording.model_labels import (
    Models,
    footnote_of,
    is_people,
    is_reference,
    kind,
    said_kind,
)
from holdfast.report.wording.text_format import digits_near_one, one_line
from holdfast.stability.estimation.estimate_tables import left_out
from holdfast.stability.estimation.model_places import places_of
from holdfast.tables.table_files import read_table

QUANTITY = "rank_order"
ROW_MM = 6.0
LEAST_SHOWN = 0.005
SURE = 0.95
"""How sure the places in contexts like these are."""

NONE = (float("nan"), float("nan"))


def draw_ranks(*, draws: Mapping[tuple[str, str], Path], models: Models, output: Path) -> None:
    """Draw how often each model has each place, and write the figure and its table.

    Args:
        draws: tables of bootstrap draws, by model and population.
        models: registry entries as plain data, by name.
        output: the figure's SVG; PNG and CSV go beside it.

    Raises:
        StudyError: a table can't be read, or a file can't be written.
    """
    read = {key: _ranked(read_table(path, "draws")) for key, path in draws.items()}
    write_figure(rank_figure, rank_table(read, models), output)


def rank_table(draws: Mapping[tuple[str, str], pd.DataFrame], models: Models) -> pd.DataFrame:
    """Return the share of the draws in which a model has a place in rank-order stability.

    A draw has the same respondents for all models, so that places in a draw can be compared. Models
    without an estimate in every draw are left out, and so are references: they are no rivals. A scene with
    fewer than two models has no rows. Ties share the better place.

    Returns:
        A row a scene, model and place that occurs, models in the order of their mean place. The first and last
        place that a model may have in contexts like these is NaN where there is no such interval.
    """
    parts = [
        _ranked(table).assign(model=model, population=population)
        for (model, population), table in draws.items()
        if not is_reference(models[model]) and not is_people(models[model])
    ]
    rows = []
    for scene in scenes(pd.concat(parts)) if parts else []:
        own = of_scene(pd.concat(parts), scene)
        wide = own[own["without"].isna()].pivot(index="draw", columns="model", values="estimate")
        places = wide.dropna(axis="columns").rank(axis="columns", ascending=False, method="min")
        if len(places.columns) < 2:  # one model has its place for sure
            continue
        like = _places_in_contexts_like_these(own, [str(m) for m in places])
        rows += _rows(places, like, scene, models)
    return pd.DataFrame(rows, columns=columns("ranks"))


def _ranked(draws: pd.DataFrame) -> pd.DataFrame:
    """Return the draws of what models are ranked by."""
    return draws[draws["quantity"].eq(QUANTITY)]


def _places_in_contexts_like_these(
    draws: pd.DataFrame, names: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Return the first and the last place that each model may have; nothing without figures for all of them.

    They come from the model's comparisons with all others (`paired_contexts`), adjusted for their number.
    """
    deleted = {
        str(name): left_out(rows)
        for name, rows in draws[draws["without"].notna()].groupby("model", sort=False)
        if name in names
    }
    return places_of(deleted, 1 - SURE) if len(deleted) == len(names) > 1 else {}


def _rows(
    places: pd.DataFrame, like: Mapping[str, tuple[int, int]], scene: Scene, models: Models
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    mean = places.mean().sort_values(kind="stable")
    for model in map(str, mean.index):
        about = (*scene, model, models[model]["model"]["family"], kind(models[model]))
        counts = places[model].value_counts().sort_index()
        rows += [
            (
                *about,
                int(place),
                count / len(places),
                float(mean[model]),
                len(places),
                *like.get(model, NONE),
            )
            for place, count in zip(counts.index.astype(int), counts, strict=True)
        ]
    return rows


def rank_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `rank_table` made."""
    among = scenes(table)
    most = max((of_scene(table, s)["model"].nunique() for s in among), default=1)
    note = footnote_of(table["kind"])
    names = max((text_width(label, SMALL) for label in said_kind(table)), default=0.0)
    framed = bool(table["place_lower"].notna().any())
    across = min(2, max(1, len(among)))
    layout = Layout(
        rows=max(1, -(-len(among) // across)), columns=across, height=ROW_MM * most,
        left=min(50.0, names) + 3, right=3, top=12 + 4 * framed, bottom=9 + foot(note),
        across=min(50.0, names) + 6, down=18,
    )  # fmt: skip
    figure, axes = panel_figure(layout, len(among))
    for ax, scene in zip(axes, among, strict=True):
        _draw_panel(ax, of_scene(table, scene))
        name_panel(ax, one_line(scene_label(scene, among)), "", layout.panel)
    words = (
        "share of the draws in which a model has a place in rank-order stability, with these topics"
    )
    if framed:
        words += "\nframe: the places that it may have with topics like these (95 %)"
    add_heading(figure, words if among else f"{words}: no two models have one in every draw")
    add_footnote(figure, note)
    return figure


def _draw_panel(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw one scene: a row a model, a column a place."""
    names = list(dict.fromkeys(rows["model"]))
    labels = list(dict.fromkeys(said_kind(rows)))
    shares = matrix(rows, names)
    colours = sns.light_palette("#0072B2", as_cmap=True)
    ax.pcolormesh(shares, vmin=0, vmax=1, cmap=colours, edgecolors="white", linewidth=0.8)
    for (i, j), share in np.ndenumerate(shares):
        if share >= LEAST_SHOWN:
            dark = "white" if share > 0.6 else INK
            digits = digits_near_one([share], 2) - 2
            ax.text(j + 0.5, i + 0.5, f"{100 * share:.{digits}f} %", ha="center", va="center",
                    size=SMALL, color=dark)  # fmt: skip
            add_point(
                ax, j + 0.5, i + 0.5, labels[i], f"place {j + 1}: {100 * share:.1f} % of the draws"
            )
    for i, (first, last) in enumerate(_frames(rows, names)):
        if not np.isnan(first):
            frame = Rectangle(
                (first - 0.97, i + 0.04),
                last - first + 0.94,
                0.92,
                fill=False,
                edgecolor=INK,
                linewidth=1.1,
            )
            ax.add_patch(frame)
    ax.invert_yaxis()
    ax.set_yticks(np.arange(len(names)) + 0.5, labels)
    ax.set_xticks(np.arange(len(names)) + 0.5, [str(i + 1) for i in range(len(names))])
    ax.set_xlabel("place", fontsize=SMALL, color=MUTED)
    ax.tick_params(length=0)
    sns.despine(ax=ax, left=True, bottom=True)


def _frames(rows: pd.DataFrame, names: Sequence[str]) -> list[tuple[float, float]]:
    """Return each model's first and last place in contexts like these."""
    first = rows.drop_duplicates("model").set_index("model").loc[list(names)]
    return [(a, b) for a, b in first[["place_lower", "place_upper"]].to_numpy(dtype=float).tolist()]


def matrix(rows: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return one scene's shares (models, places); 0 where a place does not occur."""
    shares = np.zeros((len(names), len(names)))
    for model, place, share in rows[["model", "place", "share"]].itertuples(index=False):
        shares[names.index(model), int(place) - 1] = share
    return shares
