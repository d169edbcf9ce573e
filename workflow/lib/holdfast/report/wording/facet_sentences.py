"""What moves the answers, in words, and how many wordings, or levels of another facet, are enough."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from holdfast.report.wording.estimate_selection import Scene, of_scene, shown_interval
from holdfast.report.wording.model_labels import Models, labelled
from holdfast.report.wording.text_format import estimate_text, listed
from holdfast.stability.estimation.model_comparison import LEVELS_LIKE_THESE
from holdfast.stability.facets.facet_components import REPLICATE, TOPIC
from holdfast.stability.variance.variance_components import TARGET

NO_FACETS = (TOPIC, REPLICATE)
UNKNOWN = "it can't be told"


PLURALS: Mapping[str, str] = {
    "wording": "wordings", "option_order": "option orders", "item_order": "item orders",
    "presentation": "presentations", "labels": "labels", "thinking": "levels of thinking",
}  # fmt: skip
"""What the levels of a facet are called."""


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


def plural(facet: str) -> str:
    """Return what the levels of a facet are called: wordings."""
    return PLURALS.get(facet, f"levels of {in_words(facet)}")


def said_over_levels(comparisons: pd.DataFrame) -> str:
    """Return over what a difference was tested, to go on a sentence; empty without rows.

    Args:
        comparisons: those of means over the levels of facets.
    """
    parts = []
    for facet, rows in comparisons.groupby("facet", sort=False):
        like = rows["method"].isin(LEVELS_LIKE_THESE).all()
        named = plural(str(facet))
        parts.append(f"over {named} like these" if like else f"on average over these {named}")
    if not parts:
        return ""
    own = listed([in_words(str(facet)) for facet in comparisons["facet"].drop_duplicates()])
    both = "both " if len(parts) == 1 else ""
    where = listed([f"at the study's first {own}", *parts])
    return f", {both}{where}"


def said_of_differences(rows: pd.DataFrame) -> list[str]:
    """Return what differences of two studies over the levels of facets are about, a sentence a facet."""
    lines = []
    for facet, own in rows[rows["facet"].ne("")].groupby("facet", sort=False):
        named = plural(str(facet))
        like = own["method"].isin(LEVELS_LIKE_THESE).all()
        about = f"intervals are for {named} like these" if like else f"they are about these {named}"
        lines.append(
            f"Figures over {named} are means over all {named} of the studies; {about}. All others are of the "
            f"first {in_words(str(facet))}."
        )
    return lines


def planned_sentence(
    estimates: pd.DataFrame, scene: Scene, models: Models, names: Sequence[str], level: str
) -> str:
    """Say of each facet how many levels give a G of TARGET, or that it can't be told; nothing without facets.

    A number is enough where the lower end of its interval is at TARGET, and of those of larger numbers; none is
    where all upper ends are below.

    Args:
        estimates: the table.
        scene: population and instrument.
        models: registry entries as plain data.
        names: of the models to speak of.
        level: how intervals are called.
    """
    rows = of_scene(estimates, scene)
    rows = rows[rows["quantity"].eq("planned_g") & rows["estimate"].notna()]
    facets = [f for f in rows["context_a"].drop_duplicates() if f not in NO_FACETS]
    reliable, sentences = f"{TARGET:g}".removeprefix("0"), []
    for facet in facets:
        by_answer: dict[str, list[str]] = {}
        for name in names:
            own = rows[rows["model"].eq(name) & rows["context_a"].eq(facet)].to_dict("records")
            if own:
                answer, shown = _enough(own)
                figure = estimate_text(shown["estimate"], *shown_interval(shown))
                with_it = f"with {shown['context_b']}: " if answer == UNKNOWN else ""
                said = f"{labelled(name, models)} ({with_it}{figure})"
                by_answer.setdefault(answer, []).append(said)
        parts = [f"{answer} for {listed(said)}" for answer, said in by_answer.items()]
        if parts:
            sentences.append(
                f"Number of {plural(facet)} with which means keep the personas in order (G of {reliable} or "
                f"more in new {plural(facet)} and conversations, as many conversations as here; {level}s): "
                f"{'; '.join(parts)}."
            )
    return " ".join(sentences)


def _enough(rows: Sequence[Mapping[Any, Any]]) -> tuple[str, Mapping[Any, Any]]:
    """Return how many levels are enough, and the row that shows it, of one model's rows by their number.

    With few respondents the ends of the intervals need not grow with the number: all that follow must agree.
    """
    ends = [shown_interval(row) for row in rows]
    for at, row in enumerate(rows):
        if all(low >= TARGET for low, _ in ends[at:]):
            return str(row["context_b"]), row
    if all(high < TARGET for _, high in ends):
        return f"not even {rows[-1]['context_b']}", rows[-1]
    return UNKNOWN, next((row for row in rows if row["estimate"] >= TARGET), rows[-1])


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
