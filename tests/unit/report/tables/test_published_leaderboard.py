"""The leaderboard's scores on the page, and published rows beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_data import TOPICS, default_models, estimate_row, with_structure

from holdfast.errors import StudyError
from holdfast.report.tables.leaderboard import leaderboard
from holdfast.report.tables.leaderboard_scores import BY_CONTEXT, BY_CONTEXT_COMPAT, board_scores
from holdfast.report.tables.published_leaderboard import read_published, score_rows
from holdfast.stability.structure.cardinal_ordinal import cardinal_of_means

ROOT = Path(__file__).resolve().parents[4]
PUBLISHED = ROOT / "resources" / "reference" / "leaderboard.csv"
PLAIN = dict(zip(BY_CONTEXT, (0.2, 0.9, 0.1, 0.2), strict=True))
PLAIN |= dict(zip(BY_CONTEXT_COMPAT, (0.2, 0.8, 0.2, 0.3), strict=True))


def test_published_rows_are_the_newest_of_the_golden_ones() -> None:
    golden = pd.read_csv(ROOT / "tests" / "golden" / "leaderboard_rows.csv")
    golden = golden[~golden["version"].str.startswith("d7c0630")].groupby("Model").last()
    found = {row.model: row for row in read_published(PUBLISHED)}
    assert set(found) == set(golden.index)
    for name, row in found.items():
        other = golden.loc[name]
        assert str(other["version"]) == f"{row.version}(parent; {row.models} models)"
        means = [row.rank_order, row.stress, row.cfi, row.srmr, row.rmsea]
        assert [row.ordinal, row.cardinal, *means] == other.drop("version").tolist()
        assert cardinal_of_means(*means, contexts=9) == pytest.approx(row.cardinal, abs=1e-9)


def test_own_rows_come_first_and_ordinal_scores_say_among_how_many() -> None:
    names = {"llama-mini": PLAIN, "qwen-mini": PLAIN | {"cfi": 0.8}, "random": PLAIN}
    board = leaderboard(with_structure(names), default_models())
    rows = score_rows(board, read_published(PUBLISHED))
    own = [r for r in rows if not r["elsewhere"]]
    assert rows[: len(own)] == own and len(own) == len(default_models())
    by_name = {r["model"]: r for r in own}
    assert by_name["llama-mini"]["ordinal"].endswith(" among 2")
    assert by_name["random"]["ordinal"] == by_name["phi-mini"]["cardinal"] == "–"
    assert by_name["llama-mini"]["cardinal_compat"] < by_name["llama-mini"]["cardinal"]
    assert by_name["llama-mini"]["why"] == ""
    assert by_name["phi-mini"]["why"] == "a figure of the score is not estimable"
    assert (by_name["llama-mini"]["kind"], by_name["random"]["kind"]) == ("miniature", "reference")
    assert by_name["llama-mini"]["means"][1:] == [".20", ".90", ".10", ".20"]
    assert by_name["llama-mini"]["improper"] == "3 of 40"
    others = rows[len(own) :]
    assert [r["kind"] for r in others] == ["published"] * 18
    assert others[0]["model"] == "llama-3.1-nemotron-70B-instruct"
    assert (others[0]["cardinal"], others[0]["ordinal"]) == (".75", ".87 among 40")
    assert [r["key"] for r in others] == sorted((r["key"] for r in others), reverse=True)


def test_the_context_without_a_conversation_counts_in_pairs_and_alone() -> None:
    estimates = with_structure({"llama-mini": PLAIN})
    base = estimate_row("llama-mini", "LLaMa", "rank_order", 0.3)
    base |= {"quantity": "neutral_rank_order", "context_a": "none"}
    pairs = [base | {"context_b": topic} for topic in TOPICS]
    alone = [
        base | {"quantity": q, "estimate": 0.5} for q in BY_CONTEXT
    ]  # fmt: skip
    longer = [base | {"quantity": q, "context_a": "joke@1", "estimate": 9.0} for q in BY_CONTEXT]
    table = pd.concat([estimates, pd.DataFrame([*pairs, *alone, *longer])], ignore_index=True)
    scene = ("fictional", str(base["instrument"]))
    models = {"llama-mini": default_models()["llama-mini"]}
    before = board_scores(estimates, models)[("llama-mini", scene)]
    after = board_scores(table, models)[("llama-mini", scene)]
    assert (before["contexts"], after["contexts"]) == (5, 6)
    expected = (30 * before["cardinal"] + 5 * 0.3 + 4 * 0.5) / (30 + 5 + 4)
    assert after["cardinal"] == pytest.approx(expected)
    assert after["board_pairs"] == pytest.approx((10 * before["board_pairs"] + 5 * 0.3) / 15)
    assert np.isnan(after["ordinal"])


def test_a_study_without_structure_shows_no_scores() -> None:
    board = pd.DataFrame({"model": ["a"], "population": ["p"], "instrument": ["i"]})
    assert score_rows(board, read_published(PUBLISHED)) == []


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    damaged = Path(shutil.copy(PUBLISHED, tmp_path))
    damaged.write_text(damaged.read_text().replace("cardinal", "cardinl", 1))
    with pytest.raises(StudyError, match=r"unknown column 'cardinl'. Did you mean 'cardinal'"):
        read_published(damaged)
