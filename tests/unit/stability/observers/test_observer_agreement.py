"""ICC(A,1) and Krippendorff's alpha of observers: written out, published, and their properties."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from observed_data import observation, pooled_of, rng, scores

from holdfast.stability.observers.observer_agreement import alpha_cells, icc_cells
from holdfast.stability.observers.observer_estimates import OF_ALL
from holdfast.stability.observers.views import Views

N = np.nan


def sides(table: np.ndarray) -> np.ndarray:
    """Return a table (observers, units) as scores of one replicate, context and value."""
    return np.asarray(table, dtype=float)[:, None, None, :, None]


def alpha(table: np.ndarray, weights: np.ndarray | None = None) -> float:
    every = np.ones((1, np.shape(table)[1])) if weights is None else weights[None]
    return float(alpha_cells(sides(table), every.astype(float))[0, 0, 0, 0])


def by_coincidences(table: np.ndarray) -> float:
    """Return α from the matrix of coincidences of all distinct scores (Krippendorff 2011)."""
    known = sorted(set(table[~np.isnan(table)]))
    o = np.zeros((len(known), len(known)))
    for unit in table.T:
        own = unit[~np.isnan(unit)]
        for a, b in permutations(own, 2):
            o[known.index(a), known.index(b)] += 1 / (len(own) - 1)
    each = o.sum(axis=0)
    n, apart = each.sum(), np.subtract.outer(known, known) ** 2
    return float(1 - (n - 1) * (o * apart).sum() / (np.outer(each, each) * apart).sum())


def test_alpha_is_that_of_the_published_table() -> None:
    """Four observers of twelve units, some missing (Krippendorff 2011): interval .849."""
    table = np.array([
        [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
        [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
    ])  # fmt: skip
    assert alpha(table) == pytest.approx(0.849, abs=5e-4)
    assert alpha(table) == pytest.approx(by_coincidences(table), abs=1e-12)


tables = st.integers(0, 10_000).map(
    lambda seed: np.where(
        rng(seed).random((3, 12)) < 0.15, N,
        rng(seed).normal(size=12).round(1) + rng(seed + 1).normal(size=(3, 12)).round(1),
    )
)  # fmt: skip


@tried(max_examples=60, deadline=None)
@given(tables, st.floats(0.2, 5), st.floats(-50, 50), st.permutations(range(3)))
def test_alpha_has_no_scale_and_no_order(
    table: np.ndarray, factor: float, shift: float, order: list[int]
) -> None:
    found = alpha(table)
    assert found == pytest.approx(by_coincidences(table), abs=1e-9)
    assert alpha(factor * table[order] + shift) == pytest.approx(found, abs=1e-6)
    assert found <= 1


def test_weights_are_units_that_stand_there_so_often() -> None:
    table = rng(1).normal(size=(3, 12)) + rng(2).normal(size=12)
    table[0, 3] = N
    often = np.arange(12) % 3
    repeated = np.repeat(table, often, axis=1)
    assert alpha(table, often) == pytest.approx(by_coincidences(repeated), abs=1e-12)
    icc = icc_cells(sides(table), often[None].astype(float))[0, 0, 0, 0]
    again = icc_cells(sides(repeated), np.ones((1, repeated.shape[1])))[0, 0, 0, 0]
    assert icc == pytest.approx(again, abs=1e-12)


def test_icc_is_that_of_the_published_table() -> None:
    """Six targets and four judges (Shrout & Fleiss 1979, table 2): ICC(2,1), which is ICC(A,1), is .29."""
    table = np.array([
        [9, 6, 8, 7, 10, 6],
        [2, 1, 4, 1, 5, 2],
        [5, 3, 6, 2, 6, 4],
        [8, 2, 8, 6, 9, 7],
    ])  # fmt: skip
    found = icc_cells(sides(table), np.ones((1, 6)))[0, 0, 0, 0]
    assert round(float(found), 2) == 0.29


def test_planted_agreement_is_recovered() -> None:
    """Observers who see half of the truth's variance agree at .5, and not if one rates higher by 1."""
    random = rng(5)
    truth = random.normal(size=(500, 4))
    of = np.stack([scores(truth, np.sqrt(0.5), (1, 3), random) for _ in range(3)])
    rows = pooled_of(OF_ALL, observation(Views(of), simulations=100))
    for row in rows.values():
        assert row.estimate == pytest.approx(0.5, abs=0.03)
        assert row.lower < row.estimate < row.upper
        assert row.null_mean == pytest.approx(0, abs=0.01) and row.null_sd > 0
    of[1] += 1
    for row in pooled_of(OF_ALL, observation(Views(of))).values():
        assert row.estimate < 0.42


def test_gaps_one_observer_and_observers_who_say_nothing() -> None:
    random = rng(6)
    of = random.normal(size=(2, 1, 2, 20, 3)) + random.normal(size=(20, 3))
    gaps = of.copy()
    gaps[0, :, :, 15:] = N
    rows = pooled_of(OF_ALL, observation(Views(gaps)))
    assert {row.n for row in rows.values()} == {15}
    cells = alpha_cells(of[..., :15, :], np.ones((1, 15)))
    assert rows["observer_alpha"].estimate == pytest.approx(cells.mean(), abs=1e-12)
    alone = pooled_of(OF_ALL, observation(Views(of[:1])))
    assert {row.status for row in alone.values()} == {"needs_observers"}
    flat = pooled_of(OF_ALL, observation(Views(np.full_like(of, 2.0))))
    assert {row.status for row in flat.values()} == {"not_estimable"}
    assert {row.undefined for row in flat.values()} == {6}
