"""Tables of value scores to rows of the table of estimates: for a model, and for a family."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.design.instruments import Instrument, read_design_instrument
from holdfast.seeds import derive
from holdfast.stability.correlate import FloatArray
from holdfast.stability.family import family_stability
from holdfast.stability.model import Stability, model_stability
from holdfast.stability.null import simulate_null
from holdfast.tables import SCHEMAS, read_table, write_table


def score_array(
    table: pd.DataFrame,
    replicates: Sequence[int],
    contexts: Sequence[str],
    respondents: Sequence[str],
    values: Sequence[str],
) -> FloatArray:
    """Return centred value scores as an array (replicates, contexts, respondents, values).

    Args:
        table: table `values` of one model, population and instrument.
        replicates: their numbers, in the order of the axis; what was not answered is NaN.
        contexts: likewise, their names.
        respondents: likewise.
        values: likewise.
    """
    index = pd.MultiIndex.from_product([replicates, contexts, respondents, values])
    keys = ["replicate", "context", "respondent", "value"]
    scores = table.set_index(keys)["centred"].reindex(index).to_numpy(float)
    shape = (len(replicates), len(contexts), len(respondents), len(values))
    return np.ascontiguousarray(scores.reshape(shape))


def estimate(
    values: Path, personas: Path, contexts: Path, instrument: Instrument, settings: dict[str, Any]
) -> Stability:
    """Return the stability of one model in one population under one instrument.

    Args:
        values: table `values` of the model.
        personas: design table; gives the order of the respondents, so that models are paired.
        contexts: design table.
        instrument: the questionnaire.
        settings: seed, replicates, undefined, draws, confidence and null_simulations.
    """
    table = read_table(values, "values")
    table = table[table["instrument"] == instrument.name]
    respondents = read_table(personas, "personas")["respondent"].tolist()
    names = read_table(contexts, "contexts")["context"].tolist()
    replicates = range(1, settings["replicates"] + 1)
    scores = score_array(table, replicates, names, respondents, list(instrument.values))
    null = simulate_null(
        instrument.values, replicates=len(replicates), contexts=len(names),
        respondents=len(respondents), options=len(instrument.options), items=len(instrument.items),
        simulations=settings["null_simulations"], seed=derive(settings["seed"], "null"),
        undefined=settings["undefined"],
    )  # fmt: skip
    return model_stability(
        scores, names, list(instrument.values), replicates=replicates,
        undefined=settings["undefined"], draws=settings["draws"], confidence=settings["confidence"],
        seed=derive(settings["seed"], "bootstrap"), null=null,
    )  # fmt: skip


def estimates_table(stability: Stability, about: dict[str, str]) -> pd.DataFrame:
    """Return a result as rows of the table of estimates; pooled names are empty texts.

    Args:
        stability: what was estimated.
        about: model, family, population and instrument.
    """
    rows = pd.DataFrame([asdict(e) for e in stability.estimates]).assign(**about)
    names = ["value", "context_a", "context_b"]
    rows[names] = rows[names].astype(object).where(rows[names].notna(), "")
    return rows[list(SCHEMAS["estimates"].columns)]


def write_model_estimates(
    *, model: str, family: str, population: str, values: Path, personas: Path, contexts: Path,
    instruments: Sequence[Path], settings: dict[str, Any], output: Path,
) -> None:  # fmt: skip
    """Write the estimates of one model in one population; arguments as `estimate`."""
    tables = []
    for path in instruments:
        instrument = read_design_instrument(path)
        about = {"model": model, "family": family, "population": population}
        result = estimate(values, personas, contexts, instrument, settings)
        tables.append(estimates_table(result, about | {"instrument": instrument.name}))
    write_table(pd.concat(tables, ignore_index=True), "estimates", output)


def write_family_estimates(
    *, family: str, population: str, values: Sequence[Path], personas: Path, contexts: Path,
    instruments: Sequence[Path], settings: dict[str, Any], output: Path,
) -> None:  # fmt: skip
    """Write the estimates of a family: the mean of its models, paired over respondents.

    Args:
        family: its name.
        population: the personas' name.
        values: table `values` of each of its models.
        personas: as `estimate`, with the rest.
        contexts: design table.
        instruments: design documents.
        settings: as `estimate`.
        output: the table.
    """
    tables = []
    for path in instruments:
        instrument = read_design_instrument(path)
        members = [estimate(v, personas, contexts, instrument, settings) for v in values]
        about = {"model": "", "family": family, "population": population}
        result = family_stability(members, confidence=settings["confidence"])
        tables.append(estimates_table(result, about | {"instrument": instrument.name}))
    write_table(pd.concat(tables, ignore_index=True), "estimates", output)


def write_all_estimates(*, parts: Sequence[Path], table: Path, csv: Path) -> None:
    """Join all estimates into the one long table, as Parquet and as CSV.

    Args:
        parts: tables `estimates` of models and families.
        table: the Parquet file.
        csv: the same as CSV.
    """
    joined = pd.concat([read_table(p, "estimates") for p in parts], ignore_index=True)
    write_table(joined, "estimates", table)
    joined.to_csv(csv, index=False, float_format="%.10g")
