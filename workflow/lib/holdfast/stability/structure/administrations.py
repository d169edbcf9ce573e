"""One model's answers by administration, and the rows of estimates that are means over administrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from holdfast.design.instruments import Instrument
from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.estimation.context_layout import own_contexts
from holdfast.stability.estimation.model_stability import Estimate, Status
from holdfast.stability.estimation.score_arrays import Design, keyed_array
from holdfast.stability.estimation.weighted_statistics import Names
from holdfast.stability.measures.all_measures import indices
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.structure.value_circle import HIGHER_ORDER

Place = tuple[int | None, int | None, int | None]
"""Indices of replicate, context and higher-order value; None = pooled over."""


@dataclass(frozen=True)
class Answers:
    """Ratings of one model, and what they answer.

    Attributes:
        ratings: (R, C, N, items), NaN = missing.
        key: for each value the indices of its items, from 0.
        names: of contexts, values and replicates.
        compared: the contexts that are compared with each other; None: all.
    """

    ratings: FloatArray
    key: Mapping[str, Sequence[int]]
    names: Names
    compared: IntArray | None = None

    def main(self) -> IntArray:
        """Return the indices of the contexts that are compared with each other."""
        return np.arange(self.ratings.shape[1]) if self.compared is None else self.compared

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


def answers_of(table: pd.DataFrame, design: Design, instrument: Instrument, rating: str) -> Answers:
    """Return the ratings of one model and instrument, in the contexts at the first levels of all facets.

    Args:
        table: table `ratings` of the model in one population.
        design: who answered what and where.
        instrument: the questionnaire.
        rating: "choice" or "expected".
    """
    column = {"choice": "rating", "expected": "expected"}[rating]
    own = table[table["instrument"] == instrument.name]
    here = own_contexts(design.layout)
    array = keyed_array(own, design, instrument, column)[:, here]
    key = dict(zip(instrument.values, indices(instrument.places()), strict=True))
    names = Names([design.contexts[c] for c in here], list(key), design.replicates)
    return Answers(array, key, names, np.searchsorted(here, design.layout.main))


def places_of(answers: Answers, *, values: bool) -> list[Place]:
    """Return the places of pooled rows, by context, by replicate and, if asked for, by higher-order value."""
    replicates, contexts = answers.ratings.shape[:2]
    last: list[Place] = [(None, None, h) for h in range(len(HIGHER_ORDER))] if values else []
    return [
        (None, None, None), *((None, c, None) for c in range(contexts)),
        *((r, None, None) for r in range(replicates)), *last,
    ]  # fmt: skip


def part(array: npt.NDArray[Any], place: Sequence[int | None]) -> npt.NDArray[Any]:
    """Return the part of an array at a place; None is everything along an axis."""
    return np.asarray(array[tuple(slice(None) if i is None else i for i in place)])


def row_of(
    answers: Answers, quantity: Quantity, place: Place, estimate: float, undefined: int,
    status: Status, method: str, null: tuple[float, float] = (float("nan"), float("nan")),
    n: int | None = None,
) -> Estimate:  # fmt: skip
    """Return a row without an interval; n is the most respondents of an administration if not given."""
    replicate, context, value = place
    names, nan = answers.names, float("nan")
    return Estimate(
        quantity, None if value is None else list(HIGHER_ORDER)[value],
        None if context is None else names.contexts[context], None,
        None if replicate is None else names.replicates[replicate],
        estimate=estimate, lower=nan, upper=nan, se=nan,
        n=max((len(answers.cell(at)) for at in answers.cells()), default=0) if n is None else n,
        undefined=undefined, null_mean=null[0], null_sd=null[1],
        method=f"{method}; no interval", status=status,
    )  # fmt: skip
