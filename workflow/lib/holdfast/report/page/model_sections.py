"""A section a model: its figures in every population, where it slips, and its ceiling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from holdfast.report.wording.estimate_selection import (
    Scene,
    by_name,
    context_pairs,
    pooled,
    scene_label,
    scenes,
    shown_interval,
)
from holdfast.report.wording.model_labels import Models, kind, takes_part
from holdfast.report.wording.text_format import (
    estimate_text,
    estimate_words,
    listed,
    number,
    percent,
)

FIGURES = {
    "rank_order": "Rank-order stability",
    "ipsative": "Ipsative stability",
    "reliability": "Noise ceiling",
    "disattenuated": "Rank-order without noise",
    "disattenuated_components": "Without noise, by components",
    "fidelity": "Fidelity",
    "persona_share": "Persona share",
    "position_bias": "Position bias",
    "invalid_share": "Unreadable answers",
    "no_rating_share": "Options that are no rating",
}
"""What a section shows, where the study has it, and what it is called."""


@dataclass(frozen=True)
class Source:
    """Answers that can be browsed: their key, their model and population, and a label."""

    key: str
    model: str
    population: str
    label: str


@dataclass(frozen=True)
class Section:
    """What is shown of one model.

    Attributes:
        name: the model's name.
        kind: miniature, reference, people or nothing.
        family: the model's family.
        revision: of its weights, where it has one.
        scenes: the populations, with the instrument where there are several.
        rows: a figure's name, and its words and interval in each scene.
        sentences: where it slips, and its stability without each topic, in words.
        sources: keys and populations of its answers.
    """

    name: str
    kind: str
    family: str
    revision: str
    scenes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    sentences: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]


def sections(
    estimates: pd.DataFrame, models: Models, sources: Sequence[Source] = (),
    revisions: Mapping[str, str] | None = None,
) -> list[Section]:  # fmt: skip
    """Return a section a model, in the order of `models`."""
    rows = pooled(estimates)
    found, every, pairs = by_name(rows), scenes(rows), context_pairs(estimates)
    return [
        Section(
            name, kind(entry), str(entry["model"]["family"]), (revisions or {}).get(name, ""),
            tuple(scene_label(s, among) for s in among), _rows(found, name, among),
            tuple(
                w
                for s in among
                for w in (_slips(pairs, name, s, among), _left_out(estimates, name, s, among))
                if w
            ),
            tuple((s.key, s.population) for s in sources if s.model == name),
        )
        for name, entry in models.items()
        for among in [[s for s in every if takes_part(name, s[0], models)]]
    ]  # fmt: skip


def _rows(
    found: Mapping[Any, dict[str, Any]], name: str, among: Sequence[Scene]
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return the figures that the model has in some scene."""
    made = []
    for quantity, label in FIGURES.items():
        cells = [found.get((name, "", scene, quantity)) for scene in among]
        if any(cells):
            made.append((label, tuple(_cell(quantity, row) for row in cells)))
    return tuple(made)


def _cell(quantity: str, row: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return a figure and its interval in words."""
    if row is None:
        return "–", ""
    if pd.isna(row["estimate"]):
        return "not estimable", ""
    if quantity in ("invalid_share", "no_rating_share"):
        return percent(row["estimate"]), ""
    return estimate_words(row["estimate"], *shown_interval(row))


def _slips(pairs: pd.DataFrame, name: str, scene: Scene, among: Sequence[Scene]) -> str:
    """Say between which contexts the figure is lowest and highest; nothing with fewer than two pairs."""
    own = pairs[
        pairs["model"].eq(name) & pairs["population"].eq(scene[0])
        & pairs["instrument"].eq(scene[1]) & pairs["estimate"].notna()
    ]  # fmt: skip
    if len(own) < 2:
        return ""
    ordered = own.sort_values("estimate", kind="stable").to_dict("records")
    least, most = ordered[0], ordered[-1]
    where = f" ({scene_label(scene, among)})" if len(among) > 1 else ""
    apart = least["upper"] < most["lower"]
    chance = (
        ""
        if apart
        else "; their intervals overlap or are not known, so chance may have chosen them"
    )
    return f"Lowest between {_pair(least)}, highest between {_pair(most)}{where}{chance}."


def _left_out(table: pd.DataFrame, name: str, scene: Scene, among: Sequence[Scene]) -> str:
    """Say how stable a model is without each topic in turn; nothing where that is not estimated."""
    own = table[
        table["model"].eq(name) & table["population"].eq(scene[0]) & table["instrument"].eq(scene[1])
        & table["quantity"].eq("rank_order_without") & table["estimate"].notna()
    ]  # fmt: skip
    if own.empty:
        return ""
    ordered = own.sort_values("estimate", kind="stable").to_dict("records")
    said = [f"{number(row['estimate'])} without {row['context_a']}" for row in ordered]
    where = f" ({scene_label(scene, among)})" if len(among) > 1 else ""
    return f"Rank-order stability with each topic left out in turn: {listed(said)}{where}."


def _pair(row: Mapping[Any, Any]) -> str:
    said = estimate_text(row["estimate"], row["lower"], row["upper"])
    return f"{row['context_a']} and {row['context_b']}: {said}"
