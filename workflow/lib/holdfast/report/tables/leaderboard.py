"""The leaderboard: one row a model, population and instrument."""

from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.atomic_writes import write_whole
from holdfast.report.tables.leaderboard_scores import COLUMNS, board_scores
from holdfast.report.wording.estimate_selection import (
    Scene,
    by_name,
    headline_quantity,
    pooled,
    scenes,
)
from holdfast.report.wording.model_labels import Models, kind, takes_part
from holdfast.tables.table_files import read_table

QUANTITIES = ("rank_order", "rank_order_unbiased", "ipsative", "fidelity")
_FIGURES = (
    "estimate", "lower", "upper", "se", "contexts_lower", "contexts_upper", "contexts_status", "undefined",
    "null_mean", "null_sd", "status",
)  # fmt: skip


def write_leaderboard(*, estimates: Path, models: Models, csv: Path) -> None:
    """Write the leaderboard as CSV.

    Args:
        estimates: the table of estimates.
        models: registry entries as plain data, by name.
        csv: output.

    Raises:
        StudyError: the estimates can't be read, or the file can't be written.
    """
    table = leaderboard(read_table(estimates, "estimates"), models)
    write_whole(csv, lambda t: table.to_csv(t, index=False, lineterminator="\n"))


def leaderboard(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return one row a model × population × instrument, the most stable first.

    Sorted by rank-order stability, by the unbiased one where populations differ in size; what is not
    estimable comes last.

    Returns:
        model, family, kind, population, instrument, n, and for each of rank_order, rank_order_unbiased,
        ipsative and fidelity the estimate under the quantity's name and QUANTITY_lower, _upper, _se,
        _contexts_lower, _contexts_upper, _contexts_status, _undefined, _null_mean, _null_sd, _status. What is
        not estimated, as the fidelity to an unknown profile, has the status missing. Where the study has the
        structure of the values, also the columns of `board_scores`.
    """
    rows = pooled(estimates)
    found = by_name(rows)
    lines = [
        _line(found, name, scene, models)
        for scene in scenes(rows)
        for name in models
        if takes_part(name, scene[0], models)
    ]
    columns = ["model", "family", "kind", "population", "instrument", "n"]
    columns += [_column(q, f) for q in QUANTITIES for f in _FIGURES]
    if scores := board_scores(estimates, models):
        keys = [(line["model"], (line["population"], line["instrument"])) for line in lines]
        lines = [line | scores[key] for line, key in zip(lines, keys, strict=True)]
        columns += COLUMNS
    table = pd.DataFrame(lines, columns=columns)
    whole = ["n", *(f"{q}_undefined" for q in QUANTITIES)]
    return table.astype(dict.fromkeys(whole, "Int64")).sort_values(
        [headline_quantity(rows), "model", "population", "instrument"],
        ascending=[False, True, True, True], na_position="last", ignore_index=True,
    )  # fmt: skip


def of_several_sizes(board: pd.DataFrame) -> bool:
    """Tell whether the populations of a leaderboard differ in size, so that raw figures can't be compared."""
    return bool(board.groupby("population")["n"].max().nunique() > 1)


def _line(
    found: dict[Any, dict[str, Any]], name: str, scene: Scene, models: Models
) -> dict[str, Any]:
    entry = models[name]
    line: dict[str, Any] = {
        "model": name, "family": entry["model"]["family"], "kind": kind(entry),
        "population": scene[0], "instrument": scene[1],
    }  # fmt: skip
    for quantity in QUANTITIES:
        row = found.get((name, "", scene, quantity), {"status": "missing"})
        line |= {_column(quantity, figure): row.get(figure) for figure in _FIGURES}
        line.setdefault("n", row.get("n"))
    return line


def _column(quantity: str, figure: str) -> str:
    return quantity if figure == "estimate" else f"{quantity}_{figure}"
