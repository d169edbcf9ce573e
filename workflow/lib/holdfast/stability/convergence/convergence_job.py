"""Questionnaires as methods: the table of their convergence (methods 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.design.instruments import Instrument, read_design_instrument
from holdfast.design.scoring_keys import JOINT
from holdfast.design.shared_values import (
    MINIMUM_VALUES,
    SharedValues,
    shared_items,
    shared_values,
)
from holdfast.seeds import derive
from holdfast.stability.convergence.convergence_estimates import Measured, convergence
from holdfast.stability.convergence.observer_methods import OBSERVERS, observed
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.estimate_tables import estimates_table
from holdfast.stability.estimation.model_stability import Stability
from holdfast.stability.estimation.score_arrays import Design, score_array
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table, write_table

SHARED = "items in common"
"""What stands in the column `method` where questionnaires have the same items."""


def write_convergence(
    *, values: Path, design: Design, about: Mapping[str, str], settings: Mapping[str, Any], output: Path,
    seen: Mapping[str, Path] | None = None, forms: Sequence[Path] = (), contexts: Path | None = None,
) -> None:  # fmt: skip
    """Write how far questionnaires, or a questionnaire and observers, agree on the values that they share.

    Args:
        values: table `values` of the model in one population.
        design: who answered what and where.
        about: model, family and population.
        settings: seed, undefined, draws, confidence and null_simulations.
        output: the table of estimates; empty where no two methods share values.
        seen: tables `values` of what observers report of the respondents, by the observers' names.
        forms: design documents of the observers' forms.
        contexts: design table of the contexts; needed with observers.
    """
    table = read_table(values, "values")
    seed = derive(settings["seed"], "bootstrap")
    how = Settings(settings["undefined"], settings["draws"], settings["confidence"], seed)
    parts = []
    for group in shared_values(design.instruments):
        rows = convergence(measured(table, design, group), how, settings["null_simulations"])
        found = Stability(tuple(rows), {}, len(design.respondents), how.seed)
        parts.append(estimates_table(found, {**about, "instrument": JOINT.join(group.parts)}))
    if seen and contexts is not None:
        tables = {name: read_table(path, "values") for name, path in seen.items()}
        for form in map(read_design_instrument, forms):
            both = observed(table, tables, design, read_table(contexts, "contexts"), form)
            if both is None or len(both.values) < MINIMUM_VALUES:
                continue
            rows = convergence(both, how, settings["null_simulations"])
            found = Stability(tuple(rows), {}, len(design.respondents), how.seed)
            named = {**about, "instrument": f"{form.observes}{OBSERVERS}"}
            parts.append(estimates_table(found, named))
    empty = pd.DataFrame(columns=list(SCHEMAS["estimates"]))
    write_table(pd.concat(parts, ignore_index=True) if parts else empty, "estimates", output)


def measured(table: pd.DataFrame, design: Design, group: SharedValues) -> Measured:
    """Return the scores of questionnaires that share values, in the conversations that figures are of.

    Args:
        table: table `values` of one model in one population.
        design: who answered what and where.
        group: the questionnaires.
    """
    main = design.layout.main
    scores = [
        joined_scores(table[table["instrument"] == name], design, [parts[v] for v in group.values])
        for name, parts in group.parts.items()
    ]
    asked = [i for i in design.instruments if i.name in group.parts]
    return Measured(
        np.stack(scores)[:, :, main], list(group.parts), [design.contexts[c] for c in main],
        list(group.values), list(design.replicates), group.framework, design.layout, _note(asked),
    )  # fmt: skip


def joined_scores(
    table: pd.DataFrame, design: Design, parts: Sequence[Sequence[str]]
) -> FloatArray:
    """Return the centred scores (R, C, N, V) of values that are made of several of a questionnaire's own.

    A joined score is the mean over all answered items of its parts.

    Args:
        table: table `values` of one model, population and questionnaire.
        design: the axes.
        parts: of each value, the questionnaire's values that make it.
    """
    own = list(dict.fromkeys(part for of in parts for part in of))
    scores = score_array(table, design, own)
    items = score_array(table, design, own, "items")
    weights = np.where(np.isnan(scores), 0.0, items)
    found = []
    for of in parts:
        at = [own.index(part) for part in of]
        total = weights[..., at].sum(axis=-1)
        sums = (np.nan_to_num(scores[..., at]) * weights[..., at]).sum(axis=-1)
        mean = np.full(total.shape, np.nan)
        np.divide(sums, total, out=mean, where=total > 0)
        found.append(mean)
    return np.stack(found, axis=-1)


def _note(asked: Sequence[Instrument]) -> str:
    """Say which questionnaires have items in common, since these agree for that alone."""
    pairs = [(a.name, b.name, shared_items(a, b)) for a, b in combinations(asked, 2)]
    said = [f"{a} and {b} {n}" for a, b, n in pairs if n]
    return f"{SHARED}: {', '.join(said)}" if said else ""
