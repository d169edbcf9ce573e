"""What observers' ratings depend on beside the speaker: how long the text is, and where options stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from holdfast.design.facets.facets import of_own_levels
from holdfast.design.instruments import Instrument
from holdfast.scoring.keyed_ratings import as_chosen
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.correlation.undefined_correlations import Level
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.estimation.score_arrays import Design
from holdfast.stability.estimation.weighted_statistics import Figure, averaged
from holdfast.stability.measures.response_style import response_style
from holdfast.stability.observers.views import Views, over_respondents
from holdfast.stability.resampling.stability_draws import Settings

LEVELS: tuple[Level, ...] = ("pooled", "replicate", "context")
Sees = Mapping[str, Any]
"""What an observer is shown: `speaker` (the respondent alone?) and `turns` (first, last; None: all)."""

SESSION = ["replicate", "context", "respondent"]


def length_bias(views: Views, weights: FloatArray) -> list[Figure]:
    """Return Spearman's correlation over respondents of the text's length with the observer's mean rating.

    Within each context and replicate, so that a topic on which much is said is not compared with another.

    Args:
        views: lengths and mean ratings as its two sides (R, C, N, 1).
        weights: of the respondents (D, N).
    """
    lengths, ratings = views.sides
    cells = over_respondents(lengths, ratings, weights)
    return averaged("observer_length_bias", cells, LEVELS, views.undefined)


def text_lengths(conversations: pd.DataFrame, design: Design, sees: Sees) -> FloatArray:
    """Return the number of characters that an observer read (R, C, N, 1); NaN where it read nothing.

    Args:
        conversations: table of the messages.
        design: the axes.
        sees: which messages; by default all.
    """
    own = conversations
    if sees.get("speaker"):
        own = own[own["speaker"].eq("persona")]
    if turns := sees.get("turns"):
        own = own[own["turn"].between(*turns)]
    return _sessions(own.assign(x=own["text"].str.len()).groupby(SESSION)["x"].sum(), design)


def mean_ratings(values: pd.DataFrame, design: Design) -> FloatArray:
    """Return an observer's mean uncentred rating in each session (R, C, N, 1), over all items answered.

    Args:
        values: table `values` of one observer and form; an item of two values counts for each.
        design: the axes.
    """
    rated = values[values["score"].notna() & values["items"].gt(0)]
    sums = rated.assign(x=rated["score"] * rated["items"]).groupby(SESSION)[["x", "items"]].sum()
    return _sessions(sums["x"] / sums["items"], design)


def _sessions(of: pd.Series, design: Design) -> FloatArray:
    axes: list[Sequence[Any]] = [design.replicates, design.contexts, design.respondents]
    found = of.reindex(pd.MultiIndex.from_product(axes)).to_numpy(float)
    return np.asarray(found.reshape(*map(len, axes), 1), dtype=np.float64)


def position_row(
    ratings: pd.DataFrame, form: Instrument, design: Design, settings: Settings, fixed_order: bool
) -> Estimate:  # fmt: skip
    """Return the row of an observer's position bias: √(χ² / (n (K - 1))) of the places of its choices.

    Args:
        ratings: table `ratings` of the observer.
        form: the questionnaire that it filled in.
        design: whose respondents are drawn.
        settings: draws, confidence and seed.
        fixed_order: whether options always stood in the same order; the row is then `confounded`.
    """
    own = ratings[ratings["instrument"].eq(form.name)].reset_index(drop=True)
    chosen = as_chosen(of_own_levels(own).reset_index(drop=True), form)
    rows = response_style(
        chosen, design.respondents, form.ratings(), settings, fixed_order=fixed_order,
        shown=len(form.options),
    )  # fmt: skip
    row = next(row for row in rows if row.quantity == "position_bias")
    return replace(row, quantity="observer_position_bias")
