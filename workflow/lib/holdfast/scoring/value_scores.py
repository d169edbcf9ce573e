"""Ratings to value scores (methods 4)."""

from collections.abc import Collection
from typing import Literal

import pandas as pd

Rating = Literal["choice", "expected"]
ADMINISTRATION = ["model", "population", "respondent", "context", "replicate", "instrument"]


def value_scores(
    ratings: pd.DataFrame, rating: Rating, uncentred: Collection[str] = ()
) -> pd.DataFrame:  # fmt: skip
    """Return the mean rating of each value's items, raw and centred, for every administration.

    The centred score is the value score less the respondent's mean rating over all items of that
    administration (methods 4). Items without an answer are left out of both means and are counted.

    Args:
        ratings: table `ratings`, as `keyed_rows` gives it: an item of two values counts for each.
        rating: the rating of the chosen option, or the mean under the options' probabilities.
        uncentred: instruments whose centred score is the score itself, as of tasks (methods 8).
    """
    column = {"choice": "rating", "expected": "expected"}[rating]
    table = ratings[[*ADMINISTRATION, "value", column]].rename(columns={column: "score"})
    groups = table.groupby([*ADMINISTRATION, "value"], sort=False, observed=True)["score"]
    scores = groups.agg(score="mean", items="count").reset_index()
    means = table.groupby(ADMINISTRATION, sort=False, observed=True)["score"].mean().rename("mean")
    joined = scores.merge(means.reset_index(), on=ADMINISTRATION, how="left", validate="m:1")
    level = joined["mean"].mask(joined["instrument"].isin(list(uncentred)), 0.0)
    return joined.assign(centred=joined["score"] - level).drop(columns="mean")
