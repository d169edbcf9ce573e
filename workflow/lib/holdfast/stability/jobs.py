"""Tables of value scores to rows of the table of estimates: for a model, and for a family."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.design.instruments import Instrument, read_design_instrument
from holdfast.seeds import derive
from holdfast.stability.correlate import FloatArray
from holdfast.stability.family import family_stability
from holdfast.stability.fidelity import Known, fidelity
from holdfast.stability.figures import Names, Sample
from holdfast.stability.measures import indices, measures, measures_null
from holdfast.stability.model import Estimate, Stability, model_stability
from holdfast.stability.null import NullDistribution, simulate_null
from holdfast.stability.resample import Quantity, Settings
from holdfast.tables import SCHEMAS, read_table, write_table


@dataclass(frozen=True)
class Design:
    """Who answered what and where: the axes of the array of scores.

    Attributes:
        replicates: their numbers.
        contexts: their names.
        respondents: their names; the same order for all models, so that draws are paired.
        latent: each respondent's latent profile by value, where one is known.
        instruments: the questionnaires.
    """

    replicates: Sequence[int]
    contexts: Sequence[str]
    respondents: Sequence[str]
    latent: pd.DataFrame
    instruments: Sequence[Instrument]


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
    known = read_table(profiles, "profiles")
    return Design(
        replicates=range(1, replicates + 1),
        contexts=read_table(contexts, "contexts")["context"].tolist(),
        respondents=read_table(personas, "personas")["respondent"].tolist(),
        latent=known.pivot(index="respondent", columns="value", values="latent"),
        instruments=[read_design_instrument(p) for p in instruments],
    )


def score_array(table: pd.DataFrame, design: Design, values: Sequence[str]) -> FloatArray:
    """Return centred value scores as an array (replicates, contexts, respondents, values).

    Args:
        table: table `values` of one model, population and instrument; what is not there is NaN.
        design: the axes.
        values: the last axis.
    """
    axes: list[Sequence[Any]] = [
        design.replicates, design.contexts, design.respondents, values,
    ]  # fmt: skip
    index = pd.MultiIndex.from_product(axes)
    keys = ["replicate", "context", "respondent", "value"]
    scores = table.set_index(keys)["centred"].reindex(index).to_numpy(float)
    return np.ascontiguousarray(scores.reshape([len(axis) for axis in axes]))


def rating_array(table: pd.DataFrame, design: Design, items: int, column: str) -> FloatArray:
    """Return item ratings as an array (replicates, contexts, respondents, items).

    Args:
        table: table `ratings` of one model, population and instrument; what is not there is NaN.
        design: the axes.
        items: of the instrument.
        column: "rating", the option chosen, or "expected".
    """
    result = np.full(
        (len(design.replicates), len(design.contexts), len(design.respondents), items), np.nan
    )
    places = [
        pd.Index(axis).get_indexer(pd.Index(table[name]))
        for axis, name in (
            (list(design.replicates), "replicate"),
            (list(design.contexts), "context"),
            (list(design.respondents), "respondent"),
        )
    ]
    known = np.all([place >= 0 for place in places], axis=0)
    at = tuple(place[known] for place in places)
    result[(*at, table["item"].to_numpy()[known] - 1)] = table[column].to_numpy(float)[known]
    return result


def null_distribution(
    design: Design, instrument: Instrument, settings: dict[str, Any]
) -> NullDistribution:
    """Return what random answers give in a design; it is the same for all models.

    Args:
        design: who answers what and where.
        instrument: the questionnaire.
        settings: as `estimate`.
    """
    shape = (len(design.replicates), len(design.contexts), len(design.respondents))
    about: dict[str, Any] = {
        "items": len(instrument.items), "options": len(instrument.options),
        "simulations": settings["null_simulations"], "seed": derive(settings["seed"], "null"),
        "undefined": settings["undefined"],
    }  # fmt: skip
    null = simulate_null(
        instrument.values, replicates=shape[0], contexts=shape[1], respondents=shape[2], **about
    )
    return {**null, **measures_null(instrument.values, shape, **about)}


def estimate(
    table: pd.DataFrame, design: Design, instrument: Instrument, settings: dict[str, Any],
    ratings: pd.DataFrame | None = None, null: NullDistribution | None = None,
) -> Stability:  # fmt: skip
    """Return all estimates of one model.

    Args:
        table: table `values` of the model in one population.
        design: who answered what and where.
        instrument: the questionnaire.
        settings: seed, undefined, draws, confidence and null_simulations; with ratings also rating,
            which one the value scores are means of.
        ratings: table `ratings` of the same; without it there is no internal consistency.
        null: from `null_distribution`, where it is at hand.
    """
    null = null_distribution(design, instrument, settings) if null is None else null
    result = core_estimate(table, design, instrument, settings, null)
    values = list(instrument.values)
    scores = score_array(table[table["instrument"] == instrument.name], design, values)
    sample = Sample(scores, settings["undefined"])
    if ratings is not None:
        own = ratings[ratings["instrument"] == instrument.name]
        column = {"choice": "rating", "expected": "expected"}[settings["rating"]]
        array = rating_array(own, design, len(instrument.items), column)
        sample = replace(sample, ratings=array, key=indices(instrument.values))
    names = Names(design.contexts, values, design.replicates)
    return _with(result, *measures(sample, names, Settings(**_about(settings)), null))


def core_estimate(
    table: pd.DataFrame, design: Design, instrument: Instrument, settings: dict[str, Any],
    null: NullDistribution,
) -> Stability:  # fmt: skip
    """Return the stability, and where profiles are known the fidelity, of one model.

    Args:
        table: table `values` of the model in one population.
        design: who answered what and where.
        instrument: the questionnaire.
        settings: as `estimate`.
        null: from `null_distribution`; may be empty.
    """
    values, about = list(instrument.values), _about(settings)
    scores = score_array(table[table["instrument"] == instrument.name], design, values)
    result = model_stability(
        scores, design.contexts, values, replicates=design.replicates, null=null, **about
    )
    if not set(values) <= set(design.latent.columns):
        return result
    latent = design.latent.reindex(index=list(design.respondents), columns=values).to_numpy(float)
    rows, draws = fidelity(Known(scores, latent, design.contexts, values), Settings(**about))
    return _with(result, rows, {"fidelity": draws})


def _about(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what the bootstrap is told; its seed is the same for all models."""
    about = {k: settings[k] for k in ("undefined", "draws", "confidence")}
    return about | {"seed": derive(settings["seed"], "bootstrap")}


def _with(
    result: Stability, rows: Sequence[Estimate], draws: Mapping[Quantity, FloatArray]
) -> Stability:
    """Return a result with more rows and draws."""
    return replace(
        result, estimates=(*result.estimates, *rows), draws={**result.draws, **draws}
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
    *, values: Path, ratings: Path, design: Design, about: dict[str, str],
    settings: dict[str, Any], output: Path,
) -> None:  # fmt: skip
    """Write the estimates of one model in one population.

    Args:
        values: table `values` of the model.
        ratings: table `ratings` of the model.
        design: who answered what and where.
        about: model, family and population.
        settings: as `estimate`.
        output: the table.
    """
    table, items = read_table(values, "values"), read_table(ratings, "ratings")
    _write(lambda i: estimate(table, design, i, settings, items), design, about, output)


def write_family_estimates(
    *, values: Sequence[Path], design: Design, about: dict[str, str], settings: dict[str, Any],
    output: Path,
) -> None:  # fmt: skip
    """Write the estimates of a family: the mean of its models, paired over respondents.

    Args:
        values: table `values` of each of its models.
        design: who answered what and where.
        about: model (empty), family and population.
        settings: as `estimate`.
        output: the table.
    """
    tables = [read_table(path, "values") for path in values]

    def of(instrument: Instrument) -> Stability:
        null = null_distribution(design, instrument, settings)
        members = [estimate(table, design, instrument, settings, null=null) for table in tables]
        return family_stability(members, confidence=settings["confidence"])

    _write(of, design, about, output)


def _write(
    of: Callable[[Instrument], Stability], design: Design, about: dict[str, str], output: Path
) -> None:
    tables = [estimates_table(of(i), about | {"instrument": i.name}) for i in design.instruments]
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
