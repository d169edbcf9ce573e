"""Structure, factor analyses and invariance of one model's answers, as rows of the table of estimates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.seeds import generator
from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.estimation.estimate_tables import estimates_table
from holdfast.stability.estimation.model_stability import Estimate, Stability, Status
from holdfast.stability.estimation.score_arrays import Design
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.structure.administrations import (
    Answers,
    Place,
    answers_of,
    part,
    places_of,
    row_of,
)
from holdfast.stability.structure.cfa_estimates import cfa_rows
from holdfast.stability.structure.correspondence import circle_of, of_values
from holdfast.stability.structure.invariance_estimates import invariance_rows
from holdfast.stability.structure.item_map import shuffled
from holdfast.stability.structure.value_circle import is_circle
from holdfast.stability.structure.value_structure import (
    MINIMUM_RESPONDENTS,
    QUANTITIES,
    Items,
    structure,
)
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table, write_table


def validity(answers: Answers, permutations: int, random: np.random.Generator) -> list[Estimate]:
    """Return the rows of structure and confirmatory factor analysis (methods 7.2 to 7.4).

    Args:
        answers: ratings of one model. Values other than the theory's ten have no structure: no rows.
        permutations: shuffled administrations for the null of the structure; 0: no null.
        random: for the shuffles.
    """
    if not is_circle(list(answers.key)):
        return []
    found = structure_rows(answers, permutations, random) + correspondence_rows(answers)
    return found + cfa_rows(answers) + invariance_rows(answers)


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
        for place in places_of(answers, values=False):
            rows.append(
                _structure_row(answers, quantity, place, figures, constant, spread, permutations)
            )
    return rows


def _moments(draws: FloatArray) -> tuple[float, float]:
    known = draws[~np.isnan(draws)]
    if known.size < 2:
        return float("nan"), float("nan")
    return float(known.mean()), float(known.std(ddof=1))


def _structure_row(
    answers: Answers, quantity: Quantity, place: Place, figures: FloatArray, constant: IntArray,
    null: tuple[float, float], permutations: int,
) -> Estimate:  # fmt: skip
    own = part(figures, place[:2])
    known, dropped = own[~np.isnan(own)], int(part(constant, place[:2]).sum())
    status: Status = "ok" if known.size else "constant_items" if dropped else "not_estimable"
    method = [f"mean of {known.size} of {own.size} administrations"]
    method += [f"{dropped} constant items left out"] if dropped else []
    method += [f"null: {permutations} permutations"] if permutations else []
    return row_of(
        answers, quantity, place, float(known.mean()) if known.size else float("nan"),
        dropped, status, "; ".join(method),
        (null[0], null[1] / max(1, known.size) ** 0.5),
    )  # fmt: skip


def correspondence_rows(answers: Answers) -> list[Estimate]:
    """Return the rows of the correspondence index and its randomisation test: pooled, by context, by replicate.

    The index is a mean over administrations; the test renames the values alike in all of them.
    """
    labels, k = answers.values(), len(answers.key)
    matrices = np.full((*answers.ratings.shape[:2], k, k), np.nan)
    for at in answers.cells():
        ratings = answers.cell(at)
        if len(ratings) >= MINIMUM_RESPONDENTS:
            matrices[at] = of_values(ratings, labels)
    rows = []
    for place in places_of(answers, values=False):
        own = part(matrices, place[:2]).reshape(-1, k, k)
        known = own[~np.isnan(own).any(axis=(1, 2))]
        found, left_out = circle_of(known), len(own) - len(known)
        status: Status = "ok" if len(known) else "not_estimable"
        said = f"mean of {len(known)} of {len(own)} administrations; randomisation of the values' names"
        null = (found.null_mean, found.null_sd)
        about = (left_out, status, said)
        rows.append(row_of(answers, "correspondence", place, found.index, *about, null))
        rows.append(row_of(answers, "correspondence_p", place, found.p, *about))
    return rows


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
