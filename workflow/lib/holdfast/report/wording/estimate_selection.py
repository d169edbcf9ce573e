"""Rows of the table of estimates that the report shows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from holdfast.report.wording.text_format import one_line

Scene = tuple[str, str]
"""Population and instrument: what stands in one panel."""

Row = Mapping[Any, Any]
CONTEXTS_ENDS = ("contexts_lower", "contexts_upper")


def pooled(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the rows pooled over values, contexts and replicates, of models and of families."""
    e = estimates
    whole = e["value"].eq("") & e["context_a"].eq("") & e["context_b"].eq("")
    return e[whole & e["replicate"].isna()]


def headline_quantity(rows: pd.DataFrame) -> str:
    """Return the rank-order quantity by which the models of a study are put in order.

    Spearman's bias depends on the number of respondents. Where the populations differ in it, and the
    estimates have the figure that is free of it, that is the one.
    """
    of = rows["quantity"].eq("rank_order") & rows["model"].ne("")
    sizes = rows[of].groupby("population")["n"].max().nunique()
    known = rows["quantity"].eq("rank_order_unbiased").any()
    return "rank_order_unbiased" if sizes > 1 and known else "rank_order"


def context_pairs(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the models' rank-order rows of single pairs of contexts, pooled over the rest."""
    e = estimates
    pair = e["context_a"].ne("") & e["context_b"].ne("") & e["value"].eq("") & e["replicate"].isna()
    return e[pair & e["model"].ne("") & e["quantity"].eq("rank_order")]


def scenes(table: pd.DataFrame) -> list[Scene]:
    """Return every population × instrument of a table, in its order."""
    return [
        (str(p), str(i)) for p, i in table[["population", "instrument"]].drop_duplicates().values
    ]


def of_scene(table: pd.DataFrame, scene: Scene) -> pd.DataFrame:
    """Return the rows of one population and instrument."""
    return table[table["population"].eq(scene[0]) & table["instrument"].eq(scene[1])]


def scene_label(scene: Scene, among: Iterable[Scene]) -> str:
    """Return the population, and the instrument where the study has several."""
    return " · ".join(scene) if len({i for _, i in among}) > 1 else scene[0]


def panels(table: pd.DataFrame, column: str) -> list[tuple[Scene, str]]:
    """Return every scene with each entry that a column has there, in the table's order."""
    return [
        (scene, str(entry))
        for scene in scenes(table)
        for entry in of_scene(table, scene)[column].drop_duplicates()
    ]


def of_panel(table: pd.DataFrame, column: str, panel: tuple[Scene, str]) -> pd.DataFrame:
    """Return the rows of one panel as `panels` names it."""
    rows = of_scene(table, panel[0])
    return rows[rows[column].eq(panel[1])]


def in_order(
    table: pd.DataFrame, among: Sequence[Scene], **orders: Iterable[str]
) -> pd.DataFrame:  # fmt: skip
    """Return a table in the order of the scenes, then of each column's own order of entries."""
    scene = {s: i for i, s in enumerate(among)}
    places = [{name: i for i, name in enumerate(order)} for order in orders.values()]
    rows = zip(*(table[c] for c in ("population", "instrument", *orders)), strict=True)
    keys = [
        (scene[p, i], *(place[entry] for place, entry in zip(places, rest, strict=True)))
        for p, i, *rest in rows
    ]
    return table.iloc[sorted(range(len(keys)), key=keys.__getitem__)].reset_index(drop=True)


def by_name(rows: pd.DataFrame) -> dict[tuple[str, str, Scene, str], dict[str, Any]]:
    """Return rows by (model, family or "", scene, quantity); the family only for families' rows."""
    found = {}
    for row in rows.to_dict("records"):
        family = "" if row["model"] else row["family"]
        scene = (row["population"], row["instrument"])
        found[(row["model"], family, scene, row["quantity"])] = {str(k): v for k, v in row.items()}
    return found


def said_below(words: str, scene: Scene, among: Sequence[Scene]) -> str:
    """Return what stands below a panel's name: a few words, and the scene if there are several."""
    label = scene_label(scene, among) if len(among) > 1 else ""
    return " · ".join(one_line(s) for s in (words, label) if s)


def like_these(row: Row) -> bool:
    """Tell whether a row has the interval for contexts like the study's, beside that for these contexts."""
    return all(pd.notna(row.get(end)) for end in CONTEXTS_ENDS)


def shown_interval(row: Row, prefix: str = "") -> tuple[Any, Any]:
    """Return the ends of the interval that is shown: for contexts like these, else for these contexts.

    Args:
        row: of a table.
        prefix: what its columns' names begin with.
    """
    own = {end: row.get(f"{prefix}{end}") for end in ("lower", "upper", *CONTEXTS_ENDS)}
    first, second = CONTEXTS_ENDS if like_these(own) else ("lower", "upper")
    return own[first], own[second]


def interval_name(estimates: pd.DataFrame) -> str:
    """Return how the intervals are called, as '95 % interval', from the estimates' own method."""
    said = estimates["method"].unique()
    levels = {level for text in said for level in re.findall(r"([\d.]+) %", str(text))}
    return f"{levels.pop()}\u00a0% interval" if len(levels) == 1 else "interval"
