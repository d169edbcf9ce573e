"""Encounters: which persona a respondent meets in a conversation, or which preset text it reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.design.contexts import settings
from holdfast.design.personas import Persona
from holdfast.design.populations import find_population
from holdfast.design.texts import Texts, load_texts
from holdfast.errors import StudyError
from holdfast.seeds import derive
from holdfast.tables.table_files import read_table, write_table


@dataclass(frozen=True)
class Encounter:
    """What is a respondent's own in a setting.

    Attributes:
        other: who the interlocutor is; None: a human.
        title: which text is read; empty: none.
        text: the text, as it is shown.
    """

    other: Persona | None = None
    title: str = ""
    text: str = ""


Encounters = Mapping[tuple[str, str], Encounter]
"""Encounters by respondent and setting."""


def find_encounters(resources: Path, source: Mapping[str, Any]) -> dict[tuple[str, str], Encounter]:
    """Return the encounters of a population's respondents.

    Args:
        resources: the folder of resources.
        source: `people` and, by interlocutor, `others`: a population's name and seed, of the people the size
            as well; `contexts`, one a setting, from `context_rows`; and the study's `seed`.

    Raises:
        StudyError: as `choose_encounters`; a population or a kind of texts does not fit.
    """
    contexts, people = source["contexts"], source["people"]
    if not contexts:
        return {}
    return choose_encounters(
        contexts,
        find_population(resources, people["name"], people["size"], people["seed"]).personas,
        {
            name: find_population(resources, of["name"], seed=of["seed"]).personas
            for name, of in source["others"].items()
        },
        {c["text"]: load_texts(resources, c["text"]) for c in contexts if c.get("text")},
        source["seed"],
    )


def choose_encounters(
    contexts: Iterable[Mapping[str, Any]], people: Sequence[Persona],
    others: Mapping[str, Sequence[Persona]], texts: Mapping[str, Texts], seed: int,
) -> dict[tuple[str, str], Encounter]:  # fmt: skip
    """Return whom each respondent meets and what it reads, the same in all replicates and lengths.

    A choice depends on the seed, the respondent, the setting and the one who is chosen. So a wider study, and
    nearly always a new persona or text, leaves the other choices as they were.

    Args:
        contexts: from `context_rows`.
        people: the respondents.
        others: by the contexts' `interlocutor`, who may be met.
        texts: by the contexts' `text`, the kinds.
        seed: the study's.

    Raises:
        StudyError: there is nobody whom a respondent could meet.
    """
    found = {}
    for name, row in settings(contexts).items():
        for person in people:
            if row.get("text"):
                kind = texts[row["text"]]
                title = _chosen(kind.texts, seed, "text", name, person.persona)
                found[person.persona, name] = Encounter(None, title, kind.shown(title))
            else:
                other = _met(person, others[row["interlocutor"]], seed, row)
                found[person.persona, name] = Encounter(other)
    return found


def _met(person: Persona, others: Sequence[Persona], seed: int, row: Mapping[str, Any]) -> Persona:
    """Return another persona: neither the respondent nor one of its name."""
    among = {
        o.persona: o
        for o in others
        if o.persona != person.persona and o.name.casefold() != person.name.casefold()
    }
    if not among:
        raise StudyError(
            f"contexts.topics: {row['topic']}: interlocutor: {row['interlocutor']}: there is nobody whom "
            f"'{person.persona}' could meet. Name a population of other personas, as interlocutor: townsfolk."
        )
    about = (row["topic"], row["interlocutor"], person.persona)
    return among[_chosen(among, seed, "interlocutor", *about)]


def _chosen(names: Iterable[str], seed: int, *purpose: object) -> str:
    return min(names, key=lambda name: derive(seed, *purpose, name))


def write_encounters(found: Encounters, population: str, output: Path) -> None:
    """Write the design table of encounters."""
    rows = [
        {
            "population": population, "respondent": respondent, "setting": name,
            "interlocutor": e.other.persona if e.other else "",
            "name": e.other.name if e.other else "",
            "description": e.other.description if e.other else "",
            "title": e.title, "text": e.text,
        }
        for (respondent, name), e in found.items()
    ]  # fmt: skip
    write_table(pd.DataFrame(rows), "encounters", output)


def read_encounters(path: Path) -> dict[tuple[str, str], Encounter]:
    """Return the encounters of a design table."""
    rows = read_table(path, "encounters").to_dict("records")
    return {(r["respondent"], r["setting"]): _encounter(r) for r in rows}


def _encounter(row: Mapping[Any, Any]) -> Encounter:
    other = None
    if row["interlocutor"]:
        other = Persona(
            persona=row["interlocutor"], name=row["name"], description=row["description"]
        )
    return Encounter(other, row["title"], row["text"])
