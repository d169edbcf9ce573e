"""The structure of values among items: configuration, stress, separability, distance to the circle.

methods 7.2 and 7.3. The figures need their permutation null: noise has structure too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import procrustes

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.structure.item_map import configuration, correlations
from holdfast.stability.structure.multidimensional_scaling import scale
from holdfast.stability.structure.value_circle import circular_distance, location

QUANTITIES: tuple[Quantity, ...] = (
    "stress", "stress_compat", "separability", "procrustes", "circular_distance",
)  # fmt: skip

MINIMUM_RESPONDENTS = 4
FOLDS = 3
COST = 10.0
"""Of the support vector machine, on a configuration with a mean square distance of 1."""


@dataclass(frozen=True)
class Items:
    """Ratings of one administration, and which value each item belongs to.

    Attributes:
        ratings: (N, items), none missing.
        values: the items' values (items,).
    """

    ratings: FloatArray
    values: Sequence[str]


def structure(items: Items, *, compat: bool = True) -> tuple[dict[Quantity, float], int]:
    """Return the figures, NaN where there is none, and how many items are constant.

    Constant items are left out of the configuration (in `stress_compat` the original's rule holds:
    they correlate 0 with others and 1 with each other). Without an item for each value, or with too
    few respondents, there is no figure.

    Args:
        items: ratings of one administration.
        compat: whether `stress_compat` is asked for.
    """
    result: dict[Quantity, float] = dict.fromkeys(QUANTITIES, np.nan)
    if len(items.ratings) < MINIMUM_RESPONDENTS:
        return result, 0
    r = correlations(items.ratings)
    varied = ~np.isnan(np.diag(r))
    labels = np.array(items.values)
    if compat and varied.any():
        result["stress_compat"] = stress_compat(r, items.values)
    if len(set(labels[varied])) == len(set(labels)):
        points, result["stress"] = configuration(r[np.ix_(varied, varied)])
        if np.isnan(result["stress"]):
            return result, int((~varied).sum())
        theory = np.array([location(v) for v in labels[varied]])
        result["procrustes"] = float(procrustes(theory, points)[2])
        result["circular_distance"] = circular_distance(
            {v: points[labels[varied] == v].mean(axis=0) for v in set(labels)}
        )
        result["separability"] = separability(points, labels[varied])
    return result, int((~varied).sum())


def stress_compat(r: FloatArray, values: Sequence[str]) -> float:
    """Return the stress as the original's code has it (methods 7.2).

    There the correlations (items, items) are the items' *features*: dissimilarity is the Euclidean
    distance between two rows. Undefined correlations are 0, and 1 between two constant items.
    """
    constant = np.isnan(np.diag(r))
    rows = np.where(np.isnan(r), np.outer(constant, constant), r)
    apart = np.sqrt(np.maximum(((rows[:, None] - rows[None]) ** 2).sum(axis=-1), 0))
    return scale(apart, np.array([location(v) for v in values]))[1]


def separability(points: FloatArray, values: Iterable[str]) -> float:
    """Return how often a linear machine names the value of an item that it has not seen (methods 7.3).

    A linear support vector machine between each two values, on the configuration, in three stratified
    folds. NaN where a value has a single item.

    Args:
        points: places (items, 2).
        values: the items' values.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.svm import SVC

    _, labels, counts = np.unique(list(values), return_inverse=True, return_counts=True)
    folds = min(FOLDS, int(counts.min()))
    if folds < 2:
        return float("nan")
    said = cross_val_predict(
        SVC(kernel="linear", C=COST), points, labels, cv=StratifiedKFold(folds)
    )
    return float(np.mean(said == labels))
