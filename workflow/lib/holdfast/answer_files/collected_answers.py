"""Answers to one questionnaire, whichever tool collected them, and the designs in which they were given."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from holdfast.design.instruments import Instrument
from holdfast.errors import StudyError
from holdfast.stability.estimation.score_arrays import Design

FEWEST_RESPONDENTS = 3
PLACE = ["model", "population", "part", "respondent", "context", "replicate", "item"]
"""What no two answers have in common."""

UNREAD = ("invalid", "thought_not_ended")
"""Statuses of replies that are there and name no option."""

RANDOM = "random"
"""The status of an answer that the collecting tool drew, since it could not read the model's."""


@dataclass(frozen=True)
class Collected:
    """Answers to one questionnaire.

    Attributes:
        instrument: the questionnaire.
        answers: one row an answer: model, population, part (another one where the same population's name
            stands for other respondents), respondent, group, context, replicate, item, order, answer,
            logprobs, status and said as in the table of responses, tool, with its version, and told, whether
            the tool's file tells which answers are random.
        exact: whether scores are ranked as the floating-point numbers they are, and centred on all items, also
            those of no value: so does the original study.
    """

    instrument: Instrument
    answers: pd.DataFrame
    exact: bool = False


@dataclass(frozen=True)
class Group:
    """Models that were asked the same questionnaire of the same respondents in the same contexts.

    Attributes:
        population: its name.
        design: who answered what and where.
        answers: by model, rows of `Collected.answers`.
        exact: as of `Collected`.
    """

    population: str
    design: Design
    answers: dict[str, pd.DataFrame]
    exact: bool

    @property
    def instrument(self) -> Instrument:
        """Return the questionnaire."""
        return self.design.instruments[0]


def groups_of(collected: Sequence[Collected]) -> list[Group]:
    """Return the groups of models; a model's populations are numbered where several have one name.

    Raises:
        StudyError: a model was asked in one context alone, or of fewer than three respondents.
    """
    found: dict[tuple[object, ...], Group] = {}
    names: dict[tuple[str, ...], int] = {}
    for one in collected:
        for about, rows in one.answers.groupby(["model", "population", "part"], sort=False):
            model, population, _ = map(str, about)
            axes = [list(dict.fromkeys(rows[c])) for c in ("respondent", "context", "replicate")]
            _check_enough(model, one.instrument.name, axes[0], axes[1])
            name = (model, population, one.instrument.name)
            names[name] = names.get(name, 0) + 1
            number = f"-{names[name]}" if names[name] > 1 else ""
            key = (one.instrument.name, population + number, one.exact, *map(frozenset, axes))
            if key not in found:
                design = _design(one.instrument, rows, *axes)
                found[key] = Group(population + number, design, {}, one.exact)
            found[key].answers[model] = rows
    return list(found.values())


def folder_name(text: str) -> str:
    """Return a name as a folder can have it: plain letters, digits, '.', '_' and '-', the first not a point."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).lstrip("._-") or "unnamed"


def _design(
    instrument: Instrument, rows: pd.DataFrame, respondents: list[str], contexts: list[str],
    replicates: list[int],
) -> Design:  # fmt: skip
    groups: Mapping[str, str] = dict(zip(rows["respondent"], rows["group"], strict=True))
    return Design(
        sorted(replicates),
        contexts,
        respondents,
        pd.DataFrame(index=respondents),
        [instrument],
        groups,
    )


def _check_enough(
    model: str, instrument: str, respondents: Sequence[str], contexts: Sequence[str]
) -> None:
    where = f"'{model}' and '{instrument}'"
    if len(contexts) < 2:
        raise StudyError(
            f"{where}: there are answers in one context alone, '{contexts[0]}'. Stability is between "
            "contexts: two at least are needed."
        )
    if len(respondents) < FEWEST_RESPONDENTS:
        raise StudyError(
            f"{where}: there are answers of {len(respondents)} respondents, and {FEWEST_RESPONDENTS} at least "
            "are needed for a correlation over them."
        )
