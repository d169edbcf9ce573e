"""Answers to ratings (methods 3.3, 3.4)."""

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

from holdfast.design.administration_modes import LETTERS
from holdfast.design.instruments import Instrument
from holdfast.design.scoring_keys import NO_RATING, is_rating
from holdfast.seeds import generator

OnInvalid = Literal["missing", "random"]


def rate(
    responses: pd.DataFrame, instruments: list[Instrument], on_invalid: OnInvalid, seed: int
) -> pd.DataFrame:
    """Return one row an answer: rating, expected rating, place among the options and entropy.

    The ratings of reversed items are reversed: the lowest rating + the highest - that of the option. An
    option that is no rating leaves both ratings missing, with a status of its own.

    Args:
        responses: table `responses`.
        instruments: the questionnaires they answer.
        on_invalid: an answer that can't be read stays missing, or gets a random option; both are
            told by the column `status`.
        seed: the study's seed, for the random options.
    """
    value = {(i.name, item): v for i in instruments for item, v in i.value_of().items()}
    keys = list(zip(responses["instrument"], responses["item"], strict=True))
    table = responses.assign(value=[value[k] for k in keys])
    order = _padded(table["order"])
    position = np.array(
        [LETTERS.index(a) + 1 if len(a) == 1 and a in LETTERS else 0 for a in table["answer"]]
    )
    position[position > table["order"].map(len).to_numpy()] = 0
    invalid = position == 0
    status = table["status"].mask(invalid & (table["status"] == "ok").to_numpy(), "no_letter")
    invalid &= ~status.isin(
        ["failed", "filtered"]
    ).to_numpy()  # a service's doing: missing in any case
    if on_invalid == "random" and invalid.any():
        position = np.where(invalid, _drawn(table, position, seed), position)
        status = status.mask(invalid, "random")
    rating = np.where(
        position > 0, order[np.arange(len(table)), np.maximum(position - 1, 0)], np.nan
    )
    expected = expected_rating(order, table["logprobs"])
    drawn = (status == "random").to_numpy()
    expected[drawn] = rating[drawn]
    none = rating <= NO_RATING
    status = status.mask(none & (status == "ok").to_numpy(), "no_rating")
    rating[none] = expected[none] = np.nan
    rating, expected = _keyed(keys, instruments, rating), _keyed(keys, instruments, expected)
    return table.assign(
        rating=rating, position=position, status=status, expected=expected,
        entropy=entropy(option_probabilities(order.shape[1], table["logprobs"])),
    )  # fmt: skip


def _keyed(
    keys: Iterable[tuple[str, int]], instruments: list[Instrument], ratings: np.ndarray
) -> np.ndarray:
    """Return the ratings of items (questionnaire, number) with those of reversed items reversed."""
    ends = {(i.name, item): float(i.ends()) for i in instruments for item in i.reversed_items()}
    if not ends:
        return ratings
    of_each = np.array([ends.get(key, np.nan) for key in keys])
    return np.where(np.isnan(of_each), ratings, of_each - ratings)


def expected_rating(order: np.ndarray, logprobs: pd.Series) -> np.ndarray:
    """Return the mean rating under the options' probabilities, these scaled to sum to one.

    Options that are no rating are left out.

    Args:
        order: what stands for each letter's option, shape (answers, options), padded with NaN.
        logprobs: for each answer its options' log-probabilities; empty: the mean is NaN.
    """
    p = option_probabilities(order.shape[1], logprobs)
    if (others := order <= NO_RATING).any():
        order, p = np.where(others, 0.0, order), np.where(others, 0.0, p)
        total = p.sum(axis=1, keepdims=True)
        p = np.divide(p, total, where=total > 0, out=np.full_like(p, np.nan))
    mean: np.ndarray = (p * np.nan_to_num(order)).sum(axis=1)
    return mean


def option_probabilities(options: int, logprobs: pd.Series) -> np.ndarray:
    """Return each answer's probabilities of its options (answers, options), scaled to sum to one.

    Places beyond an answer's own options have 0; an answer without log-probabilities has NaN.
    """
    logs = np.nan_to_num(_padded(logprobs, options), nan=-np.inf, neginf=-np.inf)
    best = logs.max(axis=1, keepdims=True)
    p = np.exp(logs - np.where(np.isfinite(best), best, 0))  # the best is 1: no sum that underflows
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled: np.ndarray = p / p.sum(axis=1, keepdims=True)
    return scaled


def entropy(p: np.ndarray) -> np.ndarray:
    """Return the entropy (answers,) of probabilities (answers, options), as a share of the largest."""
    terms = -p * np.log(np.where(p > 0, p, 1))
    share: np.ndarray = terms.sum(axis=1) / np.log(p.shape[1])
    return share


def _padded(lists: pd.Series, width: int = 0) -> np.ndarray:
    lengths = lists.map(len).to_numpy()
    width = width or int(lengths.max())
    result = np.full((len(lists), width), np.nan)
    inside = np.arange(width) < lengths[:, None]
    result[inside] = np.concatenate([np.asarray(x, float) for x in lists]) if lengths.any() else []
    return result


def _drawn(table: pd.DataFrame, position: np.ndarray, seed: int) -> np.ndarray:
    keys = ["respondent", "context", "replicate", "instrument", "item"]
    drawn = position.copy()
    for row in np.flatnonzero(position == 0):
        about = table.iloc[row]
        draw = generator(seed, "invalid", about["model"], *(about[k] for k in keys))
        places = [at for at, code in enumerate(about["order"], start=1) if is_rating(code)]
        drawn[row] = places[draw.integers(len(places))]
    return drawn
