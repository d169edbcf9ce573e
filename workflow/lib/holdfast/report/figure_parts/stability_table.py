"""The rows of the stability figure: families, their models below them, references, people last."""

from typing import Any

import pandas as pd

from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.wording.estimate_selection import (
    Scene,
    by_name,
    of_scene,
    pooled,
    scenes,
    shown_interval,
)
from holdfast.report.wording.human_stability import METHOD, NOTE, PEOPLE
from holdfast.report.wording.model_labels import (
    Models,
    families,
    family_kind,
    family_note,
    family_of,
    kind,
    people,
    references,
)
from holdfast.report.wording.people_sentences import shown_scenes, waves
from holdfast.stability.structure.value_circle import is_circle

QUANTITIES = {"rank_order": "Rank-order stability", "ipsative": "Ipsative stability"}
CEILING = {"rank_order": "reliability"}
"""What bounds a quantity: the agreement of replicates of the same context, where it is estimated."""

COPIED = (
    "estimate",
    "lower",
    "upper",
    "contexts_lower",
    "contexts_upper",
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

    Families are ordered by their mean rank-order stability over scenes, and models within theirs. People of
    the study follow where they answered the same questionnaire, and, where it has the ten values of the
    theory, published figures of people.

    Args:
        estimates: the table of estimates.
        models: registry entries as plain data.

    Returns:
        the columns of the figure, as figure_tables.py has them.
    """
    rows = pooled(estimates)
    found, lines = by_name(rows), _lines(rows, models)
    table: list[dict[str, Any]] = []
    own = people(models)
    for scene in shown_scenes(scenes(rows), models):
        published = PEOPLE if is_of_theory(estimates, scene) else {}
        played = [] if scene[0] in own else lines
        for quantity in QUANTITIES:
            shown = [line | _estimate(found, line, scene, quantity, models) for line in played]
            shown += [
                _line("people", name, family_of(name, models), _asked(estimates, name), "people")
                | {c: row.get(c) for c in COPIED}
                for name in own
                if (row := found.get((name, "", (name, scene[1]), quantity)))
            ]
            shown += [_person(name, figures[quantity]) for name, figures in published.items()]
            about = {"population": scene[0], "instrument": scene[1], "quantity": quantity}
            table += [about | row for row in shown]
    return pd.DataFrame(table, columns=columns("stability"))


def is_of_theory(estimates: pd.DataFrame, scene: Scene) -> bool:
    """Tell whether a scene's questionnaire has the ten values that the figures of people are of."""
    own = of_scene(estimates[estimates["quantity"].eq("rank_order")], scene)["value"]
    return is_circle([v for v in own.unique() if v])


def _asked(estimates: pd.DataFrame, name: str) -> str:
    """Return what stands beside the name of people of the study."""
    return f"people, {waves(estimates, name)} waves"


def _person(name: str, estimate: float) -> dict[str, Any]:
    """Return a published figure of people as a row."""
    line = _line("people", name, "People", NOTE, "")
    return line | {"estimate": estimate, "status": "published", "method": METHOD}


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
    names = _names(line, models)
    row = next((r for n in names if (r := found.get((*n, scene, quantity)))), None)
    if row is None:
        return {"status": "missing"}
    ceilings = (found.get((*n, scene, CEILING[quantity])) for n in names if quantity in CEILING)
    ceiling = next((r for r in ceilings if r), {})
    ends = {
        f"ceiling{end}": of
        for end, of in zip(
            ("", "_lower", "_upper"),
            (ceiling.get("estimate"), *shown_interval(ceiling)),
            strict=True,
        )
    }
    return {c: row.get(c) for c in COPIED} | ends


def _names(line: dict[str, str], models: Models) -> list[tuple[str, str]]:
    """Return (model, family) under which a row's estimate may stand, the first found counts."""
    if line["level"] != "family":
        return [(line["name"], "")]
    members = families(models)[line["name"]]
    return [("", line["name"]), *([(members[0], "")] if len(members) == 1 else [])]
