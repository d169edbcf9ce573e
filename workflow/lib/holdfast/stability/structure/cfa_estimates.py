"""Confirmatory factor analyses of one model's answers, as rows of the table of estimates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from holdfast.stability.estimation.model_stability import Estimate, Status
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.structure.administrations import (
    Answers,
    Place,
    part,
    places_of,
    row_of,
)
from holdfast.stability.structure.cfa import Fit, Index, confirm
from holdfast.stability.structure.value_circle import HIGHER_ORDER

INDICES: tuple[Index, ...] = ("cfi", "tli", "rmsea", "srmr")
COMPAT: Mapping[Quantity, Index] = {
    "cfi_compat": "cfi",
    "rmsea_compat": "rmsea",
    "srmr_compat": "srmr",
}

Fits = npt.NDArray[np.object_]
"""Fits (R, C, higher-order values)."""


def cfa_rows(answers: Answers) -> list[Estimate]:
    """Return the rows of the confirmatory factor analyses.

    Pooled, by context, by replicate and by higher-order value; and one for each improper fit, with its
    reason as status. `undefined` counts the improper fits, which are left out of the means. In the
    quantities that end in _compat they stand as no fit at all, by the original's rule of what is improper.
    """
    fits = _fits(answers)
    improper: list[Place] = [at for at, fit in np.ndenumerate(fits) if fit.problem]
    places = places_of(answers, values=True)
    rows = [_row(answers, index, p, fits) for index in INDICES for p in [*places, *improper]]
    return rows + [_row_compat(answers, q, p, fits) for q in COMPAT for p in places]


def _fits(answers: Answers) -> Fits:
    fits = np.empty((*answers.ratings.shape[:2], len(HIGHER_ORDER)), dtype=object)
    position = {i: n for n, i in enumerate(answers.items())}
    for at in answers.cells():
        ratings = answers.cell(at)
        for number, values in enumerate(HIGHER_ORDER.values()):
            factors = {v: [position[i] for i in answers.key[v]] for v in values}
            fits[(*at, number)] = confirm(ratings, factors)
    return fits


def _row(answers: Answers, index: Index, place: Place, fits: Fits) -> Estimate:
    own: list[Fit] = list(np.atleast_1d(part(fits, place)).ravel())
    proper = [fit.proper(index) for fit in own if not fit.problem]
    left_out = len(own) - len(proper)
    status: Status = "ok" if proper else own[0].problem or "fit_failed"
    method = ["maximum likelihood", _said(len(proper), len(own))]
    method += [f"{left_out} improper, left out"] if left_out else []
    mean = float(np.mean(proper)) if proper else float("nan")
    return row_of(answers, index, place, mean, left_out, status, "; ".join(method))


def _row_compat(answers: Answers, quantity: Quantity, place: Place, fits: Fits) -> Estimate:
    own: list[Fit] = list(np.atleast_1d(part(fits, place)).ravel())
    improper = [fit.problem_compat for fit in own if fit.problem_compat]
    status: Status = "ok" if len(improper) < len(own) else improper[0] or "fit_failed"
    method = ["maximum likelihood", _said(len(own), len(own))]
    method += [f"{len(improper)} improper, counted as no fit"] if improper else []
    mean = float(np.mean([fit.compat(COMPAT[quantity]) for fit in own]))
    return row_of(answers, quantity, place, mean, len(improper), status, "; ".join(method))


def _said(fits: int, of: int) -> str:
    """Say of how many fits a figure is the mean."""
    if of == 1:
        return "one fit"
    return f"mean of {fits} fits" if fits == of else f"mean of {fits} of {of} fits"
