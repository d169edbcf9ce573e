"""Maximum likelihood of a factor model by damped Fisher scoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
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
    own, shared = _by_group(model.free)
    for _ in range(MOST_ITERATIONS):
        gradient, second = model.slope(at, samples)
        second[np.diag_indices_from(second)] *= 1 + RIDGE
        step = -_solved(second, gradient, own, shared)
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


def _by_group(free: IntArray) -> tuple[list[IntArray], IntArray]:
    """Return which parameters each group has alone, and which several have; `free` as of a `FactorModel`."""
    groups = [np.unique(places[places >= 0]) for places in free]
    times = np.bincount(np.concatenate(groups))
    return [g[times[g] == 1] for g in groups], np.flatnonzero(times > 1)


def _solved(
    second: FloatArray, gradient: FloatArray, own: Sequence[IntArray], shared: IntArray
) -> FloatArray:
    """Return x with second · x = gradient.

    Two groups' own parameters carry no information on each other, so each group's are eliminated apart: with
    A its block, B its rows for the shared ones, S and r the shared ones' block and gradient, these are
    (S - ΣB'A⁻¹B)⁻¹ (r - ΣB'A⁻¹g).
    """
    block, right, parts = second[np.ix_(shared, shared)], gradient[shared], []
    for g in own:
        across = second[np.ix_(g, shared)]
        solved = np.linalg.solve(second[np.ix_(g, g)], np.column_stack([across, gradient[g]]))
        block, right = block - across.T @ solved[:, :-1], right - across.T @ solved[:, -1]
        parts.append(solved)
    found = np.empty_like(gradient)
    found[shared] = np.linalg.solve(block, right)
    for g, solved in zip(own, parts, strict=True):
        found[g] = solved[:, -1] - solved[:, :-1] @ found[shared]
    return found
