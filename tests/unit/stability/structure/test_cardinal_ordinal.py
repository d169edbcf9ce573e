"""The leaderboard's scores, against the published rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from golden_data import GOLDEN

from holdfast.stability.structure.cardinal_ordinal import (
    cardinal,
    cardinal_of_means,
    columns,
    ordinal,
)

CONTEXTS = 9


def test_cardinal_reproduces_every_published_row() -> None:
    rows = pd.read_csv(GOLDEN / "leaderboard_rows.csv")
    assert len(rows) == 26
    for row in rows.itertuples():
        score = cardinal_of_means(row.RO, row.Stress, row.CFI, row.SRMR, row.RMSEA, CONTEXTS)
        assert score == pytest.approx(row.Cardinal, abs=1e-9), row.Model


def test_both_ways_to_the_cardinal_score_agree() -> None:
    random = np.random.default_rng(0)
    parts = [random.uniform(size=36), *(random.uniform(size=CONTEXTS) for _ in range(4))]
    own = columns(*parts)
    assert own.shape == (72,)
    means = [float(part.mean()) for part in parts]
    assert cardinal(own) == pytest.approx(cardinal_of_means(*means, CONTEXTS))


def test_ordinal_is_the_share_of_others_that_are_strictly_lower() -> None:
    table = np.array([[0.9, 0.1], [0.5, 0.1], [0.1, 0.3]])
    assert ordinal(table).tolist() == pytest.approx([0.5, 0.25, 0.5])
    assert ordinal(np.ones((3, 2))).tolist() == [0, 0, 0]


def test_a_model_with_a_missing_column_is_no_rival() -> None:
    table = np.array([[0.9, 0.1], [0.5, np.nan], [0.1, 0.3]])
    scores = ordinal(table)
    assert np.isnan(scores[1])
    assert scores[[0, 2]].tolist() == [0.5, 0.5]
    assert np.isnan(ordinal(table[:1])).all()
