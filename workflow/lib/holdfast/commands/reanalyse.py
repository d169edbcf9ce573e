"""`holdfast reanalyse`: the original study's results, analysed as Holdfast's own."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.commands.original_results import Context, find_files, read_context
from holdfast.errors import StudyError
from holdfast.report.figure_jobs.all_figures import draw_estimates
from holdfast.report.figures.profile_figure import draw_profiles
from holdfast.report.page.page import write_page
from holdfast.report.tables.leaderboard import write_leaderboard
from holdfast.report.tables.provenance import write_provenance
from holdfast.seeds import derive, generator
from holdfast.stability.context_figures import second_intervals
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.correlation.undefined_correlations import UndefinedRule
from holdfast.stability.estimation.context_layout import plain
from holdfast.stability.estimation.estimate_tables import estimates_table
from holdfast.stability.estimation.model_stability import model_stability
from holdfast.stability.estimation.weighted_statistics import Names, Sample
from holdfast.stability.measures.all_measures import indices, measures, measures_null
from holdfast.stability.resampling.null_distribution import NullDistribution, simulate_null
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.stability.structure.administrations import Answers
from holdfast.stability.structure.structure_estimates import validity
from holdfast.tables.table_files import write_table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT")
    parser.add_argument("--draws", type=int, default=1000, help="bootstrap draws (1000)")
    parser.add_argument("--undefined", choices=["zero", "drop", "nan"], default="zero")


def run(given: argparse.Namespace) -> None:
    """Analyse the folders and say what was written."""
    options = Options(draws=given.draws, undefined=given.undefined)
    print(reanalyse(given.folders, given.out, options))


@dataclass(frozen=True)
class Options:
    """How to estimate; the names are those of a study's configuration."""

    draws: int = 1000
    null_simulations: int = 200
    structure_permutations: int = 20
    undefined: UndefinedRule = "zero"
    seed: int = 1


@dataclass(frozen=True)
class Group:
    """One model's answers to one questionnaire by one set of respondents.

    Attributes:
        about: model, family, population and instrument.
        contexts: names.
        files: for each replicate the contexts, in the order of their names.
    """

    about: dict[str, str]
    contexts: list[str]
    files: list[list[Context]]

    def scores(self) -> FloatArray:
        """Return centred value scores (R, C, N, V)."""
        return np.array([[c.centred() for c in one] for one in self.files])

    def ratings(self) -> FloatArray:
        """Return item ratings (R, C, N, items)."""
        return np.array([[c.ratings for c in one] for one in self.files])

    def replicates(self) -> list[int]:
        """Return the replicates' numbers."""
        return list(range(1, len(self.files) + 1))


def reanalyse(folders: Sequence[Path], output: Path, options: Options) -> str:
    """Write tables, figures and page, and return what was read and skipped, the total last.

    Args:
        folders: of results.json files; those in the same folder's folders are one replicate.
        output: folder for estimates.csv, leaderboard.csv, figures/ and report/index.html.
        options: how to estimate.

    Raises:
        StudyError: nothing can be analysed, or a file can't be written.
    """
    contexts, skipped = _read(find_files(folders))
    groups, more = _grouped(contexts)
    skipped += more
    if not groups:
        raise StudyError("\n".join([*skipped, "Nothing can be analysed: see above."]))
    nulls: dict[Any, NullDistribution] = {}
    tables = [_estimates(group, options, nulls) for group in groups]
    _write(groups, pd.concat(tables, ignore_index=True), output, options)
    used = sum(len(one) for group in groups for one in group.files)
    models = len({group.about["model"] for group in groups})
    total = f"{output}: {models} models, {used} files read, {len(skipped)} skipped."
    return "\n".join([*(f"Skipped: {reason}" for reason in skipped), total])


def _read(files: Iterable[Path]) -> tuple[list[Context], list[str]]:
    """Return what can be read, and why the rest can't."""
    contexts, skipped = [], []
    for file in files:
        try:
            contexts.append(read_context(file))
        except StudyError as mistake:
            skipped.append(str(mistake))
    return contexts, skipped


def _grouped(contexts: Sequence[Context]) -> tuple[list[Group], list[str]]:
    """Return the groups that can be analysed, and why files are left out of them."""
    found: dict[tuple[Any, ...], dict[Path, dict[str, Context]]] = {}
    skipped = []
    for one in contexts:
        key = (one.model, one.population, one.questionnaire.name, one.respondents)
        run = found.setdefault(key, {}).setdefault(one.path.parent.parent, {})
        if one.context in run:
            skipped.append(
                f"{one.path}: the context '{one.context}' is also in {run[one.context].path}."
            )
        else:
            run[one.context] = one
    groups = []
    for (model, population, instrument, _), runs in found.items():
        names = sorted(next(iter(runs.values())))
        whole = [run for run in runs.values() if sorted(run) == names]
        for run in (r for r in runs.values() if sorted(r) != names or len(names) < 2):
            reason = "two contexts at least, and the same in all replicates, are needed"
            skipped += [f"{one.path}: {reason}." for one in run.values()]
        if len(names) > 1:
            about = {"model": model, "population": population, "instrument": instrument}
            groups.append(Group(about, names, [[run[n] for n in names] for run in whole]))
    return _distinct(groups), skipped


def _distinct(groups: Sequence[Group]) -> list[Group]:
    """Return the groups with populations numbered where a model has several of one name."""
    seen: dict[tuple[str, ...], int] = {}
    result = []
    for group in groups:
        name = tuple(group.about.values())
        seen[name] = seen.get(name, 0) + 1
        number = f"-{seen[name]}" if seen[name] > 1 else ""
        about = group.about | {"family": group.about["model"]}
        about["population"] += number
        result.append(Group(about, group.contexts, group.files))
    return result


def _estimates(group: Group, options: Options, nulls: dict[Any, NullDistribution]) -> pd.DataFrame:
    """Return all rows of a group. Floats are ranked as they are: the original's ties."""
    asked, scores, ratings = group.files[0][0].questionnaire, group.scores(), group.ratings()
    shape = (scores.shape[0], scores.shape[1], scores.shape[2])
    null = _cached_null(group, shape, options, nulls)
    about: dict[str, Any] = {
        "undefined": options.undefined, "draws": options.draws,
        "seed": derive(options.seed, "bootstrap"), "decimals": None,
    }  # fmt: skip
    names = Names(group.contexts, list(asked.key), group.replicates())
    core = model_stability(
        scores, names.contexts, names.values, replicates=names.replicates, null=null, **about
    )
    sample = Sample(scores, options.undefined, ratings, indices(asked.key))
    rows, _ = measures(sample, names, Settings(**about), null)
    whole = replace(core, estimates=(*core.estimates, *rows))
    told = plain(len(group.contexts))
    whole = second_intervals(whole, sample, names, told, Settings(**about))
    key = dict(zip(asked.key, indices(asked.key), strict=True))
    random = generator(options.seed, "structure", asked.name)
    more = validity(Answers(ratings, key, names), options.structure_permutations, random)
    return estimates_table(replace(whole, estimates=(*whole.estimates, *more)), group.about)


def _cached_null(
    group: Group, shape: tuple[int, int, int], options: Options, nulls: dict[Any, NullDistribution]
) -> NullDistribution:
    """Return the null of a design, made once for all models."""
    key = (group.files[0][0].questionnaire.name, shape)
    if key not in nulls:
        nulls[key] = _null(group, shape, options)
    return nulls[key]


def _null(group: Group, shape: tuple[int, int, int], options: Options) -> NullDistribution:
    asked = group.files[0][0].questionnaire
    about: dict[str, Any] = {
        "items": asked.items, "options": asked.options, "simulations": options.null_simulations,
        "seed": derive(options.seed, "null"), "undefined": options.undefined,
    }  # fmt: skip
    replicates, contexts, respondents = shape
    plain = simulate_null(
        asked.key, replicates=replicates, contexts=contexts, respondents=respondents, **about
    )
    return {**plain, **measures_null(asked.key, shape, **about)}


def _write(groups: Sequence[Group], table: pd.DataFrame, output: Path, options: Options) -> None:
    """Write the tables, and the report that can be made of them."""
    parquet = output / "estimates.parquet"
    write_table(table, "estimates", parquet)
    table.to_csv(output / "estimates.csv", index=False, float_format="%.10g")
    models = {g.about["model"]: _entry(g.about["model"]) for g in groups}
    write_leaderboard(estimates=parquet, models=models, csv=output / "leaderboard.csv")
    values = output / "values.parquet"
    write_table(pd.concat([_values(group) for group in groups]), "values", values)
    figures = {
        name: output / "figures" / f"{name}.svg" for name in ("stability", "contexts", "profiles")
    }
    for name in ("stability", "contexts"):
        draw_estimates(figure=name, estimates=parquet, models=models, output=figures[name])
    draw_profiles(values=[values], models=models, output=figures["profiles"])
    study = _study(models, options)
    provenance = output / "provenance.json"
    tables = [parquet, values]
    write_provenance(study=study, models=models, manifests=[], tables=tables, output=provenance)
    write_page(
        study=study, models=models, estimates=parquet, manifests=[], conversations=[],
        figures=figures, provenance=provenance, output=output / "report" / "index.html",
    )  # fmt: skip


def _entry(model: str) -> dict[str, Any]:
    """Return what the report asks of a model's entry in the registry."""
    return {
        "model": {"family": model, "miniature": False, "revision": None},
        "deployment": {"backend": "transformers", "simulation": None},
    }


def _study(models: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """Return what stands in for a study's configuration on the page."""
    return {
        "study": "reanalysis", "seed": options.seed, "models": list(models),
        "stability": {
            "undefined": options.undefined, "draws": options.draws,
            "null_simulations": options.null_simulations,
            "structure_permutations": options.structure_permutations,
        },
    }  # fmt: skip


def _values(group: Group) -> pd.DataFrame:
    """Return a group's value scores as the table `values`."""
    rows = []
    for replicate, run in zip(group.replicates(), group.files, strict=True):
        for one in run:
            asked, n = one.questionnaire, len(one.respondents)
            for column, (value, items) in enumerate(asked.key.items()):
                rows.append(pd.DataFrame({
                    "model": one.model, "population": group.about["population"],
                    "respondent": one.respondents, "context": one.context,
                    "replicate": replicate, "instrument": asked.name, "value": value,
                    "score": one.scores[:, column], "centred": one.centred()[:, column],
                    "items": np.full(n, len(items)),
                }))  # fmt: skip
    return pd.concat(rows, ignore_index=True)
