"""People beside models, in words: how stable the values of people are from wave to wave of a survey."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from holdfast.report.wording.estimate_selection import Scene, of_scene
from holdfast.report.wording.model_labels import Models, labelled, people
from holdfast.report.wording.text_format import estimate_text, listed, plus_minus

LIKENESS = {
    "people_hierarchy": "order of the values as that",
    "people_correlations": "correlations between values as those",
}
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


def likeness_sentence(estimates: pd.DataFrame, scene: Scene, models: Models, level: str) -> str:
    """Say how like people's values those of each model are; nothing where no people answered the same.

    Args:
        estimates: the table.
        scene: population and instrument.
        models: registry entries as plain data.
        level: how intervals are called.
    """
    rows = of_scene(estimates, scene)
    said = []
    for quantity, words in LIKENESS.items():
        own = rows[rows["quantity"].eq(quantity) & rows["estimate"].notna()]
        for name in dict.fromkeys(own["context_a"]):
            here = own[own["context_a"].eq(name)].to_dict("records")
            parts = [f"{labelled(row['model'], models)} {figure(row)}" for row in here]
            chance = plus_minus(here[0]["null_mean"], 2 * here[0]["null_sd"])
            said.append(
                f"{words} of {labelled(str(name), models)}: {listed(parts)} (chance {chance})"
            )
    if not said:
        return ""
    return (
        f"Likeness to people, correlations of which 1 is the same: {'; '.join(said)} ({level}s; chance: values "
        "named at random, mean ± 2 SD)."
    )


def figure(row: Mapping[Any, Any]) -> str:
    """Return a figure of people with its interval, which is for people like these in these waves."""
    if pd.isna(row["estimate"]):
        return "not estimable"
    return estimate_text(row["estimate"], row["lower"], row["upper"])
