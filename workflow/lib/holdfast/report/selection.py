"""Rows of the table of estimates that the report shows."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

Scene = tuple[str, str]
"""Population and instrument: what stands in one panel."""

Row = Mapping[str, Any]


def pooled(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the rows pooled over values, contexts and replicates, of models and of families."""
    e = estimates
    whole = e["value"].eq("") & e["context_a"].eq("") & e["context_b"].eq("")
    return e[whole & e["replicate"].isna()]


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


def by_name(rows: pd.DataFrame) -> dict[tuple[str, str, Scene, str], dict[str, Any]]:
    """Return rows by (model, family or "", scene, quantity); the family only for families' rows."""
    found = {}
    for row in rows.to_dict("records"):
        family = "" if row["model"] else row["family"]
        scene = (row["population"], row["instrument"])
        found[(row["model"], family, scene, row["quantity"])] = {str(k): v for k, v in row.items()}
    return found


def interval_name(estimates: pd.DataFrame) -> str:
    """Return how the intervals are called, as '95 % interval', from the estimates' own method."""
    said = estimates["method"].unique()
    levels = {level for text in said for level in re.findall(r"([\d.]+) %", str(text))}
    return f"{levels.pop()}\u00a0% interval" if len(levels) == 1 else "interval"
