"""Tables of value scores to rows of the table of estimates: the null, a model, a family, all in one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.design.facets.facets import of_own_levels
from holdfast.design.instruments import Instrument
from holdfast.scoring.keyed_ratings import as_chosen
from holdfast.seeds import derive
from holdfast.stability.context_figures import of_profiles, second_intervals
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.context_intervals import with_contexts
from holdfast.stability.estimation.estimate_tables import (
    draws_table,
    estimates_table,
    null_of,
    null_table,
    read_results,
)
from holdfast.stability.estimation.family_stability import family_stability
from holdfast.stability.estimation.inapplicable_estimates import with_sense
from holdfast.stability.estimation.model_stability import Estimate, Stability, model_stability
from holdfast.stability.estimation.score_arrays import (
    Design,
    keyed_array,
    rating_array,
    read_design,
    score_array,
)
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.measures.all_measures import indices, measures, measures_null
from holdfast.stability.measures.behaviour_link import behaviour_links
from holdfast.stability.measures.default_profile import default_latent, default_profile
from holdfast.stability.measures.fidelity import Known, fidelity
from holdfast.stability.measures.known_groups import known_groups
from holdfast.stability.measures.response_style import balanced_acquiescence, response_style
from holdfast.stability.resampling.null_distribution import (
    Columns,
    NullDistribution,
    simulate_null,
)
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.tables.table_files import read_table, write_table

__all__ = ["Design", "estimates_table", "rating_array", "read_design", "score_array"]


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
        "items": len(instrument.key()), "options": instrument.ratings(),
        "centred": instrument.centred, "columns": _columns(instrument),
        "simulations": settings["null_simulations"], "seed": derive(settings["seed"], "null"),
        "undefined": settings["undefined"],
    }  # fmt: skip
    main = design.layout.main.size
    null = simulate_null(
        instrument.places(), replicates=shape[0], contexts=main, respondents=shape[2], **about
    )
    groups = known_groups(design.respondents, design.groups)
    more = measures_null(instrument.places(), shape, layout=design.layout, groups=groups, **about)
    return {**null, **more}


def _columns(instrument: Instrument) -> Columns | None:
    """Return which items' ratings the key counts; None where each counts once and as it is."""
    key = instrument.key()
    items = list(dict.fromkeys(k.item for k in key))
    if len(items) == len(key) and not any(k.reversed for k in key):
        return None
    return Columns([items.index(k.item) for k in key], [k.reversed for k in key])


def estimate(
    table: pd.DataFrame, design: Design, instrument: Instrument, settings: dict[str, Any],
    ratings: pd.DataFrame | None = None, null: NullDistribution | None = None,
) -> Stability:  # fmt: skip
    """Return all estimates of one model, but the agreement with its own default profile.

    Args:
        table: table `values` of the model in one population.
        design: who answered what and where.
        instrument: the questionnaire.
        settings: seed, undefined, draws, confidence and null_simulations; with ratings also rating,
            which one the value scores are means of, and option_order; decimals, where ties are to be decided
            otherwise.
        ratings: table `ratings` of the same; without it there is no internal consistency and no
            response style.
        null: from `null_distribution`, where it is at hand.
    """
    null = null_distribution(design, instrument, settings) if null is None else null
    result = core_estimate(table, design, instrument, settings, null)
    values, about = list(instrument.values), _about(settings)
    scores = score_array(table[table["instrument"] == instrument.name], design, values)
    sample, style = Sample(scores, settings["undefined"]), []
    if ratings is not None:
        own = ratings[ratings["instrument"] == instrument.name].reset_index(drop=True)
        column = {"choice": "rating", "expected": "expected"}[settings["rating"]]
        array = keyed_array(own, design, instrument, column)
        sample = replace(sample, ratings=array, key=indices(instrument.places()))
        chosen = as_chosen(of_own_levels(own).reset_index(drop=True), instrument)
        style = response_style(
            chosen, design.respondents, instrument.ratings(), about,
            fixed_order=settings["option_order"] == "fixed", shown=len(instrument.options),
        )  # fmt: skip
        style += balanced_acquiescence(chosen, instrument, design.respondents, about)
    names = Names(design.contexts, values, design.replicates)
    groups = known_groups(design.respondents, design.groups)
    result = _with(result, *measures(sample, names, about, null, design.layout, groups))
    latent = _latent(design, values)
    profiles: dict[Quantity, FloatArray] = {} if latent is None else {"fidelity": latent}
    result = second_intervals(result, sample, names, design.layout, about, groups, profiles)
    return _with(result, style, {})


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
    scores, contexts = _main_scores(table, design, instrument)
    result = model_stability(
        scores, contexts, values, replicates=design.replicates, null=null,
        undefined=about.undefined, draws=about.draws, confidence=about.confidence, seed=about.seed,
        decimals=about.decimals,
    )  # fmt: skip
    latent = _latent(design, values)
    if latent is None:
        return result
    rows, draws = fidelity(Known(scores, latent, contexts, values), about)
    return _with(result, rows, {"fidelity": draws})


def _latent(design: Design, values: list[str]) -> FloatArray | None:
    """Return the respondents' latent profiles (N, V), if they are known of all values."""
    if not set(values) <= set(design.latent.columns):
        return None
    return design.latent.reindex(index=list(design.respondents), columns=values).to_numpy(float)


def default_estimate(
    table: pd.DataFrame, without: pd.DataFrame | None, design: Design, plain: Design | None,
    instrument: Instrument, settings: dict[str, Any],
) -> Stability:  # fmt: skip
    """Return the agreement with the model's profile without a persona.

    Args:
        table: table `values` of the model in one population.
        without: the same in the population `none`; None: it is not in the study.
        design: who answered what and where.
        plain: the same of the population `none`.
        instrument: the questionnaire.
        settings: as `estimate`.
    """
    scores, contexts = _main_scores(table, design, instrument)
    other = None
    if without is not None and plain is not None and instrument.name in set(without["instrument"]):
        other, _ = _main_scores(without, plain, instrument)
    values, about = list(instrument.values), _about(settings)
    rows, draws = default_profile(scores, other, contexts, values, about)
    found = Stability(tuple(rows), {"default_profile": draws}, scores.shape[2], about.seed)
    if other is None or not about.draws:
        return found
    latent = default_latent(other, scores.shape[2], len(values))
    own = table[table["instrument"] == instrument.name]
    sample = Sample(score_array(own, design, values), about.undefined)
    figures = of_profiles("default_profile", sample, latent, design.layout)
    return with_contexts(found, figures, design.layout, values, design.replicates, about.confidence)


def _main_scores(
    table: pd.DataFrame, design: Design, instrument: Instrument
) -> tuple[FloatArray, list[str]]:
    """Return the scores in the conversations that the study's figures are of, and their names."""
    own = table[table["instrument"] == instrument.name]
    main = design.layout.main
    scores = score_array(own, design, list(instrument.values))[:, main]
    return scores, [design.contexts[c] for c in main]


def _about(settings: Mapping[str, Any]) -> Settings:
    """Return what the bootstrap is told; its seed is the same for all models."""
    about = {k: settings[k] for k in ("undefined", "draws", "confidence")}
    about |= {k: settings[k] for k in ("decimals",) if k in settings}
    return Settings(**about, seed=derive(settings["seed"], "bootstrap"))


def _with(
    result: Stability, rows: Sequence[Estimate], draws: Mapping[Quantity, FloatArray],
    deleted: Mapping[Quantity, FloatArray] | None = None,
) -> Stability:  # fmt: skip
    """Return a result with more rows, draws and deleted figures."""
    return replace(
        result, estimates=(*result.estimates, *rows), draws={**result.draws, **draws},
        deleted={**result.deleted, **(deleted or {})},
    )  # fmt: skip


def write_null(*, design: Design, settings: dict[str, Any], output: Path) -> None:
    """Write what random answers give in one population, for all of its models.

    Args:
        design: who answers what and where.
        settings: as `estimate`.
        output: the table.
    """
    tables = [
        null_table(null_distribution(design, i, settings), i.name) for i in design.instruments
    ]
    write_table(pd.concat(tables, ignore_index=True), "null", output)


def write_model_estimates(
    *, values: Path, ratings: Path, null: Path, design: Design, about: dict[str, str],
    settings: dict[str, Any], output: Path, draws: Path, plain_values: Path | None = None,
    plain_design: Design | None = None,
) -> None:  # fmt: skip
    """Write the estimates of one model in one population, and their draws.

    Args:
        values: table `values` of the model.
        ratings: table `ratings` of the model.
        null: table `null` of the population.
        design: who answered what and where.
        about: model, family and population.
        settings: as `estimate`.
        output: the table of estimates.
        draws: the table of draws.
        plain_values: table `values` of the model in the population `none`, if the study has it.
        plain_design: who answered there.
    """
    table, items = read_table(values, "values"), read_table(ratings, "ratings")
    random = read_table(null, "null")
    without = read_table(plain_values, "values") if plain_values else None
    results = {}
    for i in design.instruments:
        results[i.name] = estimate(table, design, i, settings, items, null_of(random, i.name))
        if about["population"] != "none":
            more = default_estimate(table, without, design, plain_design, i, settings)
            results[i.name] = _with(results[i.name], more.estimates, more.draws, more.deleted)
        results[i.name] = with_sense(results[i.name], i)
        if i.is_task():
            found = behaviour_links(table, design, i, _about(settings))
            results[i.name] = _with(results[i.name], found, {})
    _write(results, about, output)
    drawn = [draws_table(result, name) for name, result in results.items()]
    write_table(pd.concat(drawn, ignore_index=True), "draws", draws)


def _write(results: Mapping[str, Stability], about: dict[str, str], output: Path) -> None:
    tables = [estimates_table(r, about | {"instrument": name}) for name, r in results.items()]
    write_table(pd.concat(tables, ignore_index=True), "estimates", output)


def write_all_estimates(
    *, models: Mapping[str, Mapping[str, tuple[Path, Path]]], families: Mapping[str, Sequence[str]],
    confidence: float, table: Path, csv: Path, further: Sequence[Path] = (),
) -> None:  # fmt: skip
    """Join the estimates of all models, and of families, into the one long table.

    Args:
        models: by population and model the tables of estimates and of draws.
        families: the models of each family.
        confidence: of the intervals.
        table: the Parquet file.
        csv: the same as CSV.
        further: tables of estimates of the structure of models' answers, and of readouts' agreement.
    """
    paths = [estimates for of_models in models.values() for estimates, _ in of_models.values()]
    parts = [read_table(path, "estimates") for path in [*paths, *further]]
    for population, of_models in models.items():
        for instrument, results in read_results(of_models).items():
            for family, members in families.items():
                found = family_stability([results[m] for m in members], confidence=confidence)
                about = {"model": "", "family": family, "population": population}
                parts.append(estimates_table(found, about | {"instrument": instrument}))
    joined = pd.concat(parts, ignore_index=True)
    write_table(joined, "estimates", table)
    joined.to_csv(csv, index=False, float_format="%.10g")
