"""Reading the results.json files of the original study's code: one folder a context."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.errors import StudyError, shown
from holdfast.stability.correlation.spearman import FloatArray

FILE = "results.json"
AGREEMENT = 1e-6
"""Most that a value score in the file may differ from the mean of its items."""


@dataclass(frozen=True)
class Questionnaire:
    """What a questionnaire of the original study consists of.

    Attributes:
        name: of the instrument.
        items: their number.
        options: steps of the response scale.
        key: items of each value, from 1 (methods 4).
    """

    name: str
    items: int
    options: int
    key: Mapping[str, Sequence[int]]


PVQ = Questionnaire("pvq40", 40, 6, {
    "Conformity": (7, 16, 28, 36), "Tradition": (9, 20, 25, 38), "Benevolence": (12, 18, 27, 33),
    "Universalism": (3, 8, 19, 23, 29, 40), "Self-Direction": (1, 11, 22, 34),
    "Stimulation": (6, 15, 30), "Hedonism": (10, 26, 37), "Achievement": (4, 13, 24, 32),
    "Power": (2, 17, 39), "Security": (5, 14, 21, 31, 35),
})  # fmt: skip
SVS = Questionnaire("svs", 57, 9, {
    "Conformity": (11, 20, 40, 47), "Tradition": (18, 32, 36, 44, 51),
    "Benevolence": (33, 45, 49, 52, 54), "Universalism": (1, 17, 24, 26, 29, 30, 35, 38),
    "Self-Direction": (5, 16, 31, 41, 53), "Stimulation": (9, 25, 37), "Hedonism": (4, 50, 57),
    "Achievement": (34, 39, 43, 55), "Power": (3, 12, 27, 46), "Security": (8, 13, 15, 22, 56),
})  # fmt: skip


@dataclass(frozen=True)
class Context:
    """One file: a model's answers in one context.

    Attributes:
        path: the file.
        model: the model's name (`engine`).
        context: the conversation's topic, or the folder's name.
        population: the kind of personas.
        respondents: their names.
        questionnaire: what was asked.
        ratings: (N, items).
        scores: value scores (N, values) as the file has them, in the order of the key.
    """

    path: Path
    model: str
    context: str
    population: str
    respondents: tuple[str, ...]
    questionnaire: Questionnaire
    ratings: FloatArray
    scores: FloatArray

    def centred(self) -> FloatArray:
        """Return the scores less the respondent's mean rating, computed as the original does."""
        return np.asarray(self.scores - self.ratings.mean(axis=1)[:, None], dtype=np.float64)


def find_files(folders: Sequence[Path]) -> list[Path]:
    """Return every results.json in folders or below them, in the order of their paths.

    Raises:
        StudyError: a folder is missing, or has none.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise StudyError(f"{folder}: there is no such folder.")
        files = sorted(folder.rglob(FILE))
        if not files:
            raise StudyError(f"{folder}: there is no {FILE} in it or below it.")
        found |= dict.fromkeys(files)
    return list(found)


def read_context(path: Path) -> Context:
    """Return one file's answers.

    Raises:
        StudyError: the file can't be read, or anything in it does not fit: no half of it is used.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as e:
        reason = (str(e).splitlines() or ["?"])[0]
        raise StudyError(f"{path}: can't be read as JSON: {reason}.") from None
    try:
        return _context(path, data)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as e:
        what = f"'{e.args[0]}' is missing" if isinstance(e, KeyError) else str(e)
        raise StudyError(f"{path}: not a result of the original study: {what}.") from None


def _context(path: Path, data: dict[str, Any]) -> Context:
    arguments, answers = data["args"], data["answers"]
    test, asked = _questionnaire(data["metrics"])
    metrics = data.get("per_simulated_participant_metrics") or data["per_permutation_metrics"]
    people = data["simulated_population"]
    if not len(answers) == len(metrics) == len(people) or len(people) < 3:
        counts = f"{len(answers)} answers, {len(metrics)} scores and {len(people)} respondents"
        raise ValueError(f"{counts} (equal numbers, at least 3)")
    ratings = np.array([[float(rating) for _, rating in one[test]] for one in answers])
    if ratings.shape[1:] != (asked.items,) or not np.isfinite(ratings).all():
        raise ValueError(f"each respondent must have {asked.items} ratings for {test}")
    scores = np.array([[float(one[test][value]) for value in asked.key] for one in metrics])
    _check_scores(scores, ratings, asked)
    names = tuple(_name(person, i) for i, person in enumerate(people))
    if len(set(names)) < len(names):
        raise ValueError("two respondents have the same name")
    return Context(
        path, _text(arguments["engine"]), _topic(arguments, path), _population(arguments, people),
        names, asked, ratings, scores,
    )  # fmt: skip


def _questionnaire(metrics: Mapping[str, Any]) -> tuple[str, Questionnaire]:
    """Return the name under which the answers stand, and what was asked."""
    if len(metrics) != 1:
        raise ValueError(f"metrics must be of one questionnaire, not of {shown(list(metrics))}")
    name = next(iter(metrics))
    for part, asked in (("pvq", PVQ), ("svs", SVS)):
        if part in name:
            return name, asked
    raise ValueError(f"the questionnaire {shown(name)} is neither a PVQ nor an SVS")


def _check_scores(scores: FloatArray, ratings: FloatArray, asked: Questionnaire) -> None:
    """Refuse value scores that are not the means of their items."""
    for column, (value, items) in enumerate(asked.key.items()):
        means = ratings[:, [i - 1 for i in items]].mean(axis=1)
        if not (np.abs(scores[:, column] - means) < AGREEMENT).all():
            raise ValueError(f"the scores of {value} are not the means of its items' ratings")


def _name(person: Any, number: int) -> str:
    return f"respondent-{number + 1:03d}" if person is None else _text(person["name"])


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{shown(value)} is not a name")
    return value.strip().rstrip("/").split("/")[-1]


def _population(arguments: Mapping[str, Any], people: Sequence[Any]) -> str:
    if people[0] is None:
        return "none"
    kind = arguments.get("simulated_population_type")
    return _text(kind) if isinstance(kind, str) and kind.strip() else "personas"


def _topic(arguments: Mapping[str, Any], path: Path) -> str:
    """Return the conversation's topic; without one the folder's name, without its date."""
    for key in ("simulated_conversation_theme", "simulate_conversation_theme"):
        if isinstance(arguments.get(key), str):
            return _text(arguments[key])
    return re.sub(r"_20\d\d([_-]\d\d)*$", "", path.parent.name)
