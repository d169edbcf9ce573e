"""Structure and confirmatory factor analysis of one model's answers, as rows of the table of estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from holdfast.design.instruments import Instrument
from holdfast.seeds import generator
from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.estimation.estimate_tables import estimates_table
from holdfast.stability.estimation.model_stability import Estimate, Stability, Status
from holdfast.stability.estimation.score_arrays import Design, rating_array
from holdfast.stability.estimation.weighted_statistics import Names
from holdfast.stability.measures.all_measures import indices
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.structure.cfa import Fit, confirm
from holdfast.stability.structure.item_map import shuffled
from holdfast.stability.structure.value_circle import HIGHER_ORDER, is_circle
from holdfast.stability.structure.value_structure import QUANTITIES, Items, structure
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table, write_table

INDICES: tuple[Quantity, ...] = ("cfi", "tli", "rmsea", "srmr")

Place = tuple[int | None, int | None, int | None]
"""Indices of replicate, context and higher-order value; None = pooled over."""


@dataclass(frozen=True)
class Answers:
    """Ratings of one model, and what they answer.

    Attributes:
        ratings: (R, C, N, items), NaN = missing.
        key: for each value the indices of its items, from 0.
        names: of contexts, values and replicates.
    """

    ratings: FloatArray
    key: Mapping[str, Sequence[int]]
    names: Names

    def cell(self, at: tuple[int, int]) -> FloatArray:
        """Return the ratings (n, items) of a replicate and context: complete respondents, keyed items."""
        own = self.ratings[at][:, self.items()]
        return np.asarray(own[~np.isnan(own).any(axis=1)], dtype=np.float64)

    def items(self) -> list[int]:
        """Return the indices of all items in the key."""
        return sorted(i for items in self.key.values() for i in items)

    def values(self) -> list[str]:
        """Return the value of each of these items."""
        of = {i: value for value, items in self.key.items() for i in items}
        return [of[i] for i in self.items()]

    def cells(self) -> list[tuple[int, int]]:
        """Return the indices of every replicate and context."""
        replicates, contexts = self.ratings.shape[:2]
        return [(r, c) for r in range(replicates) for c in range(contexts)]


def validity(answers: Answers, permutations: int, random: np.random.Generator) -> list[Estimate]:
    """Return the rows of structure and confirmatory factor analysis (methods 7.2 to 7.4).

    Args:
        answers: ratings of one model. Values other than the theory's ten have no structure: no rows.
        permutations: shuffled administrations for the null of the structure; 0: no null.
        random: for the shuffles.
    """
    if not is_circle(list(answers.key)):
        return []
    return structure_rows(answers, permutations, random) + cfa_rows(answers)


def structure_rows(
    answers: Answers, permutations: int, random: np.random.Generator
) -> list[Estimate]:
    """Return the rows of the structure: pooled, by context, by replicate; arguments as `validity`."""
    cells, labels = answers.cells(), answers.values()
    found = {at: structure(Items(answers.cell(at), labels)) for at in cells}
    null = [
        structure(Items(shuffled(answers.cell(cells[k % len(cells)]), random), labels))[0]
        for k in range(permutations)
    ]
    rows = []
    for quantity in QUANTITIES:
        figures = np.full(answers.ratings.shape[:2], np.nan)
        constant = np.zeros(figures.shape, dtype=np.int64)
        for at, (result, count) in found.items():
            figures[at], constant[at] = result[quantity], count
        spread = _moments(np.array([draw[quantity] for draw in null]))
        for place in _places(answers, values=False):
            rows.append(
                _structure_row(answers, quantity, place, figures, constant, spread, permutations)
            )
    return rows


def _places(answers: Answers, *, values: bool) -> list[Place]:
    replicates, contexts = answers.ratings.shape[:2]
    last: list[Place] = [(None, None, h) for h in range(len(HIGHER_ORDER))] if values else []
    return [
        (None, None, None), *((None, c, None) for c in range(contexts)),
        *((r, None, None) for r in range(replicates)), *last,
    ]  # fmt: skip


def _moments(draws: FloatArray) -> tuple[float, float]:
    known = draws[~np.isnan(draws)]
    if known.size < 2:
        return float("nan"), float("nan")
    return float(known.mean()), float(known.std(ddof=1))


def _structure_row(
    answers: Answers, quantity: Quantity, place: Place, figures: FloatArray, constant: IntArray,
    null: tuple[float, float], permutations: int,
) -> Estimate:  # fmt: skip
    own = _at(figures, place[:2])
    known, dropped = own[~np.isnan(own)], int(_at(constant, place[:2]).sum())
    status: Status = "ok" if known.size else "constant_items" if dropped else "not_estimable"
    method = [f"mean of {known.size} of {own.size} administrations"]
    method += [f"{dropped} constant items left out"] if dropped else []
    method += [f"null: {permutations} permutations"] if permutations else []
    return _estimate(
        answers, quantity, place, float(known.mean()) if known.size else float("nan"),
        dropped, status, "; ".join(method),
        (null[0], null[1] / max(1, known.size) ** 0.5),
    )  # fmt: skip


def cfa_rows(answers: Answers) -> list[Estimate]:
    """Return the rows of the confirmatory factor analyses.

    Pooled, by context, by replicate and by higher-order value; and one for each improper fit, with its
    reason as status. `undefined` counts the improper fits, which stand in the means as no fit at all.
    """
    shape = (*answers.ratings.shape[:2], len(HIGHER_ORDER))
    fits = np.empty(shape, dtype=object)
    for at in answers.cells():
        ratings, position = answers.cell(at), {i: n for n, i in enumerate(answers.items())}
        for number, values in enumerate(HIGHER_ORDER.values()):
            factors = {v: [position[i] for i in answers.key[v]] for v in values}
            fits[(*at, number)] = confirm(ratings, factors)
    improper: list[Place] = [
        (*at, h) for at in answers.cells() for h in range(shape[2]) if fits[(*at, h)].problem
    ]
    places = [*_places(answers, values=True), *improper]
    return [_cfa_row(answers, index, place, fits) for index in INDICES for place in places]


def _cfa_row(
    answers: Answers, index: Quantity, place: Place, fits: npt.NDArray[np.object_]
) -> Estimate:
    own: list[Fit] = list(np.atleast_1d(_at(fits, place)).ravel())
    improper = [fit for fit in own if fit.problem]
    status: Status = "ok" if len(improper) < len(own) else improper[0].problem  # type: ignore[assignment]
    method = [
        "maximum likelihood",
        f"mean of {len(own)} fits" if len(own) > 1 else "one fit",
    ]
    method += [f"{len(improper)} improper, counted as no fit"] if improper else []
    mean = float(np.mean([getattr(fit, index) for fit in own]))
    nothing = (float("nan"), float("nan"))
    return _estimate(answers, index, place, mean, len(improper), status, "; ".join(method), nothing)


def _at(array: npt.NDArray[Any], place: Sequence[int | None]) -> npt.NDArray[Any]:
    """Return the part of an array at a place; None is everything along an axis."""
    return np.asarray(array[tuple(slice(None) if i is None else i for i in place)])


def _estimate(
    answers: Answers, quantity: Quantity, place: Place, estimate: float, undefined: int,
    status: Status, method: str, null: tuple[float, float],
) -> Estimate:  # fmt: skip
    replicate, context, value = place
    names, nan = answers.names, float("nan")
    return Estimate(
        quantity, None if value is None else list(HIGHER_ORDER)[value],
        None if context is None else names.contexts[context], None,
        None if replicate is None else names.replicates[replicate],
        estimate=estimate, lower=nan, upper=nan, se=nan,
        n=max((len(answers.cell(at)) for at in answers.cells()), default=0),
        undefined=undefined, null_mean=null[0], null_sd=null[1],
        method=f"{method}; no interval", status=status,
    )  # fmt: skip


def answers_of(table: pd.DataFrame, design: Design, instrument: Instrument, rating: str) -> Answers:
    """Return the ratings of one model and instrument.

    Args:
        table: table `ratings` of the model in one population.
        design: who answered what and where.
        instrument: the questionnaire.
        rating: "choice" or "expected".
    """
    column = {"choice": "rating", "expected": "expected"}[rating]
    own = table[table["instrument"] == instrument.name]
    array = rating_array(own, design, instrument.numbers(), column)
    key = dict(zip(instrument.values, indices(instrument.places()), strict=True))
    return Answers(array, key, Names(design.contexts, list(key), design.replicates))


def write_structure(
    *, ratings: Path, design: Design, about: dict[str, str], settings: dict[str, Any], output: Path
) -> None:
    """Write the rows of `validity` of one model in one population.

    Args:
        ratings: table `ratings` of the model.
        design: who answered what and where.
        about: model, family and population.
        settings: seed, rating and structure_permutations.
        output: the table of estimates; empty where no questionnaire has the theory's values.
    """
    table = read_table(ratings, "ratings")
    parts = [pd.DataFrame(columns=list(SCHEMAS["estimates"]))]
    for instrument in design.instruments:
        answers = answers_of(table, design, instrument, settings["rating"])
        random = generator(settings["seed"], "structure", instrument.name)
        rows = validity(answers, settings["structure_permutations"], random)
        if rows:
            found = Stability(tuple(rows), {}, len(design.respondents), settings["seed"])
            parts.append(estimates_table(found, about | {"instrument": instrument.name}))
    filled = [part for part in parts if len(part)] or parts[:1]
    write_table(pd.concat(filled, ignore_index=True), "estimates", output)
