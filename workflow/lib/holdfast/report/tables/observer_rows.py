"""The page's table of observers: each with each model whose conversations it read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from holdfast.report.wording.estimate_selection import of_scene, scenes, shown_interval
from holdfast.report.wording.model_labels import Models, kind
from holdfast.report.wording.observer_sentences import (
    is_shown,
    observers_of,
    said_validity,
    validity_of,
    whole_rows,
    why_not_shown,
)
from holdfast.report.wording.text_format import estimate_words

COLUMNS: Mapping[str, str] = {
    "self_observer": "Self and observer",
    "self_observer_disattenuated": "Disattenuated",
    "observer_truth": "Observer and truth",
    "self_truth": "Self and truth",
    "self_rank_order": "Stability said",
    "observer_rank_order": "Stability seen",
    "observer_less_self_rank_order": "Seen less said",
    "observer_less_self_disattenuated": "The same, disattenuated",
    "observer_length_bias": "Length bias",
    "observer_position_bias": "Position bias",
}
"""Quantities of the table, with the heads of their columns."""


def observer_rows(estimates: pd.DataFrame, models: Models) -> list[dict[str, Any]]:
    """Return a row an observer, model, population and questionnaire: its names, and its cells or a reason.

    Cells are pairs of an estimate and its interval as text. The cells of an observer who is not valid are
    replaced by the reason.
    """
    rows = []
    for scene in scenes(whole_rows(estimates, "self_observer")):
        for observer in observers_of(estimates, scene):
            validity = validity_of(estimates, scene, observer)
            for model in _models(estimates, scene, observer, models):
                cells = [_cell(estimates, q, scene, observer, model) for q in COLUMNS]
                rows.append(
                    {
                        "observer": observer, "model": model, "kind": kind(models[model]),
                        "where": " · ".join(scene), "validity": said_validity(validity),
                        "cells": cells if is_shown(validity) else None, "why": why_not_shown(validity),
                    }
                )  # fmt: skip
    return rows


def observers_agreement(estimates: pd.DataFrame, models: Models) -> list[dict[str, Any]]:
    """Return how observers agree with each other on each model: ICC(A,1) and α as text."""
    rows = []
    own = estimates[
        estimates["quantity"].isin(["observer_icc_a1", "observer_alpha"]) & estimates["estimate"].notna()
        & estimates["value"].eq("") & estimates["context_a"].eq("") & estimates["replicate"].isna()
    ]  # fmt: skip
    for keys, of in own.groupby(["model", "population", "instrument"], sort=False):
        model, *where = map(str, keys)
        if model not in models:
            continue
        words = {row["quantity"]: " ".join(_words(row)).strip() for row in of.to_dict("records")}
        rows.append(
            {
                "model": model, "where": " · ".join(where), "n": int(of["n"].max()),
                "icc": words.get("observer_icc_a1", "–"), "alpha": words.get("observer_alpha", "–"),
            }
        )  # fmt: skip
    return rows


def _models(
    estimates: pd.DataFrame, scene: tuple[str, str], observer: str, models: Models
) -> list[str]:
    rows = of_scene(whole_rows(estimates, "self_observer"), scene)
    observed = set(rows.loc[rows["context_b"].eq(observer), "model"])
    return [name for name in models if name in observed]


def _cell(
    estimates: pd.DataFrame, quantity: str, scene: tuple[str, str], observer: str, model: str
) -> tuple[str, str]:
    """Return an estimate and its interval as text; – for what is not there or has no estimate."""
    rows = of_scene(whole_rows(estimates, quantity), scene)
    found = rows[rows["context_b"].eq(observer) & rows["model"].eq(model)].to_dict("records")
    return _words(found[0]) if found else ("–", "")


def _words(row: Mapping[Any, Any]) -> tuple[str, str]:
    return estimate_words(row["estimate"], *shown_interval(row))
