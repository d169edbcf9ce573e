"""The results.json files of the original study's code: one folder a context, in both of its protocols.

The format is that of evaluate.py in flowersteam/value_stability, at the commits 36e8e3b (letters) and e3dd748
(replies).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.answer_files.collected_answers import RANDOM, Collected, folder_name
from holdfast.answer_files.original_replies import BoolArray, random_ones
from holdfast.design.administration_modes import LETTERS
from holdfast.design.instruments import Instrument, ItemTexts, load_instrument
from holdfast.errors import StudyError, shown
from holdfast.stability.correlation.spearman import FloatArray

FILE = "results.json"
AGREEMENT = 1e-6
"""Most that a value score in the file may differ from the mean of its items."""

ITEMS = {"pvq": ("pvq40", 40), "svs": ("svs", 57)}
"""By a part of its name in the file: the instrument, and the number of items that the file has."""


@dataclass(frozen=True)
class Context:
    """One file: a model's answers in one context.

    Attributes:
        path: the file.
        model: the model's name (`engine`).
        context: the conversation's topic, or the folder's name.
        population: the kind of personas.
        respondents: their names.
        instrument: what was asked.
        ratings: (N, items).
        random: (N, items): whether the code drew the answer, since the reply named no option; None: not told.
    """

    path: Path
    model: str
    context: str
    population: str
    respondents: tuple[str, ...]
    instrument: Instrument
    ratings: FloatArray
    random: BoolArray | None


def read_original(
    files: Sequence[Path], resources: Path, drop_random: bool
) -> tuple[list[Collected], list[str]]:
    """Return the answers in files of the original study, and why files are left out; each is used as a whole.

    Args:
        files: results.json files; those in folders of the same folder are one replicate.
        resources: where the questionnaires are.
        drop_random: whether answers that the original drew at random count as missing.

    Raises:
        StudyError: random answers are to be dropped, and a file does not tell them.
    """
    contexts, skipped = [], []
    for file in files:
        try:
            contexts.append(read_context(file, resources))
        except StudyError as mistake:
            skipped.append(str(mistake))
    if drop_random and (silent := [c.path for c in contexts if c.random is None]):
        raise StudyError(
            f"{silent[0]}: does not tell which answers were drawn at random, so they can't be left out. "
            "Allowed for this file: --random keep."
        )
    whole, more = _replicates(contexts)
    tables: dict[str, list[pd.DataFrame]] = {}
    instruments = {c.instrument.name: c.instrument for c, _, _ in whole}
    for context, replicate, part in whole:
        rows = _rows(context, drop_random).assign(replicate=replicate, part=part)
        tables.setdefault(context.instrument.name, []).append(rows)
    found = [
        Collected(instruments[name], pd.concat(rows, ignore_index=True), exact=True)
        for name, rows in tables.items()
    ]
    return found, skipped + more


def _replicates(
    contexts: Sequence[Context],
) -> tuple[list[tuple[Context, int, str]], list[str]]:
    """Return the files with replicate and population's part, and why files are left out."""
    found: dict[tuple[Any, ...], dict[Path, dict[str, Context]]] = {}
    skipped, used = [], []
    for one in contexts:
        key = (one.model, one.population, one.instrument.name, one.respondents)
        run = found.setdefault(key, {}).setdefault(one.path.parent.parent, {})
        if one.context in run:
            there = run[one.context].path
            skipped.append(f"{one.path}: the context '{one.context}' is also in {there}.")
        else:
            run[one.context] = one
    parts: dict[tuple[str, ...], str] = {}
    for key, runs in found.items():
        part = parts.setdefault(key[-1], str(len(parts)))
        names = sorted(next(iter(runs.values())))
        whole = [run for run in runs.values() if sorted(run) == names and len(names) > 1]
        for run in (r for r in runs.values() if not any(r is w for w in whole)):
            reason = "two contexts at least, and the same in all replicates, are needed"
            skipped += [f"{one.path}: {reason}." for one in run.values()]
        used += [(run[n], number, part) for number, run in enumerate(whole, 1) for n in names]
    return used, skipped


def _rows(context: Context, drop_random: bool) -> pd.DataFrame:
    """Return one file's answers as rows of `Collected.answers`, without replicate and part."""
    scale = context.instrument.ratings()
    n, items = context.ratings.shape
    drawn = np.zeros((n, items), dtype=bool) if context.random is None else context.random
    lost = drawn.ravel() & drop_random
    letters = np.array([LETTERS[scale.index(int(r))] for r in context.ratings.ravel()])
    status = np.where(lost, "invalid", np.where(drawn.ravel(), RANDOM, "ok"))
    return pd.DataFrame({
        "model": context.model, "population": context.population,
        "respondent": np.repeat(np.array(context.respondents, dtype=object), items), "group": "",
        "context": context.context, "item": np.tile(context.instrument.numbers(), n),
        "order": [scale] * (n * items), "answer": np.where(lost, "", letters),
        "logprobs": [[] for _ in range(n * items)], "status": status, "said": "",
        "tool": "the original study's code", "told": context.random is not None,
    })  # fmt: skip


def read_context(path: Path, resources: Path) -> Context:
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
        return _context(path, data, resources)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as e:
        what = f"'{e.args[0]}' is missing" if isinstance(e, KeyError) else str(e)
        raise StudyError(f"{path}: not a result of the original study: {what}.") from None


def _context(path: Path, data: dict[str, Any], resources: Path) -> Context:
    arguments, answers = data["args"], data["answers"]
    test, instrument = _questionnaire(data["metrics"], resources)
    metrics = data.get("per_simulated_participant_metrics") or data["per_permutation_metrics"]
    people = data["simulated_population"]
    if not len(answers) == len(metrics) == len(people) or len(people) < 3:
        counts = f"{len(answers)} answers, {len(metrics)} scores and {len(people)} respondents"
        raise ValueError(f"{counts} (equal numbers, at least 3)")
    ratings = np.array([[float(rating) for _, rating in one[test]] for one in answers])
    _check_ratings(ratings, test, instrument)
    scores = np.array([[float(one[test][value]) for value in instrument.values] for one in metrics])
    _check_scores(scores, ratings, instrument)
    names = _names(people)
    letters = [[str(letter) for letter, _ in one[test]] for one in answers]
    return Context(
        path, folder_name(_text(arguments["engine"])), _topic(arguments, path),
        _population(arguments, people),
        names, instrument, ratings, random_ones(data, test, letters, len(instrument.options)),
    )  # fmt: skip


def _questionnaire(metrics: Mapping[str, Any], resources: Path) -> tuple[str, Instrument]:
    """Return the name under which the answers stand, and what was asked."""
    if len(metrics) != 1:
        raise ValueError(f"metrics must be of one questionnaire, not of {shown(list(metrics))}")
    name = next(iter(metrics))
    for part, (own, items) in ITEMS.items():
        if part in name:
            return name, with_all_items(load_instrument(resources, own), items)
    raise ValueError(f"the questionnaire {shown(name)} is neither a PVQ nor an SVS")


def with_all_items(instrument: Instrument, items: int) -> Instrument:
    """Return an instrument with all items from 1, those that it lacks being of no value."""
    more = sorted(set(range(1, items + 1)) - set(instrument.numbers()))
    texts = sorted(
        [*instrument.items, *(ItemTexts(item=i) for i in more)], key=lambda row: row.item
    )
    return instrument.model_copy(update={"items": texts, "unscored": more})


def _check_ratings(ratings: FloatArray, test: str, instrument: Instrument) -> None:
    if ratings.shape[1:] != (len(instrument.items),):
        raise ValueError(f"each respondent must have {len(instrument.items)} ratings for {test}")
    scale = sorted(instrument.ratings())
    if not np.isin(ratings, scale).all():
        strange = ratings[~np.isin(ratings, scale)][0]
        raise ValueError(f"the rating {strange:g} for {test} is not from {scale[0]} to {scale[-1]}")


def _check_scores(scores: FloatArray, ratings: FloatArray, instrument: Instrument) -> None:
    """Refuse value scores that are not the means of their items."""
    for column, (value, items) in enumerate(instrument.values.items()):
        means = ratings[:, [i - 1 for i in items]].mean(axis=1)
        if not (np.abs(scores[:, column] - means) < AGREEMENT).all():
            raise ValueError(f"the scores of {value} are not the means of its items' ratings")


def _names(people: Sequence[Any]) -> tuple[str, ...]:
    if _without_personas(people):
        return tuple(f"respondent-{i:03d}" for i in range(1, len(people) + 1))
    names = tuple(_text(person["name"]) for person in people)
    if len(set(names)) < len(names):
        raise ValueError("two respondents have the same name")
    return names


def _without_personas(people: Sequence[Any]) -> bool:
    """Tell whether nobody is played.

    The older code then writes nothing for a respondent, the newer a chatbot without a description.
    """
    return all(p is None or ("description" in p and p["description"] is None) for p in people)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{shown(value)} is not a name")
    return value.strip().rstrip("/").split("/")[-1]


def _population(arguments: Mapping[str, Any], people: Sequence[Any]) -> str:
    if _without_personas(people):
        return "none"
    kind = arguments.get("simulated_population_type")
    return folder_name(_text(kind)) if isinstance(kind, str) and kind.strip() else "personas"


def _topic(arguments: Mapping[str, Any], path: Path) -> str:
    """Return the conversation's topic; without one the folder's name, without its date."""
    for key in ("simulated_conversation_theme", "simulate_conversation_theme"):
        if isinstance(arguments.get(key), str):
            return _text(arguments[key])
    return re.sub(r"_20\d\d([_-]\d\d)*$", "", path.parent.name)
