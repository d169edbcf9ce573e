"""Populations: personas by the population's name, with their true value profiles where these are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from holdfast.design.generated_personas import generate, read_phrases
from holdfast.design.personas import Persona, no_personas, read_personas
from holdfast.errors import unknown
from holdfast.tables.table_files import write_table
from holdfast.yaml_and_csv import inside

GENERATED, NO_PERSONA = "generated", "none"
GENERATED_RESPONDENTS = 60
PHRASES = Path("miniatures/phrases.yaml")


@dataclass(frozen=True)
class Population:
    """Respondents, and for a generated population each respondent's latent profile by value.

    The profiles never reach a prompt; they are what fidelity is measured against.
    """

    personas: list[Persona]
    profiles: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def find_population(
    resources: Path, name: str, size: int | None = None, seed: int = 0
) -> Population:
    """Return a population.

    Args:
        resources: the folder of resources.
        name: `none` (no persona), `generated` (personas drawn from latent profiles), or the name
            of a file in resources/personas/ without its ending.
        size: only the first so many; for `none` and `generated` how many there are.
        seed: of a generated population.

    Raises:
        StudyError: there is no such population, or its file does not fit.
    """
    if name == NO_PERSONA:
        return Population(no_personas(size))
    if name == GENERATED:
        people = generate(seed, size or GENERATED_RESPONDENTS, read_phrases(resources / PHRASES))
        return Population(
            [p.persona for p in people], {p.persona.persona: p.latent for p in people}
        )
    folder = resources / "personas"
    path = folder / f"{name}.csv"
    if not path.exists():
        raise unknown(f"{folder}", "populations", name, population_names(resources))
    inside(path, resources.parent, str(folder))
    return Population(read_personas(path, size))


def population_names(resources: Path) -> list[str]:
    """Return the names of all populations."""
    written = sorted(p.stem for p in (resources / "personas").glob("*.csv"))
    return [NO_PERSONA, GENERATED, *written]


def write_population(population: Population, name: str, personas: Path, profiles: Path) -> None:
    """Write a population's design tables.

    Args:
        population: the respondents.
        name: the population's name.
        personas: table with one row a respondent.
        profiles: table with one row a respondent and value; no rows where no profile is known.
    """
    table = pd.DataFrame([p.model_dump() for p in population.personas])
    table = table.rename(columns={"persona": "respondent"}).assign(population=name)
    write_table(table, "personas", personas)
    rows = [
        {"population": name, "respondent": who, "value": value, "latent": latent}
        for who, profile in population.profiles.items()
        for value, latent in profile.items()
    ]
    columns = ["population", "respondent", "value", "latent"]
    write_table(pd.DataFrame(rows, columns=columns), "profiles", profiles)
