"""Do questionnaires agree, in words: the same value in another one, beside other values."""

import re
from collections.abc import Sequence

import pandas as pd

from holdfast.design.scoring_keys import JOINT
from holdfast.report.wording.estimate_selection import Scene, shown_interval
from holdfast.report.wording.model_labels import Models, labelled
from holdfast.report.wording.text_format import estimate_text, listed, number, one_line
from holdfast.stability.convergence.convergence_job import SHARED
from holdfast.stability.convergence.observer_methods import OBSERVERS


def convergence_sentence(
    estimates: pd.DataFrame, scene: Scene, models: Models, names: Sequence[str], level: str
) -> str:
    """Say how high the same value correlates between questionnaires, and whether higher than other values.

    It is said once, with the first of the questionnaires; nothing where no two share values.

    Args:
        estimates: the table.
        scene: population and instrument.
        models: registry entries as plain data.
        names: of the models to speak of.
        level: how intervals are called.
    """
    e = estimates[estimates["population"].eq(scene[0]) & estimates["model"].isin(list(names))]
    first = e["instrument"].str.startswith(f"{scene[1]}{JOINT}")
    first &= ~e["instrument"].str.endswith(OBSERVERS)
    own = e[first & e["value"].eq("")]
    said = []
    for compared, rows in own.groupby("instrument", sort=False):
        whole = rows[rows["context_b"].eq("") & rows["quantity"].eq("convergent")]
        parts = [
            _of_model(rows[rows["model"].eq(name)], labelled(name, models))
            for name in whole["model"]
        ]
        if parts:
            named = listed([one_line(name) for name in str(compared).split(JOINT)])
            said.append(
                f"Between questionnaires ({named}), the same value in the same conversation correlates "
                f"{listed(parts)} ({level}s){_shared(str(whole['method'].iloc[0]))}."
            )
    return " ".join(said)


def _of_model(rows: pd.DataFrame, label: str) -> str:
    """Return a model's correlation, those of single pairs, and whether it is above that of other values."""
    pooled = {r["quantity"]: r for r in rows[rows["context_b"].eq("")].to_dict("records")}
    row, gap = pooled["convergent"], pooled.get("convergent_less_heterotrait", {})
    if pd.isna(row["estimate"]):
        return f"not estimably for {label}"
    figure = f"{estimate_text(row['estimate'], *shown_interval(row))} for {label}{_pairs(rows)}"
    low, high = shown_interval(gap) if gap else (float("nan"), float("nan"))
    if pd.isna(low) or low <= 0 <= high:
        return f"{figure}, which can't be told from different values"
    by = estimate_text(gap["estimate"], low, high)
    return f"{figure}, {'more' if low > 0 else 'less'} than different values by {by}"


def _pairs(rows: pd.DataFrame) -> str:
    """Return the lowest and the highest of the pairs of questionnaires, where there are several."""
    pairs = rows[rows["context_b"].ne("") & rows["quantity"].eq("convergent")]
    known = (
        pairs.dropna(subset="estimate").sort_values("estimate", kind="stable").to_dict("records")
    )
    if len(known) < 2:
        return ""
    low, high = (
        f"{number(r['estimate'])} ({one_line(r['context_a'])} and {one_line(r['context_b'])})"
        for r in (known[0], known[-1])
    )
    return f", from {low} to {high}"


def _shared(method: str) -> str:
    """Return which questionnaires have items in common, to go on the sentence."""
    found = re.search(rf"{SHARED}: ([^;]+)", method)
    return f"; {SHARED}, which agree for that alone: {one_line(found[1])}" if found else ""
