"""`holdfast status`: how far a study is, job by job."""

import argparse
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow.parquet as pq
from pyarrow import ArrowException

from holdfast.commands.study_argument import add_study, planned
from holdfast.design.contexts import generated_messages
from holdfast.design.facets.facets import USUAL
from holdfast.design.facets.item_sheets import SHEETS
from holdfast.design.readouts import STORED
from holdfast.errors import StudyError
from holdfast.inference.store.store_segments import segment_paths
from holdfast.report.wording.text_format import one_line, shortened
from holdfast.study.plan import Plan


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_study(parser, "config.yaml")


def run(given: argparse.Namespace) -> None:
    """Print it; raise StudyError if the study is wrong or a manifest can't be read."""
    with planned(given) as plan:
        show(plan)


def show(plan: Plan) -> None:
    """Print how far a study is, in the folder that holds its results."""
    found = jobs(plan)
    total, done = sum(j.total for j in found), sum(min(j.done, j.total) for j in found)
    finished = sum(j.state == "done" for j in found)
    print(f"study {plan.study.study}: {finished} of {len(found)} jobs done, "
          f"{done:,} of {total:,} messages and answers ({done / max(total, 1):.0%})\n")  # fmt: skip
    print(f"{'job':<44}{'':<13}{'done':>12}{'of':>12}{'':>6}")
    for job in found:
        share = f"{job.done / max(job.total, 1):.0%}"
        name = f"{job.model} × {job.population}"
        print(f"{name:<44}{job.state:<13}{job.done:>12,}{job.total:>12,}{share:>6}")
        if job.said:
            print(f"    {shortened(one_line(job.said), 100)}")
    print()
    for stage in stages(plan):
        print(f"{stage.name:<44}{stage.there} of {stage.total}")
    print()
    for model in plan.models:
        print(f"{'store: ' + model:<44}{held(Path('results/store'), model):,} messages and answers")
    if any(job.state == "outdated" for job in found):
        print("\noutdated: of another configuration. What a run would do: snakemake -n")


State = Literal["done", "outdated", "under way", "ended early", "waiting"]
SILENT = 120.0
"""Seconds without a line in the log after which a job no longer counts as under way."""

_PROGRESS = re.compile(r"(messages|answers): (\d+) of (\d+)")


@dataclass(frozen=True)
class Job:
    """One model in one population.

    Attributes:
        model: the model's name.
        population: the population's name.
        state: done; outdated: it is of another configuration; under way; ended early; waiting.
        done: messages and answers that there are, by the manifest or the log.
        total: messages and answers that the study asks for.
        said: the last line of its log, where it is not done.
    """

    model: str
    population: str
    state: State
    done: int
    total: int
    said: str


@dataclass(frozen=True)
class Stage:
    """One step after inference: how many of its files there are."""

    name: str
    there: int
    total: int


def jobs(plan: Plan, now: float | None = None) -> list[Job]:
    """Return every inference job of a study, in the study's order.

    Args:
        plan: the study.
        now: the time, in seconds since 1970; by default the clock's.

    Raises:
        StudyError: a manifest can't be read.
    """
    return [
        _job(plan, model, population, time.time() if now is None else now)
        for model in plan.models
        for population in plan.populations
    ]


def asked(plan: Plan, model: str, population: str) -> int:
    """Return how many messages and answers a model is asked for in a population, thoughts and reasoning too."""
    return sum(_stored(plan, model, population))


def _stored(plan: Plan, model: str, population: str) -> tuple[int, int]:
    """Return how many messages and how many answers the store has in the end, thoughts and reasoning too."""
    instruments, readouts = plan.asked(population), plan.study.administration.readout
    own, usual = plan.models[model].model.thinking, plan.study.facets.own()
    messages = answers = 0
    for context in plan.context_rows():
        level = context.get("thinking", usual.get("thinking", USUAL["thinking"]))
        thoughts = int((own if level == USUAL["thinking"] else level) != "off")
        messages += generated_messages(context) * (1 + thoughts)
        shown = context.get("presentation", usual.get("presentation", ""))
        if shown in SHEETS:  # one text, whatever the readout
            answers += len(instruments) * (1 + thoughts)
        else:
            items = sum(i.questions() for i in instruments)
            answers += items * sum(STORED[r] + thoughts for r in readouts)
    each = len(plan.populations[population].personas) * plan.study.replicates
    return messages * each, answers * each


def _said(plan: Plan, population: str) -> tuple[int, int]:
    """Return up to which numbers of messages and answers a job's log counts."""
    contexts, readouts = plan.context_rows(), plan.study.administration.readout
    items = sum(i.questions() for i in plan.asked(population))
    each = len(plan.populations[population].personas) * plan.study.replicates
    messages = sum(map(generated_messages, contexts)) * each
    return messages, items * len(readouts) * len(contexts) * each


def _job(plan: Plan, model: str, population: str, now: float) -> Job:
    results, total = Path(plan.results), asked(plan, model, population)
    manifest = results / "responses" / model / f"{population}.json"
    if manifest.exists():
        done = _manifest(manifest)
        return Job(model, population, "done" if done == total else "outdated", done, total, "")
    logs = [log for log in _logs(plan, model, population) if log.exists()]
    if not logs:
        return Job(model, population, "waiting", 0, total, "")
    last = max(logs, key=lambda log: log.stat().st_mtime)
    shares = [
        stored / max(1, said)
        for stored, said in zip(
            _stored(plan, model, population), _said(plan, population), strict=True
        )
    ]
    done = sum(_progress(log, *shares) for log in logs)
    state: State = "under way" if now - last.stat().st_mtime < SILENT else "ended early"
    return Job(model, population, state, done, total, (_text(last).splitlines() or [""])[-1])


def _logs(plan: Plan, model: str, population: str) -> list[Path]:
    """Return where a job writes its log, or each of its shards."""
    folder = Path(plan.results) / "logs" / "infer" / model
    if model not in plan.sharded():
        return [folder / f"{population}.log"]
    n = plan.shards(model, population)
    return [folder / population / f"{i + 1}-of-{n}.log" for i in range(n)]


def _progress(log: Path, of_message: float, of_answer: float) -> int:
    """Return how much the store has by a log, which counts messages and answers: so much of each."""
    said = {what: int(n) for what, n, _ in _PROGRESS.findall(_text(log))}
    return round(said.get("messages", 0) * of_message + said.get("answers", 0) * of_answer)


def _text(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _manifest(path: Path) -> int:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        return int(about["computed"]) + int(about["reused"])
    except (OSError, ValueError, KeyError, TypeError):
        raise StudyError(f"{path}: is no job's manifest. Remove it to make it anew.") from None


def stages(plan: Plan) -> list[Stage]:
    """Return what comes after inference, and how much of it is there."""
    results = Path(plan.results)
    pairs = [(m, p) for m in plan.models for p in plan.populations]
    per_job = {
        "value scores": "scores/{}/{}/values.parquet",
        "stability of each model": "stability/models/{}/{}.parquet",
    }
    found = [
        Stage(name, _there(results / path.format(*pair) for pair in pairs), len(pairs))
        for name, path in per_job.items()
    ]
    whole = {
        "estimates": "estimates.csv",
        "comparisons": "comparisons.csv",
        "page": "report/index.html",
    }
    return found + [Stage(name, _there([results / path]), 1) for name, path in whole.items()]


def _there(paths: Iterable[Path]) -> int:
    return sum(path.exists() for path in paths)


def held(store: Path, model: str) -> int:
    """Return how many messages and answers of a model the store's files have, for all studies together.

    Files that can't be read count as nothing, and are left as they are.
    """
    rows = 0
    for path in segment_paths(store / model):
        try:
            rows += int(pq.read_metadata(path).num_rows)
        except (OSError, ArrowException):
            continue
    return rows
