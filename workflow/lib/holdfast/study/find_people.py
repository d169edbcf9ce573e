"""The people of a study: entries of the registry whose answers come from a survey's file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from holdfast.design.instruments import Instrument
from holdfast.errors import StudyError
from holdfast.inference.models.people_entries import PEOPLE_BACKEND
from holdfast.inference.models.registry import Entry
from holdfast.inference.people.people_mapping import read_people_mapping
from holdfast.inference.people.survey_files import check_columns
from holdfast.study.config import Study


@dataclass(frozen=True)
class People:
    """People whose answers stand beside the models': their entry, its two files and the questionnaire."""

    entry: Entry
    answers: Path
    mapping: Path
    instrument: str


def find_people(
    study: Study, chosen: Mapping[str, Entry], instruments: Mapping[str, Instrument]
) -> dict[str, People]:
    """Return the people among a study's models, after checking their mapping and their file's header.

    Args:
        study: its configuration.
        chosen: the entries of all its models.
        instruments: its questionnaires by name.

    Raises:
        StudyError: a mapping fits neither the questionnaire nor the file, or a population has people's name.
    """
    found = {}
    for name, entry in chosen.items():
        answers, mapping = entry.deployment.answers, entry.deployment.mapping
        if entry.deployment.backend != PEOPLE_BACKEND or answers is None or mapping is None:
            continue
        if name in [p.name for p in study.populations]:
            raise StudyError(
                f"models: '{name}': people are a population of their own name, and the study has another one "
                "of it. Give their entry in the registry another name."
            )
        said = read_people_mapping(mapping, instruments)
        check_columns(answers, said, mapping, instruments[said.instrument].numbers())
        found[name] = People(entry, answers, mapping, said.instrument)
    return found
