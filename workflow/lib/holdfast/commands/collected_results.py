"""From collected answers to tables, figures and the page, by what a study's jobs call."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.answer_files.collected_answers import RANDOM, UNREAD, Group
from holdfast.atomic_writes import write_whole
from holdfast.inference.people.people_job import READ_AS
from holdfast.report.figure_jobs.all_figures import draw_estimates
from holdfast.report.figures.profile_figure import draw_profiles
from holdfast.report.page.page import write_page
from holdfast.report.tables.checks import write_checks
from holdfast.report.tables.leaderboard import write_leaderboard
from holdfast.report.tables.provenance import write_provenance
from holdfast.scoring.scoring_job import write_scores
from holdfast.scoring.value_scores import ADMINISTRATION
from holdfast.stability.correlation.undefined_correlations import UndefinedRule
from holdfast.stability.stability_job import write_model_estimates, write_null
from holdfast.stability.structure.structure_estimates import write_structure
from holdfast.tables.table_files import read_table, write_table

NAME = "analysis"
"""Of the study that the page and the provenance tell of."""


@dataclass(frozen=True)
class Options:
    """How to estimate; the names are those of a study's configuration."""

    draws: int = 1000
    null_simulations: int = 200
    structure_permutations: int = 20
    undefined: UndefinedRule = "zero"
    confidence: float = 0.95
    seed: int = 1

    def settings(self, exact: bool) -> dict[str, Any]:
        """Return what the jobs are told; scores that are exact are ranked as the floats they are."""
        about = asdict(self) | {"rating": "choice", "option_order": "fixed"}
        return about | ({"decimals": None} if exact else {})


def write_results(groups: Sequence[Group], output: Path, options: Options) -> list[dict[str, Any]]:
    """Write all tables, figures and the page, and return what was collected of each model.

    Args:
        groups: models with what they answered.
        output: the folder.
        options: how to estimate.
    """
    estimates, values, manifests = [], [], []
    for number, group in enumerate(groups, 1):  # those of one name may have different designs
        null = output / "stability" / "null" / f"{number}.parquet"
        write_null(design=group.design, settings=options.settings(group.exact), output=null)
        for model, rows in group.answers.items():
            manifests.append(_write_answers(group, model, rows, output))
            values.append(_write_scores(group, model, output, options))
            estimates += _write_estimates(group, model, null, output, options)
    table = output / "estimates.parquet"
    joined = pd.concat([read_table(path, "estimates") for path in estimates], ignore_index=True)
    write_table(joined, "estimates", table)
    joined.to_csv(output / "estimates.csv", index=False, float_format="%.10g")
    _write_report(groups, table, values, manifests, output, options)
    return [json.loads(m.read_text(encoding="utf-8")) for m in manifests]


def _path(output: Path, room: str, group: Group, model: str, name: str) -> Path:
    return output / room / model / group.instrument.name / group.population / name


def _write_answers(group: Group, model: str, rows: pd.DataFrame, output: Path) -> Path:
    """Write a model's table of responses, and return the manifest that says where they are from."""
    responses = rows.drop(columns=["part", "group", "tool", "told"]).assign(
        population=group.population, instrument=group.instrument.name, mass=float("nan"),
        readout=["logit" if len(x) else READ_AS for x in rows["logprobs"]], prompt="", revision="",
    )  # fmt: skip
    write_table(
        responses, "responses", _path(output, "responses", group, model, "responses.parquet")
    )
    status, now = rows["status"], datetime.now(UTC).isoformat(timespec="seconds")
    unread, random = int(status.isin(UNREAD).sum()), int((status == RANDOM).sum())
    missing = len(rows) - unread - random - int((status == "ok").sum())
    tools = ", ".join(dict.fromkeys(rows["tool"]))
    about = {
        "model": model, "population": group.population, "revision": "", "computed": len(rows), "reused": 0,
        "invalid": unread, "refused": 0, "filtered": 0, "failed": 0, "tokens": 0, "tokens_per_second": 0.0,
        "seconds": 0.0, "message_seconds": 0.0, "hits": 0.0, "peak_memory_mb": 0, "audit": None,
        "began": now, "ended": now, "python": "", "versions": {},
        "collected": {
            "tool": tools, "instrument": group.instrument.name, "answers": len(rows), "unread": unread,
            "random": random if rows["told"].all() else None, "missing": missing,
        },
    }  # fmt: skip
    manifest = _path(output, "responses", group, model, "manifest.json")
    write_whole(manifest, lambda t: t.write_text(json.dumps(about, indent=1) + "\n"))
    return manifest


def _write_scores(group: Group, model: str, output: Path, options: Options) -> Path:
    """Write a model's ratings and value scores, and return the latter's path."""
    ratings, values = (
        _path(output, "scores", group, model, f"{t}.parquet") for t in ("ratings", "values")
    )
    write_scores(
        responses=_path(output, "responses", group, model, "responses.parquet"),
        instruments=[group.instrument], rating="choice", on_invalid="missing", seed=options.seed,
        ratings=ratings, values=values,
    )  # fmt: skip
    if group.exact and group.instrument.unscored:
        write_table(_centred_on_all(values, ratings), "values", values)
    return values


def _centred_on_all(values: Path, ratings: Path) -> pd.DataFrame:
    """Return value scores less the mean rating over all items, also those of no value, as the original does."""
    rated = read_table(ratings, "ratings")
    means = rated.groupby(ADMINISTRATION, sort=False)["rating"].mean().rename("mean").reset_index()
    scores = read_table(values, "values").merge(means, on=ADMINISTRATION, validate="m:1")
    return scores.assign(centred=scores["score"] - scores["mean"]).drop(columns="mean")


def _write_estimates(
    group: Group, model: str, null: Path, output: Path, options: Options
) -> list[Path]:
    """Write a model's tables of estimates, and return their paths."""
    about = {"model": model, "family": model, "population": group.population}
    settings = options.settings(group.exact)
    ratings = _path(output, "scores", group, model, "ratings.parquet")
    found = [
        _path(output, "stability", group, model, f"{t}.parquet") for t in ("figures", "structure")
    ]
    write_model_estimates(
        values=_path(output, "scores", group, model, "values.parquet"), ratings=ratings, null=null,
        design=group.design, about=about, settings=settings, output=found[0],
        draws=_path(output, "stability", group, model, "draws.parquet"),
    )  # fmt: skip
    write_structure(
        ratings=ratings, design=group.design, about=about, settings=settings, output=found[1]
    )
    return found


def _write_report(
    groups: Sequence[Group], estimates: Path, values: Sequence[Path], manifests: Sequence[Path], output: Path,
    options: Options,
) -> None:  # fmt: skip
    """Write leaderboard, figures, provenance and page."""
    models = {model: _entry(model) for group in groups for model in group.answers}
    write_leaderboard(estimates=estimates, models=models, csv=output / "leaderboard.csv")
    figures = {name: output / "figures" / f"{name}.svg" for name in ("stability", "contexts")}
    for name, path in figures.items():
        draw_estimates(figure=name, estimates=estimates, models=models, output=path)
    if centred := list(dict.fromkeys(g.instrument.name for g in groups if g.instrument.centred)):
        figures["profiles"] = output / "figures" / "profiles.svg"
        draw_profiles(
            values=values, models=models, output=figures["profiles"], confidence=options.confidence,
            instruments=centred,
        )  # fmt: skip
    checked = output / "checks.csv"
    write_checks(  # not every model was asked every questionnaire
        estimates=estimates, manifests=manifests, models=models, output=checked, without="figures"
    )  # fmt: skip
    about = {"study": NAME, "seed": options.seed, "models": list(models)}
    study = about | {"stability": asdict(options)}
    provenance = output / "provenance.json"
    tables = [*output.rglob("*.parquet"), *output.glob("*.csv"), *output.glob("figures/*.csv")]
    write_provenance(
        study=study, models=models, manifests=manifests, tables=tables, output=provenance
    )
    write_page(
        study=study, models=models, estimates=estimates, manifests=manifests, conversations=[],
        figures=figures, provenance=provenance, checked=checked,
        output=output / "report" / "index.html",
    )  # fmt: skip


def _entry(model: str) -> dict[str, Any]:
    """Return what the report asks of a model's entry in the registry."""
    return {
        "model": {"family": model, "miniature": False, "revision": None},
        "deployment": {"backend": "collected", "simulation": None},
    }
