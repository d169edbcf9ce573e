"""Observers in words: whether they are fit to judge, and how what they see goes with what is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from holdfast.report.wording.estimate_selection import Row, Scene, of_scene, shown_interval
from holdfast.report.wording.model_labels import Models, labelled
from holdfast.report.wording.text_format import estimate_text, listed, one_line, plus_minus
from holdfast.stability.structure.value_circle import is_circle

BELOW = "below_least_validity"
UNCHECKED = "not_checked"
DRIFT = ("observer_less_self_disattenuated", "observer_less_self_rank_order")
"""Differences of stability, the first freed of unreliability: said where there is one."""


def observers_of(estimates: pd.DataFrame, scene: Scene) -> list[str]:
    """Return the observers of a scene, in the order of the table."""
    rows = of_scene(estimates, scene)
    own = rows[
        rows["quantity"].isin(["self_observer", "observer_validity"]) & rows["context_b"].ne("")
    ]
    return [str(name) for name in dict.fromkeys(own["context_b"])]


def whole_rows(estimates: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return a quantity's rows of single observers that are pooled over values, contexts and replicates."""
    e = estimates
    whole = (
        e["value"].eq("") & e["context_a"].eq("") & e["replicate"].isna() & e["context_b"].ne("")
    )
    return e[whole & e["quantity"].eq(quantity)]


def validity_of(estimates: pd.DataFrame, scene: Scene, observer: str) -> dict[str, Any] | None:
    """Return the row of an observer's validity; None: with this questionnaire it can't be checked.

    Of the scene's population, or else of any that was asked the same. Of several the lowest counts. Where it
    could be checked, since the reference `planted` shows the ten values of the theory, but was not, the row
    says so.
    """
    rows = whole_rows(estimates, "observer_validity")
    rows = rows[rows["context_b"].eq(observer) & rows["instrument"].eq(scene[1])]
    own = of_scene(rows, scene)
    found = (own if len(own) else rows).sort_values("estimate", na_position="first")
    if len(found):
        return {str(k): v for k, v in found.to_dict("records")[0].items()}
    asked = estimates[estimates["quantity"].eq("self_observer")]
    if not is_circle([str(v) for v in of_scene(asked, scene)["value"].unique() if v]):
        return None
    nothing = dict.fromkeys(("estimate", "lower", "upper"), float("nan"))
    return {**nothing, "status": UNCHECKED, "method": ""}


def is_shown(validity: Row | None) -> bool:
    """Tell whether an observer's figures are shown: it was found valid, or can't be checked."""
    return validity is None or validity["status"] == "ok"


def why_not_shown(validity: Row | None) -> str:
    """Say why an observer's figures are not shown, as the end of a sentence about it; empty: they are."""
    if is_shown(validity):
        return ""
    if validity is not None and validity["status"] == UNCHECKED:
        return "was not checked on known values: add 'planted' to the models of the study"
    return "does not see planted values well enough"


def said_validity(validity: Row | None) -> str:
    """Say how valid an observer is, and why its figures are not shown where they are not."""
    if validity is None:
        return "validity can't be checked"
    if validity["status"] == UNCHECKED:
        return "validity not checked"
    words = f"validity {_text(validity)}"
    least = re.search(r"least validity ([\d.]+\d)", str(validity["method"]))
    if not is_shown(validity):
        words += f", interval not above {least[1].removeprefix('0')}" if least else ", too low"
    return words


def observer_sentence(
    estimates: pd.DataFrame, scene: Scene, models: Models, names: Sequence[str], level: str
) -> str:
    """Say how observers' views of the speakers go with the self-reports, and where the two drift apart.

    Args:
        estimates: the table.
        scene: population and instrument.
        models: registry entries as plain data.
        names: of the models to speak of.
        level: how intervals are called.

    Returns:
        Nothing where nobody observed.
    """
    parts = [
        _of_observer(estimates, scene, models, names, o) for o in observers_of(estimates, scene)
    ]
    if not parts:
        return ""
    return (
        f"What observers make of the conversations against what is said of oneself: {'; '.join(parts)} "
        f"(order of the respondents on a value; {level}s; chance: other respondents' observers, mean ± 2 SD)."
    )


def _of_observer(
    estimates: pd.DataFrame, scene: Scene, models: Models, names: Sequence[str], observer: str
) -> str:
    """Return what is said of one observer."""
    validity, who = validity_of(estimates, scene, observer), one_line(observer)
    if not is_shown(validity):
        why = f"is left out, since it {why_not_shown(validity)}"
        return f"{who} {why} ({said_validity(validity)})"
    rows = _rows(estimates, "self_observer", scene, names, observer)
    known = [row for row in rows if pd.notna(row["estimate"])]
    if not rows:
        return f"{who} ({said_validity(validity)}) has read what references say, and no model"
    if not known:
        return f"{who} agrees with nobody in a way that can be estimated"
    with_whom = listed([f"{labelled(row['model'], models)} {_text(row)}" for row in known])
    chance = plus_minus(known[0]["null_mean"], 2 * known[0]["null_sd"])
    words = f"{who} ({said_validity(validity)}) agrees with {with_whom}, chance {chance}"
    return f"{words}{_drift(estimates, scene, models, names, observer)}"


def _drift(
    estimates: pd.DataFrame, scene: Scene, models: Models, names: Sequence[str], observer: str
) -> str:
    """Say of which models what is seen is less, or more, stable than what is said."""
    for quantity in DRIFT:
        rows = _rows(estimates, quantity, scene, names, observer)
        known = [row for row in rows if all(pd.notna(end) for end in shown_interval(row))]
        if known:
            break
    else:
        return ""
    sides = {
        "less": [row for row in known if shown_interval(row)[1] < 0],
        "more": [row for row in known if shown_interval(row)[0] > 0],
    }
    freed = "freed of unreliability" if quantity == DRIFT[0] else "not freed of unreliability"
    parts = [
        f"{word} stable than what is said by "
        + listed([f"{labelled(row['model'], models)} {_text(row)}" for row in own])
        for word, own in sides.items() if own
    ]  # fmt: skip
    if not parts:
        return f", and what it sees is not told apart in stability from what is said ({freed})"
    return f", and what it sees is {' and '.join(parts)} ({freed})"


def _rows(
    estimates: pd.DataFrame, quantity: str, scene: Scene, names: Sequence[str], observer: str
) -> list[dict[str, Any]]:
    rows = of_scene(whole_rows(estimates, quantity), scene)
    rows = rows[rows["context_b"].eq(observer) & rows["model"].isin(list(names))]
    return [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]


def _text(row: Row) -> str:
    return estimate_text(row["estimate"], *shown_interval(row))
