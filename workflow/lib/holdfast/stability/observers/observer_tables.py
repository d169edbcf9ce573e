"""The table of estimates about observers, from the tables of scores of speakers and observers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.design.facets.facets import FACETS, at_first
from holdfast.design.instruments import Instrument, read_design_instrument
from holdfast.seeds import derive
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.context_layout import layout
from holdfast.stability.estimation.estimate_tables import estimates_table
from holdfast.stability.estimation.inapplicable_estimates import with_sense
from holdfast.stability.estimation.model_stability import Estimate, Stability
from holdfast.stability.estimation.score_arrays import Design, score_array
from holdfast.stability.estimation.weighted_statistics import Names
from holdfast.stability.observers.observer_biases import (
    Sees,
    mean_ratings,
    position_row,
    text_lengths,
)
from holdfast.stability.observers.observer_estimates import (
    OF_ALL,
    OF_LENGTHS,
    OF_ONE,
    OF_TEXTS,
    Observation,
    estimates,
    validity,
)
from holdfast.stability.observers.views import Views, of_both
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table, write_table

LEAST_VALIDITY = 0.3
"""Correlation with the truth, over respondents on a value, below which an observer's figures are not shown."""


@dataclass(frozen=True)
class Observer:
    """What one observer left.

    Attributes:
        values: table `values` of its forms.
        ratings: table `ratings` of the same; None: not at hand.
        sees: what it was shown of the conversations.
    """

    values: pd.DataFrame
    ratings: pd.DataFrame | None = None
    sees: Sees = field(default_factory=dict)


@dataclass(frozen=True)
class Speakers:
    """One model's respondents, what they say of themselves, and where.

    Attributes:
        values: table `values` of the self-reports.
        design: who answered what and where.
        contexts: design table of the contexts.
        conversations: table of the messages; None: not at hand.
        planted: whether they are known to show their values.
    """

    values: pd.DataFrame
    design: Design
    contexts: pd.DataFrame
    conversations: pd.DataFrame | None = None
    planted: bool = False


def observer_rows(
    speakers: Speakers, observers: Mapping[str, Observer], instrument: Instrument,
    forms: Sequence[Instrument], settings: Mapping[str, Any],
) -> list[Estimate]:  # fmt: skip
    """Return the rows about all observers who filled in a questionnaire about the speakers.

    In each row, context_b is the observer, or all whose agreement the row is about.

    Args:
        speakers: whom they observed.
        observers: by their names.
        instrument: the questionnaire of the self-report.
        forms: observers' forms, of any questionnaire.
        settings: as `write_observer_estimates`.
    """
    own = [form for form in forms if form.observes == instrument.name]
    found = [
        (name, observer, form)
        for name, observer in observers.items()
        for form in own
        if form.name in set(observer.values["instrument"])
    ]
    rows: list[Estimate] = []
    for name, observer, form in found:
        of_one = _of_one(speakers, observer, instrument, form, settings)
        rows += [replace(row, context_b=name) for row in of_one]
    if found:
        together = " × ".join(name for name, _, _ in found)
        of_all = _of_all(speakers, [(o, form) for _, o, form in found], instrument, settings)
        rows += [replace(row, context_b=together) for row in of_all]
    return rows


def _of_one(
    speakers: Speakers, observer: Observer, instrument: Instrument, form: Instrument,
    settings: Mapping[str, Any],
) -> Iterator[Estimate]:  # fmt: skip
    """Yield the rows about one observer."""
    seen = _of_form(observer.values, form)
    design = observed_design(speakers.design, speakers.contexts, seen["context"])
    said = speakers.values[speakers.values["instrument"].eq(instrument.name)]
    values = list(instrument.values)
    own, others = (score_array(table, design, values) for table in (said, seen))
    views = of_both(own, others, _truth(design, values), settings["undefined"])
    about = _observation(views, design, instrument, settings)
    rows = [row for measure in OF_ONE for row in estimates(measure, about)]
    rows += estimates(OF_LENGTHS, about) if design.layout.lengths else []
    if speakers.planted:
        rows += validity(rows, settings.get("least_validity", LEAST_VALIDITY))
    yield from with_sense(
        Stability(tuple(rows), {}, len(design.respondents), 0), instrument
    ).estimates
    if speakers.conversations is not None:
        lengths = text_lengths(speakers.conversations, design, observer.sees)
        texts = of_both(lengths, mean_ratings(seen, design), None, settings["undefined"])
        yield from estimates(OF_TEXTS, replace(about, views=texts))
    if observer.ratings is not None:
        fixed = settings["option_order"] == "fixed"
        yield position_row(observer.ratings, form, design, about.settings, fixed)


def _of_all(
    speakers: Speakers, observers: Sequence[tuple[Observer, Instrument]], instrument: Instrument,
    settings: Mapping[str, Any],
) -> list[Estimate]:  # fmt: skip
    """Return the rows about the agreement of observers, in contexts that all of them read."""
    tables = [_of_form(observer.values, form) for observer, form in observers]
    shared = set.intersection(*(set(table["context"]) for table in tables))
    design = observed_design(speakers.design, speakers.contexts, shared)
    values = list(instrument.values)
    sides = np.stack([score_array(table, design, values) for table in tables])
    views = Views(sides, None, settings["undefined"])
    return estimates(OF_ALL, _observation(views, design, instrument, settings))


def _of_form(values: pd.DataFrame, form: Instrument) -> pd.DataFrame:
    return values[values["instrument"].eq(form.name)]


def observed_design(design: Design, contexts: pd.DataFrame, read: Any) -> Design:
    """Return a design with the conversations that were read, at the first levels of all facets, alone.

    Args:
        design: who answered what and where.
        contexts: design table of the contexts.
        read: names of the contexts that an observer read.
    """
    facets = contexts[[f.name for f in FACETS if f.name in contexts]].to_dict("records")
    kept = contexts["messages"].gt(0) & contexts["context"].isin(set(read))
    if "text" in contexts:  # nothing of it is the respondent's
        kept &= contexts["text"].eq("")
    kept &= np.array(at_first([{str(k): v for k, v in row.items()} for row in facets]), dtype=bool)
    own = contexts[kept].reset_index(drop=True)
    return replace(design, contexts=own["context"].tolist(), told=layout(own))


def _observation(
    views: Views, design: Design, instrument: Instrument, settings: Mapping[str, Any]
) -> Observation:
    about = Settings(
        settings["undefined"], settings["draws"], settings["confidence"],
        derive(settings["seed"], "bootstrap"),
    )  # fmt: skip
    names = Names(design.contexts, list(instrument.values), list(design.replicates))
    return Observation(views, design.layout, names, about, settings["null_simulations"])


def _truth(design: Design, values: list[str]) -> FloatArray | None:
    """Return the respondents' latent profiles (N, V), if they are known of all values."""
    if not set(values) <= set(design.latent.columns):
        return None
    return design.latent.reindex(index=list(design.respondents), columns=values).to_numpy(float)


def write_observer_estimates(
    *, values: Path, observed: Mapping[str, Path], design: Design, contexts: Path,
    forms: Sequence[Path], about: Mapping[str, Any], settings: Mapping[str, Any], output: Path,
    conversations: Path | None = None, ratings: Mapping[str, Path] | None = None,
) -> None:  # fmt: skip
    """Write what observers see in the conversations of one model in one population.

    Args:
        values: table `values` of the model's self-reports.
        observed: the same of observers' forms about the model's respondents, by the observer's name.
        design: who answered what and where.
        contexts: design table of the contexts.
        forms: design documents of the observers' forms.
        about: model, family and population, and with `planted` whether the speakers show their values.
        settings: seed, undefined, draws, confidence, null_simulations and option_order; where they differ
            from the defaults, least_validity, and with `sees` what each observer was shown.
        output: the table of estimates; no rows where nobody observed a questionnaire of the study.
        conversations: table of the messages, for the effect of their length.
        ratings: tables `ratings` of the observers, for their position bias.
    """
    speakers = Speakers(
        read_table(values, "values"), design, read_table(contexts, "contexts"),
        read_table(conversations, "conversations") if conversations else None,
        bool(about.get("planted", False)),
    )  # fmt: skip
    sees = settings.get("sees", {})
    observers = {
        name: Observer(
            read_table(path, "values"),
            read_table(ratings[name], "ratings") if ratings and name in ratings else None,
            sees.get(name, {}),
        )
        for name, path in observed.items()
    }  # fmt: skip
    documents = [read_design_instrument(path) for path in forms]
    parts = []
    for instrument in design.instruments:
        rows = observer_rows(speakers, observers, instrument, documents, settings)
        if rows:
            found = Stability(tuple(rows), {}, len(design.respondents), settings["seed"])
            named = {k: v for k, v in about.items() if k != "planted"}
            parts.append(estimates_table(found, {**named, "instrument": instrument.name}))
    empty = pd.DataFrame(columns=list(SCHEMAS["estimates"]))
    write_table(pd.concat(parts, ignore_index=True) if parts else empty, "estimates", output)
