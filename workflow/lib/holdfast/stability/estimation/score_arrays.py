"""Who answered what and where, and tables of scores and ratings as arrays over it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.design.instruments import Instrument, read_design_instrument
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.context_layout import Layout, layout, plain
from holdfast.tables.table_files import read_table


@dataclass(frozen=True)
class Design:
    """Who answered what and where: the axes of the array of scores.

    Attributes:
        replicates: their numbers.
        contexts: their names.
        respondents: their names; the same order for all models, so that draws are paired.
        latent: each respondent's latent profile by value, where one is known.
        instruments: the questionnaires.
        groups: each respondent's known group.
        told: which contexts are conversations, and of which length; by default all, of one.
    """

    replicates: Sequence[int]
    contexts: Sequence[str]
    respondents: Sequence[str]
    latent: pd.DataFrame
    instruments: Sequence[Instrument]
    groups: Mapping[str, str] = field(default_factory=dict)
    told: Layout | None = None

    @property
    def layout(self) -> Layout:
        """Return which contexts are compared with which."""
        return self.told or plain(len(self.contexts))


def read_design(
    *, personas: Path, profiles: Path, contexts: Path, instruments: Sequence[Path], replicates: int
) -> Design:
    """Return the design from its tables and documents.

    Args:
        personas: design table.
        profiles: design table.
        contexts: design table.
        instruments: design documents.
        replicates: how many there are.
    """
    known, people = read_table(profiles, "profiles"), read_table(personas, "personas")
    places = read_table(contexts, "contexts")
    return Design(
        replicates=range(1, replicates + 1),
        contexts=places["context"].tolist(),
        respondents=people["respondent"].tolist(),
        latent=known.pivot(index="respondent", columns="value", values="latent"),
        instruments=[read_design_instrument(p) for p in instruments],
        groups=dict(zip(people["respondent"], people["group"], strict=True)),
        told=layout(places),
    )


def score_array(
    table: pd.DataFrame, design: Design, values: Sequence[str], column: str = "centred"
) -> FloatArray:
    """Return centred value scores as an array (replicates, contexts, respondents, values).

    Args:
        table: table `values` of one model, population and instrument; what is not there is NaN.
        design: the axes.
        values: the last axis.
        column: another one than the centred scores.
    """
    axes: list[Sequence[Any]] = [
        design.replicates, design.contexts, design.respondents, values,
    ]  # fmt: skip
    index = pd.MultiIndex.from_product(axes)
    keys = ["replicate", "context", "respondent", "value"]
    scores = table.set_index(keys)[column].reindex(index).to_numpy(float)
    return np.ascontiguousarray(scores.reshape([len(axis) for axis in axes]))


def rating_array(
    table: pd.DataFrame, design: Design, items: Sequence[int], column: str
) -> FloatArray:
    """Return item ratings as an array (replicates, contexts, respondents, items).

    Args:
        table: table `ratings` of one model, population and instrument; what is not there is NaN.
        design: the axes.
        items: numbers of the instrument's items, the last axis.
        column: "rating", the option chosen, or "expected".
    """
    result = np.full(
        (len(design.replicates), len(design.contexts), len(design.respondents), len(items)), np.nan
    )
    places = [
        pd.Index(axis).get_indexer(pd.Index(table[name]))
        for axis, name in (
            (list(design.replicates), "replicate"),
            (list(design.contexts), "context"),
            (list(design.respondents), "respondent"),
            (list(items), "item"),
        )
    ]
    known = np.all([place >= 0 for place in places], axis=0)
    at = tuple(place[known] for place in places)
    result[at] = table[column].to_numpy(float)[known]
    return result


def keyed_array(
    table: pd.DataFrame, design: Design, instrument: Instrument, column: str
) -> FloatArray:
    """Return item ratings as an array (replicates, contexts, respondents, items of the key).

    The last axis is that of `Instrument.key`, and each rating is as its value counts it.

    Args:
        table: as for `rating_array`.
        design: the axes.
        instrument: the questionnaire.
        column: as for `rating_array`.
    """
    numbers, turned = instrument.numbers(), instrument.reversed_items()
    by_item = rating_array(table, design, numbers, column)
    key = instrument.key()
    if [k.item for k in key] == numbers:
        return by_item
    place = {item: at for at, item in enumerate(numbers)}
    result = by_item[..., [place[k.item] for k in key]]
    other = [k.reversed != (k.item in turned) for k in key]
    result[..., other] = instrument.ends() - result[..., other]
    return result
