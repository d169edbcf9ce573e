"""The rows of the stability figure: families, their models below them, references last."""

from typing import Any

import pandas as pd

from holdfast.report.figure_tables import columns
from holdfast.report.labels import (
    Models,
    families,
    family_kind,
    family_note,
    family_of,
    kind,
    references,
)
from holdfast.report.selection import Scene, by_name, pooled, scenes

QUANTITIES = {"rank_order": "Rank-order stability", "ipsative": "Ipsative stability"}
COPIED = (
    "estimate",
    "lower",
    "upper",
    "n",
    "undefined",
    "null_mean",
    "null_sd",
    "status",
    "method",
)

_Found = dict[tuple[str, str, Scene, str], dict[str, Any]]


def stability_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return one row a family, model or reference × scene × quantity, in the order of the figure.

    Families are ordered by their mean rank-order stability over scenes, and models within theirs.

    Args:
        estimates: the table of estimates.
        models: registry entries as plain data.

    Returns:
        the columns of the figure, as figure_tables.py has them.
    """
    rows = pooled(estimates)
    found = by_name(rows)
    table = [
        {"population": scene[0], "instrument": scene[1], "quantity": quantity}
        | line
        | _estimate(found, line, scene, quantity, models)
        for scene in scenes(rows)
        for quantity in QUANTITIES
        for line in _lines(rows, models)
    ]
    return pd.DataFrame(table, columns=columns("stability"))


def _lines(rows: pd.DataFrame, models: Models) -> list[dict[str, str]]:
    """Return what stands in each row of a panel."""
    mean = rows[rows["quantity"].eq("rank_order") & rows["model"].ne("")]
    means = mean.groupby("model")["estimate"].mean().dropna().to_dict()
    groups = families(models)

    def place(name: str) -> tuple[float, str]:
        members = [float(means[m]) for m in groups.get(name, [name]) if m in means]
        return (-sum(members) / len(members) if members else 2.0, name)

    lines = []
    for family in sorted(groups, key=place):
        note, small = (f(groups[family], models) for f in (family_note, family_kind))
        lines.append(_line("family", family, family, note, small))
        members = sorted(groups[family], key=place) if len(groups[family]) > 1 else []
        lines += [_line("model", m, family, *[kind(models[m])] * 2) for m in members]
    return lines + [
        _line("reference", r, family_of(r, models), *["reference"] * 2) for r in references(models)
    ]


def _line(level: str, name: str, family: str, note: str, kind: str) -> dict[str, str]:
    return {"level": level, "name": name, "family": family, "note": note, "kind": kind}


def _estimate(
    found: _Found, line: dict[str, str], scene: Scene, quantity: str, models: Models
) -> dict[str, Any]:
    """Return a row's estimate; a family of one model without a row of its own has its model's."""
    if line["level"] == "family":
        row = found.get(("", line["name"], scene, quantity))
        members = families(models)[line["name"]]
        if row is None and len(members) == 1:
            row = found.get((members[0], "", scene, quantity))
    else:
        row = found.get((line["name"], "", scene, quantity))
    return {c: row[c] for c in COPIED} if row else {"status": "missing"}
