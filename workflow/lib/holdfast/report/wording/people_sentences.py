"""People beside models, in words: how stable the values of people are from wave to wave of a survey."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from holdfast.report.wording.estimate_selection import Scene
from holdfast.report.wording.model_labels import Models, labelled, people
from holdfast.report.wording.text_format import estimate_text, listed

Found = Mapping[tuple[str, str, Scene, str], dict[str, Any]]


def shown_scenes(among: Sequence[Scene], models: Models) -> list[Scene]:
    """Return the scenes that are shown by themselves: people's only where no model has their questionnaire."""
    own = people(models)
    of_models = {instrument for population, instrument in among if population not in own}
    return [s for s in among if s[0] not in own or s[1] not in of_models]


def waves(estimates: pd.DataFrame, name: str) -> int:
    """Return in how many waves people were asked."""
    own = estimates[estimates["model"].eq(name)]
    pairs = own[
        own["context_a"].ne("") & own["context_b"].ne("") & own["quantity"].eq("rank_order")
    ]
    return len({*pairs["context_a"], *pairs["context_b"]})


def people_sentence(
    found: Found, scene: Scene, models: Models, quantities: Mapping[str, str], level: str
) -> str:
    """Say how stable the values of people are who answered a scene's questionnaire; nothing without any.

    Args:
        found: pooled rows, as `by_name` gives them.
        scene: population and instrument.
        models: registry entries as plain data.
        quantities: what is said, with the words for each.
        level: how intervals are called.
    """
    parts = []
    for quantity, words in quantities.items():
        rows = {n: found.get((n, "", (n, scene[1]), quantity)) for n in people(models)}
        said = [f"{labelled(n, models)} {figure(row)}" for n, row in rows.items() if row]
        parts += [f"{words} of {listed(said)}"] if said else []
    if not parts:
        return ""
    return (
        f"People asked again, from wave to wave of a survey: {'; '.join(parts)} ({level}s, for people like "
        "these in these waves)."
    )


def figure(row: Mapping[str, Any]) -> str:
    """Return a figure of people with its interval, which is for people like these in these waves."""
    if pd.isna(row["estimate"]):
        return "not estimable"
    return estimate_text(row["estimate"], row["lower"], row["upper"])
