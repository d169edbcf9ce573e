"""A study's answers as its readouts gave them, and the table of their agreement (methods 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.design.facets.facets import of_own_levels
from holdfast.design.instruments import Instrument
from holdfast.design.readouts import READOUTS, asked_as, of_items, of_readout
from holdfast.scoring.keyed_ratings import as_chosen
from holdfast.scoring.ratings import rate
from holdfast.seeds import derive
from holdfast.stability.correlation.spearman import IntArray
from holdfast.stability.estimation.estimate_tables import estimates_table
from holdfast.stability.estimation.model_stability import Stability
from holdfast.stability.estimation.score_arrays import Design
from holdfast.stability.measures.readout_agreement import NONE, Read, readout_agreement
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table, write_table

QUESTION = ["respondent", "context", "replicate", "item"]


def write_agreement(
    *, responses: Path, design: Design, about: Mapping[str, str], settings: Mapping[str, Any],
    output: Path,
) -> None:  # fmt: skip
    """Write how well the readouts of one model agree in one population.

    Args:
        responses: table `responses` of the model.
        design: who answered what and where.
        about: model, family and population.
        settings: seed, draws, confidence and null_simulations.
        output: the table of estimates; empty where everything was read in one way.
    """
    table = read_table(responses, "responses")
    how = Settings(
        draws=settings["draws"], confidence=settings["confidence"],
        seed=derive(settings["seed"], "bootstrap"),
    )  # fmt: skip
    parts = []
    for instrument in design.instruments:
        read = as_read(table, instrument, design.respondents)
        if len(read.readouts) > 1:
            rows = readout_agreement(read, how, settings["null_simulations"])
            found = Stability(tuple(rows), {}, read.respondents, how.seed)
            parts.append(estimates_table(found, {**about, "instrument": instrument.name}))
    empty = pd.DataFrame(columns=list(SCHEMAS["estimates"]))
    write_table(pd.concat(parts, ignore_index=True) if parts else empty, "estimates", output)


def as_read(responses: pd.DataFrame, instrument: Instrument, respondents: Sequence[str]) -> Read:
    """Return one questionnaire's answers, a row a question and a column a readout.

    An answer that could not be read is none, also where the study's scoring draws one at random. Contexts at
    other levels of facets than the first are left out.

    Args:
        responses: table `responses` of one model in one population.
        instrument: the questionnaire.
        respondents: their names, in the order in which they are drawn.
    """
    own = of_own_levels(of_items(responses[responses["instrument"] == instrument.name]))
    readouts = list(dict.fromkeys(asked_as(r) for r in own["readout"].unique()))
    columns = {}
    for readout in readouts:
        rated = rate(of_readout(own, readout), [instrument], "missing", 0)
        columns[readout] = as_chosen(rated, instrument).set_index(QUESTION)["rating"]
    ratings = pd.DataFrame(columns, columns=readouts)
    scale = sorted(instrument.ratings())
    who = pd.Index(respondents).get_indexer(ratings.index.get_level_values("respondent"))
    return Read(
        readouts, _places(ratings.to_numpy(float), scale), np.asarray(who, dtype=np.int64),
        len(respondents), scale, _otherwise(own["readout"]),
    )  # fmt: skip


def _places(ratings: np.ndarray, scale: Sequence[int]) -> IntArray:
    """Return ratings as places on the scale from 0; NONE for none."""
    known = ~np.isnan(ratings)
    places = np.full(ratings.shape, NONE, dtype=np.int64)
    places[known] = np.searchsorted(scale, ratings[known])
    return places


def _otherwise(readouts: pd.Series) -> str:
    """Say how a server's answers were read, where it gave no log-probabilities of its own letters."""
    ways = [str(way) for way in readouts.unique() if way not in READOUTS]
    return f"logit read as {' and '.join(ways)}" if ways else ""
