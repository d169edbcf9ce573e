"""Making a study's plan: the configuration and every resource that it names are checked, and joined."""

from pathlib import Path
from typing import Any

from holdfast.design.contexts import HUMAN, PERSONA
from holdfast.design.instruments import load_instrument, texts_file
from holdfast.design.item_forms import check_forms
from holdfast.design.populations import (
    NO_PERSONA,
    find_population,
    population_names,
)
from holdfast.design.texts import load_texts
from holdfast.design.topics import choose_topics
from holdfast.errors import StudyError, unknown
from holdfast.inference.models.registry import (
    choose_models,
)
from holdfast.inference.prompting.wordings import load_wording
from holdfast.study.check_facets import check_facets
from holdfast.study.config import Study
from holdfast.study.find_observers import check_wordings, find_forms, find_observers
from holdfast.study.find_people import find_people
from holdfast.study.language_check import check_languages
from holdfast.study.plan import Plan, population_seed
from holdfast.yaml_and_csv import check, inside


def make_plan(config: dict[str, Any], where: str, resources: Path) -> Plan:
    """Check a configuration and every resource that it names, and that they fit each other.

    Args:
        config: the study's configuration.
        where: its file, for messages.
        resources: the folder of resources.

    Raises:
        StudyError: the first mistake found, with file, key, value and what is allowed.
    """
    study = check(Study, config, where)
    try:
        return _joined(study, resources)
    except StudyError as e:
        raise StudyError(f"{e}\n(Asked for by {where}.)") from None


def _check_asked(study: Study) -> None:
    """Refuse a questionnaire for what is no population of the study, and a population without any."""
    names = [p.name for p in study.populations]
    for i in study.instruments:
        for name in [n for n in i.populations or [] if n not in names]:
            raise unknown(f"instruments: {i.name}", "populations", name, names)
    for name in names:
        if not any(name in (i.populations or names) for i in study.instruments):
            said = ", ".join(i.name for i in study.instruments)
            raise StudyError(
                f"populations: '{name}': none of the study's instruments ({said}) is for it. "
                f"Add '{name}' to the populations of one."
            )


def _joined(study: Study, resources: Path) -> Plan:
    _check_asked(study)
    for i in study.instruments:
        if i.items is not None:
            inside(i.items, Path.cwd(), f"instruments: {i.name}: items")
    topics = resources / "topics" / "topics.csv"
    inside(topics, resources.parent, str(topics.parent))
    _check_interlocutors(study, resources)
    chosen = choose_models(resources / "models", study.models)
    instruments = {
        i.name: load_instrument(resources, i.name, i.items, i.sha256) for i in study.instruments
    }
    for name in [n for n, i in instruments.items() if i.observes]:
        raise StudyError(
            f"instruments: '{name}' is the form of '{instruments[name].observes}' for observers. Ask "
            f"'{instruments[name].observes}', and name the observers under `observers`."
        )
    asked_elsewhere = find_people(study, chosen, instruments)
    respondents = {name: entry for name, entry in chosen.items() if name not in asked_elsewhere}
    plan = Plan(
        study=study,
        resources=resources,
        models=respondents,
        topics=choose_topics(topics, [t.topic for t in study.contexts.topics]),
        populations={
            p.name: find_population(resources, p.name, study.size_of(p), population_seed(study, p))
            for p in study.populations
        },
        instruments=instruments,
        wordings={name: load_wording(resources, name) for name in study.facets.wording},
        texts={name: load_texts(resources, name) for name in study.contexts.texts},
        people=asked_elsewhere,
        observers=find_observers(study, resources, respondents),
        forms=find_forms(study, resources),
    )
    if plan.observers:
        check_wordings(plan.wordings, resources)
    check_facets(plan)
    check_languages(plan)
    _check_wordings(plan)
    texts = {i.name: texts_file(resources, i.name, i.items) for i in study.instruments}
    for population, people in plan.populations.items():
        plan.encounters(population)  # all of them can be made
        for instrument in plan.asked(population):
            check_forms(instrument, texts[instrument.name], population, people.personas)
    return plan


def _check_wordings(plan: Plan) -> None:
    """Raise StudyError if a wording lacks the text that the readout `distribution` asks with."""
    lacking = [name for name, w in plan.wordings.items() if not w.questionnaire.distribution]
    if lacking and "distribution" in plan.study.administration.readout:
        raise StudyError(
            f"{plan.resources / 'prompts' / lacking[0]}.yaml: questionnaire.distribution: is empty, but "
            "administration.readout has 'distribution'. Write there how the model is asked for a percentage "
            "for every option, or leave the readout out."
        )


def _check_interlocutors(study: Study, resources: Path) -> None:
    """Raise StudyError if an interlocutor is neither a human nor of a population with personas."""
    with_personas = [name for name in population_names(resources) if name != NO_PERSONA]
    for t in study.contexts.topics:
        where = f"contexts.topics: {t.topic}"
        if t.interlocutor not in (HUMAN, PERSONA, *with_personas):
            raise unknown(where, "interlocutor", t.interlocutor, [HUMAN, PERSONA, *with_personas])
        if t.interlocutor == PERSONA and NO_PERSONA in [p.name for p in study.populations]:
            raise StudyError(
                f"{where}: interlocutor: '{PERSONA}' is another persona of the same population, but the "
                f"population '{NO_PERSONA}' has no personas. Name a population, as interlocutor: fictional."
            )
