"""Scoring in parts gives what scoring at once gives."""

import numpy as np
import pandas as pd
import pytest
from test_ratings import PVQ40, VALUE, response

from holdfast.scoring.scoring_job import administrations, write_scores
from holdfast.tables import table_files as tables
from holdfast.tables.table_files import write_table


def answers() -> pd.DataFrame:
    """Return what three respondents answer in two contexts, by two readouts; some can't be read."""
    some = np.random.default_rng(1)
    return pd.DataFrame(
        response(
            item, "ABCDEF?"[some.integers(7)], tuple(some.permutation(6) + 1),
            list(np.log(some.dirichlet(np.ones(6)))), respondent=who, context=where, readout=readout,
        )
        for readout in ("logit", "cot")
        for where in ("joke", "poem")
        for who in ("a", "b", "c")
        for item in VALUE
    )  # fmt: skip


@pytest.mark.parametrize("rows", [7, 40, 100, 10_000])
@pytest.mark.parametrize("on_invalid", ["missing", "random"])
def test_parts_of_the_table_make_no_difference(tmp_path, monkeypatch, rows, on_invalid):
    written = []
    for name, size in (("parts", rows), ("whole", 2**17)):
        monkeypatch.setattr(tables, "ROWS", size)
        write_table(answers(), "responses", tmp_path / "responses.parquet")
        files = [tmp_path / f"{name} {table}.parquet" for table in ("ratings", "values")]
        write_scores(
            responses=tmp_path / "responses.parquet", instruments=[PVQ40], rating="choice",
            on_invalid=on_invalid, seed=1, ratings=files[0], values=files[1],
        )  # fmt: skip
        written.append([f.read_bytes() for f in files])
    assert written[0] == written[1]


def test_a_part_has_whole_sessions_of_the_first_readout(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS", 50)
    table = answers()
    write_table(table, "responses", tmp_path / "t.parquet")
    parts = list(administrations(tmp_path / "t.parquet"))
    assert len(parts) > 2
    assert all(p.groupby(["respondent", "context"]).size().eq(40).all() for p in parts if len(p))
    joined = pd.concat(parts, ignore_index=True)
    assert joined["item"].tolist() == table["item"][:240].tolist()
