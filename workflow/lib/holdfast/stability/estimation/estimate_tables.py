"""Results as tables and back: estimates, bootstrap draws and the null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.correlation.undefined_correlations import Level
from holdfast.stability.estimation.model_stability import Estimate, Stability
from holdfast.stability.resampling.null_distribution import NullDistribution, NullMoments
from holdfast.stability.resampling.quantities import Quantity
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table

PLACES = ["value", "context_a", "context_b"]
FIELDS = list(Estimate.__dataclass_fields__)


def estimates_table(stability: Stability, about: Mapping[str, str]) -> pd.DataFrame:
    """Return a result as rows of the table of estimates; pooled names are empty texts.

    Args:
        stability: what was estimated.
        about: model, family, population and instrument.
    """
    rows = pd.DataFrame([asdict(e) for e in stability.estimates]).assign(**about)
    rows[PLACES] = rows[PLACES].astype(object).where(rows[PLACES].notna(), "")
    return rows[list(SCHEMAS["estimates"])]


def draws_table(stability: Stability, instrument: str) -> pd.DataFrame:
    """Return the pooled draws of a result, and what is deleted, as rows of the table of draws."""
    parts = [
        _rows(quantity, draws, np.arange(draws.size), None)
        for quantity, draws in stability.draws.items()
    ]
    for quantity, figures in stability.deleted.items():
        topics, groups = np.indices(figures.shape)
        parts.append(_rows(quantity, figures.ravel(), groups.ravel(), topics.ravel()))
    for (quantity, facet), figures in stability.over_levels.items():
        topics, levels, groups = np.indices(figures.shape)
        rows = _rows(quantity, figures.ravel(), groups.ravel(), topics.ravel())
        parts.append(
            rows.assign(facet=facet, without_level=pd.array(levels.ravel(), dtype="Int64"))
        )
    return pd.concat(parts, ignore_index=True).assign(
        instrument=instrument, respondents=stability.respondents, seed=str(stability.seed)
    )


def _rows(
    quantity: Quantity, estimates: FloatArray, draw: IntArray, without: IntArray | None
) -> pd.DataFrame:
    """Return rows of the table of draws; without topics they are the bootstrap's."""
    none = pd.array([pd.NA] * draw.size, dtype="Int64")
    topics = none if without is None else pd.array(without, dtype="Int64")
    return pd.DataFrame(
        {"quantity": quantity, "draw": draw, "without": topics, "facet": "", "without_level": none,
         "estimate": estimates}
    )  # fmt: skip


def read_results(paths: Mapping[str, tuple[Path, Path]]) -> dict[str, dict[str, Stability]]:
    """Return the results of models by instrument and model.

    Args:
        paths: by model its table of estimates and its table of draws.
    """
    found: dict[str, dict[str, Stability]] = {}
    for model, (estimates, draws) in paths.items():
        rows, drawn = read_table(estimates, "estimates"), read_table(draws, "draws")
        for instrument in rows["instrument"].unique():
            found.setdefault(str(instrument), {})[model] = stability_of(rows, drawn, instrument)
    return found


def stability_of(estimates: pd.DataFrame, draws: pd.DataFrame, instrument: str) -> Stability:
    """Return the result that `estimates_table` and `draws_table` came from, of one instrument."""
    rows = estimates.loc[estimates["instrument"] == instrument, FIELDS].to_dict("records")
    own = draws[draws["instrument"] == instrument]
    over = own[own["without_level"].notna()]
    deleted = own[own["without"].notna() & own["without_level"].isna()]
    return Stability(
        tuple(_estimate(row) for row in rows),
        {
            cast(Quantity, q): d["estimate"].to_numpy(float)
            for q, d in own[own["without"].isna()].groupby("quantity", sort=False)
        },
        int(own["respondents"].iloc[0]),
        int(own["seed"].iloc[0]),
        {cast(Quantity, q): left_out(d) for q, d in deleted.groupby("quantity", sort=False)},
        {
            (cast(Quantity, q), str(facet)): _without_levels(d)
            for (q, facet), d in over.groupby(["quantity", "facet"], sort=False)
        },
    )


def left_out(rows: pd.DataFrame) -> FloatArray:
    """Return what is deleted (1 + C, 1 + G) from one quantity's rows of the table of draws."""
    wide = rows.pivot(index="without", columns="draw", values="estimate")
    return np.asarray(wide.to_numpy(dtype=float), dtype=np.float64)


def _without_levels(rows: pd.DataFrame) -> FloatArray:
    """Return one quantity of `over_levels` (1 + C, 1 + L, 1 + G) from its rows of the table of draws."""
    places = ["without", "without_level", "draw"]
    ordered = rows.sort_values(places)
    shape = [int(rows[place].max()) + 1 for place in places]
    return np.asarray(ordered["estimate"].to_numpy(dtype=float).reshape(shape), dtype=np.float64)


def _estimate(row: Mapping[Any, Any]) -> Estimate:
    names = {place: row[place] or None for place in PLACES}
    replicate = None if pd.isna(row["replicate"]) else int(row["replicate"])
    counts = {name: int(row[name]) for name in ("n", "undefined")}
    return Estimate(**{**row, **names, **counts, "replicate": replicate})


def null_table(null: NullDistribution, instrument: str) -> pd.DataFrame:
    """Return the null of one instrument as a table."""
    rows = [
        {"quantity": quantity, "level": level, "unit": unit, "mean": mean, "sd": sd}
        for (quantity, level), moments in null.items()
        for unit, (mean, sd) in enumerate(zip(moments.mean, moments.sd, strict=True))
    ]
    return pd.DataFrame(rows).assign(instrument=instrument)


def null_of(table: pd.DataFrame, instrument: str) -> NullDistribution:
    """Return the null that `null_table` came from, of one instrument."""
    own = table[table["instrument"] == instrument].sort_values("unit", kind="stable")
    return {
        cast(tuple[Quantity, Level], name): NullMoments(
            part["mean"].to_numpy(float), part["sd"].to_numpy(float)
        )
        for name, part in own.groupby(["quantity", "level"], sort=False)
    }
