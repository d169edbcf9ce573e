"""Whether all that a study's prompts consist of is in one language."""

from collections.abc import Iterator

from holdfast.design.contexts import HUMAN, PERSONA
from holdfast.design.instruments import find_instrument
from holdfast.design.personas import Persona
from holdfast.design.populations import find_population
from holdfast.errors import StudyError
from holdfast.languages import primary
from holdfast.study.plan import Plan

Told = tuple[str, str]
"""The place of a language, a file and a key for messages, and its tag."""


def check_languages(plan: Plan) -> None:
    """Check that a study mixes no languages, unless it says that it may.

    Its language is that of its first wording. Variants of a language are one: `pt-BR` goes with `pt-PT`.

    Raises:
        StudyError: wordings, questionnaires, topics, texts or personas are in several languages.
    """
    if plan.study.mixed_languages:
        return
    (first, own), *others = _languages(plan)
    for where, language in others:
        if primary(language) != primary(own):
            raise StudyError(
                f"{where}: '{language}', but the study's prompts are in '{own}' ({first}). Name wordings, "
                "questionnaires, topics, texts and personas of one language, or set mixed_languages: true in "
                "the study; a file that names no language is in 'en'."
            )


def languages(plan: Plan) -> list[str]:
    """Return the primary tags of all languages that a study's prompts are in, that of its wording first."""
    return list(dict.fromkeys(primary(language) for _, language in _languages(plan)))


def _languages(plan: Plan) -> Iterator[Told]:
    """Yield the language of all that a study's prompts consist of, that of its first wording first."""
    resources = plan.resources
    for name, wording in plan.wordings.items():
        yield f"{resources / 'prompts' / name}.yaml: language", wording.language
    for name, instrument in plan.instruments.items():
        yield f"{find_instrument(resources, name)}: language", instrument.language
    for topic in plan.topics:
        where = f"{resources / 'topics' / 'topics.csv'}: topic '{topic.topic}'"
        yield f"{where}: language", topic.language
    for name, kind in plan.texts.items():
        yield f"{resources / 'texts' / name}.yaml: language", kind.language
    for name, population in plan.populations.items():
        yield from _of_personas(plan, name, population.personas)
    met = {t.interlocutor for t in plan.study.contexts.topics} - {HUMAN, PERSONA, *plan.populations}
    for name in sorted(met):
        yield from _of_personas(plan, name, find_population(resources, name).personas)


def _of_personas(plan: Plan, population: str, personas: list[Persona]) -> Iterator[Told]:
    """Yield the languages of a population's personas, each once; personas of none have no check."""
    path, seen = plan.resources / "personas" / f"{population}.csv", set()
    file = str(path) if path.exists() else f"population '{population}'"
    for persona in personas:
        if persona.language and persona.language not in seen:
            seen.add(persona.language)
            yield f"{file}: persona '{persona.persona}': language", persona.language
