"""Does length hurt, in words: slopes of stability over conversations' lengths."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from holdfast.report.wording.estimate_selection import Scene, shown_interval
from holdfast.report.wording.model_labels import Models, labelled
from holdfast.report.wording.text_format import estimate_text, listed


def length_sentence(
    found: Mapping[Any, dict[str, Any]],
    scene: Scene,
    models: Models,
    names: Sequence[str],
    level: str,
) -> str:
    """Say for which models stability changes with the length; nothing where one length was asked.

    Args:
        found: pooled rows, as `by_name` gives them.
        scene: population and instrument.
        models: registry entries as plain data.
        names: of the models to speak of.
        level: how intervals are called.
    """
    rows = {n: found.get((n, "", scene, "rank_order_slope")) for n in names}
    known = {
        n: row
        for n, row in rows.items()
        if row and all(pd.notna(end) for end in shown_interval(row))
    }
    if not known:
        return ""
    parts = [
        f"{words} for {listed([_slope(n, r, models) for n, r in known.items() if side(r)])}"
        for words, side in (("falls", _falls), ("rises", _rises))
        if any(side(r) for r in known.values())
    ]
    rest = [labelled(n, models) for n, r in known.items() if not _falls(r) and not _rises(r)]
    parts += [f"can't be told from constant for {listed(rest)}"] if rest else []
    return (
        f"With more before the questionnaire, rank-order stability {'; it '.join(parts)} (change with one more "
        f"message or reasoning turn, {level}s, not corrected for the number of models)."
    )


def _slope(name: str, row: Mapping[str, Any], models: Models) -> str:
    return f"{labelled(name, models)} {estimate_text(row['estimate'], *shown_interval(row), 3)}"


def _falls(row: Mapping[str, Any]) -> bool:
    return bool(shown_interval(row)[1] < 0)


def _rises(row: Mapping[str, Any]) -> bool:
    return bool(shown_interval(row)[0] > 0)
