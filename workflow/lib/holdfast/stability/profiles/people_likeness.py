"""How like people's values a model's are: their order, and how they go together (methods 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from holdfast.design.facets.facets import of_own_levels
from holdfast.seeds import generator
from holdfast.stability.correlation.spearman import MINIMUM_PAIRS, FloatArray
from holdfast.stability.estimation.estimate_tables import estimates_table
from holdfast.stability.estimation.model_stability import Estimate, Stability
from holdfast.stability.resampling.bootstrap import standard_error
from holdfast.stability.resampling.intervals import bootstrap_interval
from holdfast.stability.resampling.quantities import Quantity
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table, write_table

PERMUTATIONS = 1000
"""Random namings of the values, for the null."""

Profiles = FloatArray
"""Centred scores (N, V), a respondent's mean over contexts and replicates."""


@dataclass(frozen=True)
class Compared:
    """Whose profiles are compared, and how.

    Attributes:
        own: the model's, with one respondent a row.
        people: people's, with the same values.
        draws: bootstrap draws of both.
        confidence: of the interval.
        random: for the draws and the null.
    """

    own: Profiles
    people: Profiles
    draws: int
    confidence: float
    random: np.random.Generator


def profiles(values: pd.DataFrame, instrument: str, names: Sequence[str]) -> Profiles:
    """Return the profiles of respondents who have a score on every value.

    Args:
        values: table `values` of one model and population.
        instrument: the questionnaire.
        names: of the values.
    """
    own = of_own_levels(values[values["instrument"].eq(instrument)])
    means = own.groupby(["respondent", "value"], sort=False)["centred"].mean().unstack("value")
    found: FloatArray = means.reindex(columns=list(names)).dropna().to_numpy(float)
    return found


def hierarchy(own: Profiles, people: Profiles) -> float:
    """Return Spearman's correlation between the mean scores of two groups, over values."""
    a, b = (rankdata(x.mean(axis=0)) for x in (own, people))
    return _pearson(a, b)


def going_together(own: Profiles, people: Profiles) -> float:
    """Return the correlation between two groups' correlations of values, over pairs of values (Mantel)."""
    pairs = np.triu_indices(own.shape[1], 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (np.atleast_2d(np.corrcoef(x, rowvar=False))[pairs] for x in (own, people))
    return _pearson(a, b)


STATISTICS: Mapping[Quantity, Callable[[Profiles, Profiles], float]] = {
    "people_hierarchy": hierarchy,
    "people_correlations": going_together,
}


def likeness(compared: Compared, name: str) -> Iterator[Estimate]:
    """Yield a row for the order of the values and one for their correlations.

    Args:
        compared: the profiles.
        name: of the people.
    """
    own, people, random = compared.own, compared.people, compared.random
    drawn: dict[Quantity, FloatArray] = {
        quantity: np.full(compared.draws, np.nan) for quantity in STATISTICS
    }
    for d in range(compared.draws):
        a, b = (x[random.integers(len(x), size=len(x))] for x in (own, people))
        for quantity, statistic in STATISTICS.items():
            drawn[quantity][d] = statistic(a, b)
    orders = [random.permutation(own.shape[1]) for _ in range(PERMUTATIONS)]
    for quantity, statistic in STATISTICS.items():
        found, null = statistic(own, people), [statistic(own[:, o], people) for o in orders]
        yield _row(compared, quantity, name, found, drawn[quantity], np.array(null))


def _row(
    compared: Compared, quantity: Quantity, name: str, found: float, draws: FloatArray, null: FloatArray
) -> Estimate:  # fmt: skip
    known, n = not np.isnan(found), len(compared.own)
    lower, upper = bootstrap_interval(
        np.array(found), draws, compared.confidence, "correlation", (-1.0, 1.0), n
    )
    nan = float("nan")
    return Estimate(
        quantity, None, name, None, None, estimate=found,
        lower=float(lower) if known else nan, upper=float(upper) if known else nan,
        se=float(standard_error(draws)) if known else nan, n=n, undefined=int(np.isnan(draws).sum()),
        null_mean=float(null.mean()) if known else nan, null_sd=float(null.std()) if known else nan,
        method=(
            f"{'spearman' if quantity == 'people_hierarchy' else 'pearson'}; bootstrap over respondents and "
            f"over people, {len(draws)} draws, {100 * compared.confidence:g} %; null: values named at random"
        ),
        status="ok" if known else "not_estimable", contexts_status="these_contexts" if known else "no_interval",
    )  # fmt: skip


def _pearson(a: FloatArray, b: FloatArray) -> float:
    """Return a correlation; NaN where one side does not vary, or is undefined."""
    x, y = a - a.mean(), b - b.mean()
    size = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / size if size > 1e-12 else float("nan")


def write_people_likeness(
    *, values: Path, people: Mapping[str, Path], instruments: Mapping[str, Sequence[str]],
    about: dict[str, str], settings: dict[str, Any], output: Path,
) -> None:  # fmt: skip
    """Write how like people's values those of one model in one population are.

    Args:
        values: table `values` of the model.
        people: the same of people, by their name.
        instruments: names of the values, by the questionnaire.
        about: model, family and population.
        settings: seed, draws and confidence.
        output: the table of estimates; no rows where nobody answered the same questionnaire.
    """
    own, parts = read_table(values, "values"), [pd.DataFrame(columns=list(SCHEMAS["estimates"]))]
    for name, path in people.items():
        other = read_table(path, "values")
        for instrument in [i for i in instruments if i in set(other["instrument"])]:
            names = instruments[instrument]
            mine, theirs = (profiles(table, instrument, names) for table in (own, other))
            if min(len(names), len(mine), len(theirs)) < MINIMUM_PAIRS:
                continue
            random = generator(settings["seed"], "people likeness", name, instrument)
            how = Compared(mine, theirs, settings["draws"], settings["confidence"], random)
            found = Stability(tuple(likeness(how, name)), {}, len(mine), settings["seed"])
            parts.append(estimates_table(found, about | {"instrument": instrument}))
    filled = [part for part in parts if len(part)] or parts[:1]
    write_table(pd.concat(filled, ignore_index=True), "estimates", output)
