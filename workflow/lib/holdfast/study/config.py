"""The typed model of a study's configuration: every key, its default and what it means."""

import datetime
import os
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, Field, field_validator

from holdfast.design.readouts import Readout
from holdfast.errors import shown
from holdfast.study.config_contexts import Contexts, Name, listed, no_doubles
from holdfast.study.config_facets import Facets
from holdfast.study.config_observers import Observers
from holdfast.yaml_and_csv import Strict, check, read_mapping


def _named(value: object) -> object:
    """Let a bare name stand for an entry with nothing but a name."""
    return {"name": value} if isinstance(value, str) else value


class PopulationChoice(Strict):
    """A set of personas that the models play."""

    name: Name = Field(
        description="name of the population: that of resources/personas/NAME.csv, generated (drawn "
        "from latent value profiles), or none (no persona)"
    )
    size: int | None = Field(
        None, ge=2, description="number of respondents: the first SIZE of the population; null: all"
    )
    seed: int | None = Field(
        None, ge=0, description="seed of a generated population; null: the seed of the study"
    )


class InstrumentChoice(Strict):
    """A questionnaire, with the file of its texts where it is not the instrument's own."""

    name: Name = Field(description="name of the questionnaire: that of resources/*/NAME.yaml")
    items: Path | None = Field(
        None, description="another file of item texts, such as the official ones"
    )
    sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="checksum that the file of item texts must have"
    )
    populations: list[Name] | None = Field(
        None,
        min_length=1,
        description="populations of the study that are asked this questionnaire; null: all",
    )


PopulationEntry = Annotated[PopulationChoice, BeforeValidator(_named)]
InstrumentEntry = Annotated[InstrumentChoice, BeforeValidator(_named)]


class Administration(Strict):
    """How the questionnaire is asked."""

    option_order: Literal["item", "replicate", "fixed"] = Field(
        "item",
        description="unit that gets its own order of the options: item (every respondent, item and "
        "context, as in the original study), replicate (every respondent and item, the "
        "same in all contexts), fixed (the order of the scale)",
    )
    readout: Annotated[list[Readout], BeforeValidator(listed)] = Field(
        ["logit"],
        min_length=1,
        description="how answers are read, in one way or several: logit (probabilities of the option "
        "letters after 'Answer: (', or however else the wording begins an answer), choice (the "
        "reply is restricted to a letter, with nothing before it), generate (the model writes its "
        "answer), cot (the "
        "model reasons first, then as logit), distribution (the model writes a percentage for every option); "
        "all statistics use the first, the others "
        "are in the table of responses",
    )
    answer_tokens: int = Field(
        24,
        ge=1,
        le=4096,
        description="maximum length of an answer with the readout generate, in tokens",
    )
    reasoning_tokens: int = Field(
        120,
        ge=1,
        le=4096,
        description="maximum length of the reasoning with the readout cot, in tokens",
    )
    distribution_tokens: int = Field(
        160,
        ge=1,
        le=4096,
        description="maximum length of the percentages with the readout distribution, in tokens",
    )
    thinking_tokens: int = Field(
        1024,
        ge=1,
        le=65_536,
        description="maximum length of a thought, in tokens; for models whose entry has a `thinking` other "
        "than off. A thought that does not end is ended there, and counted",
    )

    @field_validator("readout")
    @classmethod
    def _once(cls, value: list[Readout]) -> list[Readout]:
        no_doubles([str(v) for v in value])
        return value


class Scoring(Strict):
    """How answers become value scores."""

    rating: Literal["choice", "expected"] = Field(
        "choice",
        description="rating of an answer: choice (that of the most probable option) or expected "
        "(the mean over options, weighted by probability)",
    )
    on_invalid: Literal["missing", "random"] = Field(
        "missing",
        description="what becomes of an unreadable answer: missing, or random (it is replaced by "
        "a random answer); it is counted either way",
    )


class Stability(Strict):
    """How stability is estimated."""

    undefined: Literal["zero", "drop", "nan"] = Field(
        "zero",
        description="how an undefined correlation (one side is constant) enters a mean: zero (no "
        "evidence of stability), drop (it is left out), nan (the mean is undefined too); "
        "it is counted in any case",
    )
    draws: int = Field(
        1000, ge=10, le=100_000, description="number of bootstrap draws of respondents"
    )
    confidence: float = Field(0.95, gt=0.5, lt=1, description="confidence level of the intervals")
    null_simulations: int = Field(
        200,
        ge=20,
        le=100_000,
        description="number of simulated studies with random answers, for the null",
    )
    structure: bool = Field(
        True,
        description="whether to estimate the structure of the values, the confirmatory factor "
        "analysis and the leaderboard's scores; applies to questionnaires with the ten "
        "values of Schwartz's theory",
    )
    structure_permutations: int = Field(
        20,
        ge=0,
        le=100_000,
        description="number of shuffled administrations for the null of the structure",
    )


Count = Annotated[int, Field(ge=2, le=10_000)]
Repetitions = Annotated[int, Field(ge=1, le=1000)]


class Power(Strict):
    """Designs that `snakemake power` tells the power of; every combination."""

    personas: list[Count] = Field([20, 60, 120], min_length=1, description="numbers of personas")
    contexts: list[Count] = Field([3, 5, 9], min_length=1, description="numbers of topics")
    replicates: list[Repetitions] = Field(
        [1, 2, 5], min_length=1, description="numbers of replicates"
    )
    simulations: int = Field(
        200, ge=20, le=100_000, description="number of simulated studies for each design"
    )


TAKEN = {
    "store": "the answers", "locks": "the models' revisions", "miniatures": "miniatures trained anew",
    "logs": "their logs", "benchmarks": "their benchmarks", "README.md": "what a study writes",
}  # fmt: skip
"""Names in `results/` that are no study's."""


class Study(Strict):
    """A study: which models play which personas in which contexts, and how they are asked."""

    study: Name = Field(
        "default", description="the study's name; the study writes to results/<study>/"
    )
    seed: int = Field(1, ge=0, description="seed of all random numbers of the study")
    replicates: int = Field(
        2,
        ge=1,
        description="number of replicates, each with its own option orders and sampled messages",
    )
    models: list[Name] = Field(
        [
            *("llama-mini", "mistral-mini", "mixtral-mini", "qwen-mini", "phi-mini"),
            *("random", "constant", "simulated"),
        ],
        min_length=1,
        description="names of models, from resources/models/*.yaml",
    )
    populations: list[PopulationEntry] = Field(
        [PopulationChoice(name="generated")],
        min_length=1,
        description="populations, sets of personas that the models play: NAME for "
        "resources/personas/NAME.csv, or {name: NAME, size: N} for its first N personas; "
        "generated, or {name: generated, size: N, seed: N}, for personas with known value "
        "profiles; none for no persona",
    )
    instruments: list[InstrumentEntry] = Field(
        [InstrumentChoice(name="pvq40")],
        min_length=1,
        description="questionnaires: NAME for resources/*/NAME.yaml, or {name: NAME, items: FILE, "
        "sha256: SUM} to use other item texts, such as the official ones, or {name: NAME, "
        "populations: [NAME]} to ask only some populations",
    )
    date: datetime.date = Field(
        datetime.date(2026, 1, 1),
        description="the day that chat templates are told it is, where they write the date, so that a study "
        "gives the same answers tomorrow",
    )
    contexts: Contexts = Field(Contexts(), description="what precedes the questionnaire")
    facets: Facets = Field(
        Facets(),
        description="other ways to put the same questions; of each facet the first level is the study's own",
    )
    mixed_languages: bool = Field(
        False,
        description="whether wordings, questionnaires, topics, texts and personas may be in several languages; "
        "if not, a study that mixes them is refused",
    )
    administration: Administration = Field(
        Administration(), description="how the questionnaire is asked"
    )
    observers: Observers = Field(
        Observers(),
        description="models that read the conversations and report on who speaks in them (docs/observers.md)",
    )
    scoring: Scoring = Field(Scoring(), description="how answers become value scores")
    stability: Stability = Field(Stability(), description="how stability is estimated")
    power: Power = Field(
        Power(),
        description="designs for which `snakemake power` estimates the power to distinguish models",
    )
    results_licence: str = Field(
        "",
        pattern=r"^[^\n]*$",
        description="licence of the results, which `snakemake crate` and `dataset` name: an identifier from "
        "spdx.org/licenses, such as CC-BY-4.0, an address, or words; empty: none is stated",
    )
    limit: int | None = Field(
        None,
        ge=2,
        description="for a trial: use only the first LIMIT respondents of each population; null: "
        "all",
    )
    shards: int = Field(
        1,
        ge=1,
        le=10_000,
        description="number of jobs over which the sessions of a model and population are split; a "
        "model's `deployment.shards` takes precedence; results are the same "
        "(docs/scale.md)",
    )
    save_every_seconds: int = Field(
        30,
        ge=1,
        le=3600,
        description="interval at which an inference job saves its answers, in seconds",
    )
    allow_failed: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of a job's messages and answers that a service may have failed to give; with more "
        "failures the job is not done",
    )
    sessions_at_once: Literal[1, 2, 4, 8, 16, 32, 64] = Field(
        32,
        description="conversations that a local model computes together with their answers, at least; "
        "more are faster, and a job that is killed loses as many (docs/safety.md)",
    )

    def size_of(self, chosen: PopulationChoice) -> int | None:
        """Return how many respondents of a population take part; None: all that there are."""
        given = [n for n in (chosen.size, self.limit) if n is not None]
        return min(given) if given else None

    @field_validator("study")
    @classmethod
    def _not_the_store(cls, value: str) -> str:
        if value in TAKEN:
            raise ValueError(f"the name '{value}' is taken: results/{value}/ holds {TAKEN[value]}")
        return value

    @field_validator("models")
    @classmethod
    def _once(cls, value: list[str]) -> list[str]:
        return no_doubles(value)

    @field_validator("populations", "instruments")
    @classmethod
    def _named_once(cls, value: list[Any]) -> list[Any]:
        no_doubles([v.name for v in value])
        return value


def read_study(path: Path) -> Study:
    """Return the study that a configuration file describes; keys left out have their defaults.

    Raises:
        StudyError: naming the file, the key, the value seen and what is allowed.
    """
    return check(Study, read_mapping(path), path)


def sources(files: Iterable[str | Path], keys: Mapping[str, object]) -> str:
    """Return a line that says where a configuration is from.

    Args:
        files: its files, each of which goes before the one that precedes it.
        keys: what the command line laid over them.
    """
    named = " with ".join(os.path.relpath(file) for file in files)
    laid = ", ".join(f"{key}={_short(value)}" for key, value in keys.items())
    over = f", and over it from the command line: {laid}" if laid else ""
    return f"Configuration: {named or 'from the workflow that uses this one'}{over}"


def _short(value: object) -> str:
    return shown(value) if isinstance(value, dict | list) else shown(value).strip("'\"")


def commented_defaults(model: type[BaseModel] = Study, indent: str = "") -> str:
    """Return the configuration file with every key, its default and its meaning as a comment."""
    text = ""
    for name, field in model.model_fields.items():
        default = field.get_default()
        if isinstance(default, BaseModel):
            text += f"\n{indent}# {field.description}\n{indent}{name}:\n"
            text += commented_defaults(type(default), indent + "  ")
        else:
            text += _commented_key(name, default, str(field.description), indent)
    return text


def _commented_key(name: str, default: object, description: str, indent: str) -> str:
    plain = [_plain(v) for v in default] if isinstance(default, list) else default
    value = yaml.safe_dump(plain, default_flow_style=True, width=10_000).removesuffix("...\n")
    comment = textwrap.fill(
        description, 96, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
    )
    return f"{comment}\n{indent}{name}: {value.strip()}\n"


def _plain(value: object) -> object:
    if not isinstance(value, BaseModel):
        return value
    given: Any = value.model_dump(exclude_none=True)  # of a topic the bare name
    return given["name"] if isinstance(given, dict) and set(given) == {"name"} else given
