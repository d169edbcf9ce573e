"""Whether the questionnaire means the same in each context, as rows of the table of estimates (methods 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.model_stability import Estimate, Status
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.structure.administrations import Answers, Place, row_of
from holdfast.stability.structure.invariance import LEVELS, Invariance, invariance
from holdfast.stability.structure.latent_stability import latent_correlations
from holdfast.stability.structure.value_circle import HIGHER_ORDER

INDICES: Mapping[Quantity, tuple[int, Callable[[Invariance], float]]] = {
    "cfi_configural": (1, lambda f: f.cfi[0]),
    "rmsea_configural": (1, lambda f: f.rmsea[0]),
    "cfi_change_metric": (2, lambda f: f.cfi[1] - f.cfi[0]),
    "rmsea_change_metric": (2, lambda f: f.rmsea[1] - f.rmsea[0]),
    "cfi_change_scalar": (3, lambda f: f.cfi[2] - f.cfi[1]),
    "rmsea_change_scalar": (3, lambda f: f.rmsea[2] - f.rmsea[1]),
    "invariance_level": (1, lambda f: f.level()),
}
"""How many levels must have a proper solution for a quantity, and what it is."""

QUANTITIES: tuple[Quantity, ...] = (*INDICES, "latent_rank_order")


def invariance_rows(answers: Answers) -> list[Estimate]:
    """Return the rows of measurement invariance, by higher-order value, and of latent stability.

    Respondents who answered every keyed item in every compared context and replicate take part. Without
    two such contexts there are no rows.
    """
    ratings = _complete(answers)
    if ratings.shape[1] < 2:
        return []
    position = {i: n for n, i in enumerate(answers.items())}
    columns = {v: [position[i] for i in items] for v, items in answers.key.items()}
    rows = []
    for number, values in enumerate(HIGHER_ORDER.values()):
        own = [i for v in values for i in columns[v]]
        found = invariance(ratings.mean(axis=0)[:, :, own], [len(columns[v]) for v in values])
        rows += [_row(answers, q, number, found, ratings.shape[2]) for q in INDICES]
    return rows + _latent_rows(answers, ratings, columns)


def _complete(answers: Answers) -> FloatArray:
    """Return the ratings (R, C, n, items) of the compared contexts and of complete respondents."""
    own = answers.ratings[:, answers.main()][..., answers.items()]
    whole = ~np.isnan(own).any(axis=(0, 1, 3))
    return np.asarray(own[:, :, whole], dtype=np.float64)


def _row(answers: Answers, quantity: Quantity, number: int, found: Invariance, n: int) -> Estimate:
    levels, figure = INDICES[quantity]
    known = found.proper >= levels
    status: Status = "ok" if known else found.problem or "not_estimable"
    method = "maximum likelihood; contexts as groups of the same respondents; ratings averaged over replicates"
    if found.problem:
        method += f"; {LEVELS[found.proper]} model: {found.problem}"
    place: Place = (None, None, number)
    estimate = float(figure(found)) if known else float("nan")
    return row_of(answers, quantity, place, estimate, 0, status, method, n=n)


def _latent_rows(
    answers: Answers, ratings: FloatArray, columns: Mapping[str, list[int]]
) -> list[Estimate]:
    """Return the rows of latent rank-order stability: pooled, and by higher-order value."""
    pairs = np.triu_indices(ratings.shape[1], k=1)
    if ratings.shape[2] > 1:
        centred = ratings - ratings.mean(axis=3, keepdims=True)
        by_value = {v: latent_correlations(centred[..., c])[pairs] for v, c in columns.items()}
    else:
        by_value = {v: np.full(len(pairs[0]), np.nan) for v in columns}
    rows = []
    parts = [None, *range(len(HIGHER_ORDER))]
    for number, values in zip(parts, [tuple(columns), *HIGHER_ORDER.values()], strict=True):
        own = np.concatenate([by_value[v] for v in values])
        known = own[~np.isnan(own)]
        status: Status = "ok" if known.size else "unreliable"
        said = (
            f"from covariances of different items; mean of {known.size} of {own.size} correlations"
        )
        mean = float(known.mean()) if known.size else float("nan")
        place: Place = (None, None, number)
        left_out = own.size - known.size
        rows.append(
            row_of(
                answers,
                "latent_rank_order",
                place,
                mean,
                left_out,
                status,
                said,
                n=ratings.shape[2],
            )
        )
    return rows
