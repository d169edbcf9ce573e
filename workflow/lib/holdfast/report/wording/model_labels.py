"""What models are called in the report, and how their kind is said beside them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from holdfast.inference.models.people_entries import PEOPLE_BACKEND
from holdfast.inference.models.registry import REFERENCE_BACKENDS
from holdfast.report.wording.text_format import one_line

Models = Mapping[str, Mapping[str, Any]]
"""Registry entries as plain data, by model name, in the study's order."""

MINIATURE_NOTE = (
    "results of miniature models: fixtures made by this project; nothing here says anything about "
    "the real families"
)
REFERENCE_NOTE = "references are no models: their answers are made by a known rule"

PEOPLE_NOTE = (
    "people are no models: their answers are from a survey, with intervals for people like these"
)


def is_reference(entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry is a reference: answers made by a known rule, no language model."""
    return entry["deployment"]["backend"] in REFERENCE_BACKENDS


def is_people(entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry is of people, whose answers are from a survey's file."""
    return bool(entry["deployment"]["backend"] == PEOPLE_BACKEND)


def takes_part(name: str, population: str, models: Models) -> bool:
    """Tell whether a model has figures in a population: people in their own alone, and models elsewhere."""
    if is_people(models[name]):
        return name == population
    return population not in people(models)


def kind(entry: Mapping[str, Any]) -> str:
    """Return what must be said beside the model's name: miniature, reference, people or nothing."""
    if is_people(entry):
        return "people"
    if is_reference(entry):
        return "reference"
    return "miniature" if entry["model"].get("miniature") else ""


def labelled(name: str, models: Models) -> str:
    """Return a model's name with its kind: 'llama-mini (miniature)'."""
    said = kind(models[name]) if name in models else ""
    return f"{one_line(name)} ({said})" if said else one_line(name)


def said_kind(rows: pd.DataFrame) -> list[str]:
    """Return each row's model as figures call it, from its columns model and kind: llama-mini (miniature)."""
    pairs = zip(rows["model"], rows["kind"], strict=True)
    return [one_line(m) + (f" ({k})" if k else "") for m, k in pairs]


def family_of(name: str, models: Models) -> str:
    """Return the family of a model."""
    return str(models[name]["model"]["family"])


def families(models: Models) -> dict[str, list[str]]:
    """Return the models of each family, references and people left out, in the order of `models`."""
    groups: dict[str, list[str]] = {}
    for name, entry in models.items():
        if not is_reference(entry) and not is_people(entry):
            groups.setdefault(family_of(name, models), []).append(name)
    return groups


def references(models: Models) -> list[str]:
    """Return the names of the references."""
    return [name for name, entry in models.items() if is_reference(entry)]


def people(models: Models) -> list[str]:
    """Return the names of the people."""
    return [name for name, entry in models.items() if is_people(entry)]


def family_note(members: Sequence[str], models: Models) -> str:
    """Return what stands under a family's name: its one model, or how many, with their kind."""
    small = [m for m in members if kind(models[m]) == "miniature"]
    if len(members) == 1:
        return " · ".join([one_line(members[0]), *["miniature" for _ in small]])
    said = "all miniature" if len(small) == len(members) else f"{len(small)} miniature"
    return f"{len(members)} models" + (f", {said}" if small else "")


def family_kind(members: Sequence[str], models: Models) -> str:
    """Return miniature if any of a family's models is one."""
    return "miniature" if any(kind(models[m]) == "miniature" for m in members) else ""


def footnote(models: Models) -> str:
    """Return the words that every figure with miniatures, references or people carries."""
    return footnote_of(kind(entry) for entry in models.values())


def footnote_of(kinds: Iterable[str]) -> str:
    """Return the same words, from the kinds that a figure's table has."""
    found = set(kinds)
    notes = [MINIATURE_NOTE] if "miniature" in found else []
    notes += [REFERENCE_NOTE] if "reference" in found else []
    notes += [PEOPLE_NOTE] if "people" in found else []
    return ".\n".join(n[0].upper() + n[1:] for n in notes) + ("." if notes else "")
