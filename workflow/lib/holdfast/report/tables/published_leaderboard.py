"""The leaderboard's scores of a study, beside rows that were published elsewhere (methods 7)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from holdfast.report.tables.leaderboard_scores import MEANS, MOST_IMPROPER
from holdfast.report.wording.text_format import number, percent
from holdfast.yaml_and_csv import Strict, read_csv

WHY = {
    "improper_fits": f"more than {percent(MOST_IMPROPER)} of the factor analyses are improper",
    "missing_columns": "a figure of the score is not estimable",
}
"""Why a model has no score, by its status."""


class Published(Strict):
    """One row of resources/reference/leaderboard.csv."""

    version: str
    models: int = Field(ge=2)
    model: str
    ordinal: float
    cardinal: float
    rank_order: float
    stress: float
    cfi: float
    srmr: float
    rmsea: float


def read_published(path: Path) -> list[Published]:
    """Return the published rows; raise StudyError if the file can't be read."""
    return read_csv(path, Published)


def score_rows(
    board: pd.DataFrame, published: Sequence[Published]
) -> list[dict[str, Any]]:  # fmt: skip
    """Return rows of scores as text, a study's own first, each group by its cardinal score.

    Args:
        board: the leaderboard; no rows without its scores.
        published: rows of other studies; none where the study's own are none.

    Returns:
        model, kind, where (population and questionnaire, or the version published), elsewhere, cardinal,
        ordinal with the number of models among which it holds, both by the original's rule (compat), the
        five means, improper (fits), why there are no scores, and key for sorting.
    """
    if "cardinal" not in board:
        return []
    scene = ["population", "instrument"]
    rivals = board.groupby(scene)[["ordinal", "ordinal_compat"]].count().to_dict("index")
    own = board.sort_values(
        ["cardinal", "cardinal_compat"], ascending=False, kind="stable", na_position="last"
    )
    rows = [_own(row, rivals) for row in own.to_dict("records")]
    return rows + [_other(p) for p in sorted(published, key=lambda p: -p.cardinal)]


def _own(row: Mapping[Any, Any], rivals: Mapping[Any, Mapping[Any, int]]) -> dict[str, Any]:
    scene = (row["population"], row["instrument"])
    ordinal, ordinal_compat = (
        f"{number(row[o])} among {rivals[scene][o]}" if pd.notna(row[o]) else "–"
        for o in ("ordinal", "ordinal_compat")
    )
    known = pd.notna(row["fits"]) and row["fits"]
    return {
        "model": row["model"], "kind": row["kind"], "elsewhere": False, "where": " · ".join(scene),
        "ordinal": ordinal, "cardinal_compat": number(row["cardinal_compat"]),
        "ordinal_compat": ordinal_compat, "why": WHY.get(row["scores_status"], ""),
        "improper": f"{row['improper_fits']:.0f} of {row['fits']:.0f}" if known else "–",
        **_scores(row["cardinal"], [row[f"board_{m}"] for m in MEANS]),
    }  # fmt: skip


def _other(row: Published) -> dict[str, Any]:
    return {
        "model": row.model, "kind": "published", "elsewhere": True, "where": row.version,
        "ordinal": f"{number(row.ordinal)} among {row.models}", "improper": "–", "why": "",
        **_scores(row.cardinal, [row.rank_order, row.stress, row.cfi, row.srmr, row.rmsea]),
    }  # fmt: skip


def _scores(cardinal: float, means: Sequence[float]) -> dict[str, Any]:
    key = "" if pd.isna(cardinal) else f"{cardinal:.6f}"
    return {"cardinal": number(cardinal), "key": key, "means": [number(m) for m in means]}
