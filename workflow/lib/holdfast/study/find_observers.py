"""The observers of a study, and the forms of its questionnaires in which they report."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.design.instruments import (
    OBSERVER_FORM,
    Instrument,
    find_instrument,
    load_instrument,
    texts_file,
)
from holdfast.errors import StudyError, unknown
from holdfast.inference.models.people_entries import PEOPLE_BACKEND
from holdfast.inference.models.registry import Entry, choose_models
from holdfast.inference.prompting.wordings import Wording
from holdfast.study.config import Study


@dataclass(frozen=True)
class Observer:
    """Who observes: the model's name and entry, and what it sees, as the observer's job takes it."""

    model: str
    entry: Entry
    sees: Mapping[str, Any]


def find_observers(
    study: Study, resources: Path, models: Mapping[str, Entry]
) -> dict[str, Observer]:
    """Return a study's observers by their names.

    Args:
        study: its configuration.
        resources: the folder of resources.
        models: entries of the models that are respondents.

    Raises:
        StudyError: an observer is no model of the registry, who is to be observed is no model of the study, or
            there is nothing to observe.
    """
    asked = study.observers
    if not asked.models:
        return {}
    for name in asked.of or []:
        if name not in models:
            raise unknown("observers", "of", name, models)
    if not study.contexts.topics or not models:
        lacking = "models" if study.contexts.topics else "topics"
        raise StudyError(f"observers: the study has no {lacking}, and so no conversations to read.")
    entries = choose_models(
        resources / "models", list(dict.fromkeys(o.model for o in asked.models))
    )
    for name, entry in entries.items():
        if entry.deployment.backend == PEOPLE_BACKEND:
            raise StudyError(
                f"observers: models: '{name}': people's answers are in a file; they read nothing."
            )
    return {
        o.name: Observer(
            o.model, entries[o.model], {"speaker": o.sees == "speaker", "turns": o.turns}
        )
        for o in asked.models
    }


def find_forms(study: Study, resources: Path) -> dict[str, Instrument]:
    """Return the forms for observers by the name of their questionnaire; a questionnaire may have none.

    Raises:
        StudyError: no questionnaire of the study has a form, or a form does not fit its questionnaire.
    """
    if not study.observers.models:
        return {}
    there = [i for i in study.instruments if _path(resources, i.name).exists()]
    if not there:
        asked = study.instruments[0].name
        raise StudyError(
            "observers: no questionnaire of the study has a form for observers. Ask one that has, as pvq40, "
            f"or write {_path(resources, asked)}."
        )
    return {i.name: _form(resources, i.name, i.items) for i in there}


def check_wordings(wordings: Mapping[str, Wording], resources: Path) -> None:
    """Raise StudyError if the study's own wording has no texts for observers."""
    name, own = next(iter(wordings.items()))
    if own.observer is None:
        raise StudyError(
            f"{resources / 'prompts' / name}.yaml: observer: is not there, but the study has observers. Write "
            "there how a conversation is given to an observer."
        )


def _path(resources: Path, name: str) -> Path:
    own = find_instrument(resources, name)
    return own.with_name(f"{own.stem}{OBSERVER_FORM}{own.suffix}")


def _form(resources: Path, name: str, items: Path | None) -> Instrument:
    """Return a questionnaire's form for observers; where both have the same texts, with the study's own."""
    form, path = f"{name}{OBSERVER_FORM}", _path(resources, name)
    same = texts_file(resources, name) == texts_file(resources, form)
    own, found = (
        load_instrument(resources, name),
        load_instrument(resources, form, items if same else None),
    )
    for key, there, needed in (
        ("observes", found.observes, name), ("values", found.values, own.values),
        ("options", found.ratings(), own.ratings()),
    ):  # fmt: skip
        if there != needed:
            raise StudyError(f"{path}: {key}: must be that of '{name}': {needed}, but is {there}.")
    if any(not i.neutral for i in found.items):
        raise StudyError(
            f"{texts_file(resources, form)}: has no column 'neutral', the form in which observers are asked."
        )
    return found
