"""Ratings as the scoring key counts them, and as they were chosen."""

from collections.abc import Sequence

import pandas as pd

from holdfast.design.instruments import Instrument

OF_RATINGS = ["rating", "expected"]


def keyed_rows(ratings: pd.DataFrame, instruments: Sequence[Instrument]) -> pd.DataFrame:
    """Return a row for each answer and value that counts it; answers to items of no value have none.

    Args:
        ratings: table `ratings`, in which an answer is one row, keyed as its item's first value has it.
        instruments: the questionnaires.
    """
    parts = [ratings[ratings["value"] != ""]]
    for instrument in instruments:
        first, reversed_ones = instrument.value_of(), instrument.reversed_items()
        for keyed in instrument.key():
            if keyed.value != first[keyed.item]:
                here = ratings["instrument"].eq(instrument.name) & ratings["item"].eq(keyed.item)
                own = ratings[here].assign(value=keyed.value)
                if keyed.reversed != (keyed.item in reversed_ones):
                    own[OF_RATINGS] = instrument.ends() - own[OF_RATINGS]
                parts.append(own)
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def as_chosen(ratings: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return one questionnaire's rows of the table `ratings` with the options' own ratings, none reversed."""
    turned = ratings["item"].isin(instrument.reversed_items())
    if not turned.any():
        return ratings
    chosen = ratings.copy()
    chosen.loc[turned, OF_RATINGS] = instrument.ends() - ratings.loc[turned, OF_RATINGS]
    return chosen
