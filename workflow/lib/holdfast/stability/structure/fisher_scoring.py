"""Maximum likelihood of a factor model by damped Fisher scoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.structure.factor_model import FactorModel, Sample

MOST_ITERATIONS = 250
MOST_HALVINGS = 60
"""In all. Where the likelihood has a maximum few are needed; on the way to infinity, one in each step."""

NEAR = 1e-10
"""Done where one more step would lower the discrepancy by half of this, as far as can be foreseen."""

LONGEST = 0.25
"""Largest change of a parameter in a step, items standardised."""

FARTHEST = 30.0
"""Size of a parameter, items standardised, at which a fit is given up: the likelihood has no maximum."""

RIDGE = 1e-9
"""Part of each parameter's information that is added to it: where the others carry the same, it has a step."""


@dataclass(frozen=True)
class Optimum:
    """Where the steps ended.

    Attributes:
        parameters: the free ones.
        size: discrepancy there.
        converged: whether it is a minimum.
    """

    parameters: FloatArray
    size: float
    converged: bool


def fit(model: FactorModel, samples: Sequence[Sample], start: FloatArray) -> Optimum:
    """Return the minimum of the discrepancy from a start on, or where it was given up.

    A step is the expected information's, shortened to LONGEST and then halved until Σ is a covariance matrix
    and the discrepancy falls. The next one begins at twice the part that was taken.
    """
    at, size, part, halvings = start, model.size(start, samples), 1.0, 0
    for _ in range(MOST_ITERATIONS):
        gradient, second = model.slope(at, samples)
        second[np.diag_indices_from(second)] *= 1 + RIDGE
        step = -np.linalg.solve(second, gradient)
        fall = -float(gradient @ step)
        if not fall >= NEAR:
            return Optimum(at, size, converged=fall >= 0)
        part = min(1.0, 2 * part, LONGEST / np.abs(step).max())
        while not (lower := model.size(at + part * step, samples)) < size:
            part, halvings = part / 2, halvings + 1
            if halvings > MOST_HALVINGS:
                return Optimum(at, size, converged=False)
        at, size = at + part * step, lower
        if np.abs(at).max() > FARTHEST:
            break
    return Optimum(at, size, converged=False)
