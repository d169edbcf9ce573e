"""What moves the answers, in words: topics and facets by their share of the variance."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from holdfast.report.wording.estimate_selection import Scene, of_scene, shown_interval
from holdfast.report.wording.model_labels import Models, labelled
from holdfast.report.wording.text_format import estimate_text, listed


def facet_sentence(
    estimates: pd.DataFrame, scene: Scene, models: Models, names: Sequence[str], level: str
) -> str:
    """Say for each model whether its topics or a facet move the answers most; nothing where one alone can.

    One moves them most if its interval is above that of every other. With overlapping intervals nothing is
    claimed.

    Args:
        estimates: the table.
        scene: population and instrument.
        models: registry entries as plain data.
        names: of the models to speak of.
        level: how intervals are called.
    """
    rows = of_scene(estimates, scene)
    rows = rows[rows["quantity"].eq("source_share") & rows["estimate"].notna()]
    by_answer: dict[str, list[str]] = {}
    for name in names:
        own = rows[rows["model"].eq(name)].to_dict("records")
        if len(own) > 1:
            by_answer.setdefault(_most(own), []).append(_shares(labelled(name, models), own))
    if not by_answer:
        return ""
    parts = [
        f"the {most} moves the answers of {listed(said)} most" if most
        else f"what moves those of {listed(said)} most can't be told"
        for most, said in by_answer.items()
    ]  # fmt: skip
    words = "; ".join(parts)
    return (
        f"{words[0].upper()}{words[1:]} (share of the variance of the scores that goes with each, alone and in "
        f"what it does together with others, {level}s)."
    )


def in_words(facet: str) -> str:
    """Return what a facet, or the topic, is called in sentences: option order."""
    return facet.replace("_", " ")


def _most(rows: Sequence[Mapping[Any, Any]]) -> str:
    """Return the source whose interval is above all others'; empty: there is none."""
    for row in rows:
        others = [shown_interval(other)[1] for other in rows if other is not row]
        if others and shown_interval(row)[0] > max(others):
            return in_words(str(row["context_a"]))
    return ""


def _shares(name: str, rows: Sequence[Mapping[Any, Any]]) -> str:
    parts = [
        f"{in_words(str(r['context_a']))} {estimate_text(r['estimate'], *shown_interval(r))}"
        for r in rows
    ]
    return f"{name} ({', '.join(parts)})"
