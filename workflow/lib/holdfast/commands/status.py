"""`holdfast status`: how far a study is, job by job."""

import argparse
import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq
from pyarrow import ArrowException

from holdfast.commands.study_argument import add_study, planned
from holdfast.design.contexts import generated_messages, observed_contexts
from holdfast.design.facets.facets import USUAL
from holdfast.design.facets.item_sheets import SHEETS
from holdfast.design.instruments import Instrument
from holdfast.design.readouts import STORED
from holdfast.errors import StudyError
from holdfast.inference.store.store_segments import segment_paths
from holdfast.report.wording.text_format import one_line, shortened
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import StudyJob, answering, study_jobs


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
    width = max([44, *(len(job.name) + 2 for job in found)])
    print(f"{'job':<{width}}{'':<13}{'done':>12}{'of':>12}{'':>6}")
    for job in found:
        of, share = (f"{job.total:,}", f"{job.done / job.total:.0%}") if job.total else ("?", "")
        print(f"{job.name:<{width}}{job.state:<13}{job.done:>12,}{of:>12}{share:>6}")
        if job.said:
            print(f"    {shortened(one_line(job.said), 100)}")
    print()
    for stage in stages(plan):
        print(f"{stage.name:<{width}}{stage.there} of {stage.total}")
    print()
    for model in dict.fromkeys([*plan.models, *plan.asked_models()]):
        stored = held(Path("results/store"), model)
        print(f"{'store: ' + model:<{width}}{stored:,} messages and answers")
    if any(job.state == "outdated" for job in found):
        print("\noutdated: of another configuration. What a run would do: snakemake -n")


State = Literal["done", "outdated", "under way", "ended early", "waiting"]
SILENT = 120.0
"""Seconds without a line in the log after which a job no longer counts as under way."""

_PROGRESS = re.compile(r"(messages|answers): (\d+) of (\d+)")


@dataclass(frozen=True)
class Job:
    """How far one job is.

    Attributes:
        name: what the job is called.
        state: done; outdated: it is of another configuration; under way; ended early; waiting.
        done: messages and answers that there are, by the manifest or the log.
        total: messages and answers that the study asks for; 0: not known yet, of people.
        said: the last line of its log, where it is not done.
    """

    name: str
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
    """Return every job of a study in which somebody answers: models, people, observers.

    Args:
        plan: the study.
        now: the time, in seconds since 1970; by default the clock's.

    Raises:
        StudyError: a manifest can't be read.
    """
    clock = time.time() if now is None else now
    return [_job(plan, job, clock) for job in study_jobs(plan)]


def asked(plan: Plan, job: StudyJob) -> int:
    """Return how many messages and answers a job asks for, thoughts and reasoning too; of people 0."""
    return sum(_stored(plan, job))


def _stored(plan: Plan, job: StudyJob) -> tuple[int, int]:
    """Return how many messages and how many answers the store has in the end, thoughts and reasoning too."""
    contexts, instruments = _questions(plan, job)
    readouts = plan.study.administration.readout
    own, usual = answering(plan, job)[1].model.thinking, plan.study.facets.own()
    messages = answers = 0
    for context in contexts:
        level = context.get("thinking", usual.get("thinking", USUAL["thinking"]))
        thoughts = int((own if level == USUAL["thinking"] else level) != "off")
        messages += 0 if job.observer else generated_messages(context) * (1 + thoughts)
        shown = context.get("presentation", usual.get("presentation", ""))
        if shown in SHEETS:  # one text, whatever the readout
            answers += len(instruments) * (1 + thoughts)
        else:
            items = sum(i.questions() for i in instruments)
            answers += items * sum(STORED[r] + thoughts for r in readouts)
    each = _respondents(plan, job) * plan.study.replicates
    return messages * each, answers * each


def _questions(plan: Plan, job: StudyJob) -> tuple[list[dict[str, Any]], list[Instrument]]:
    """Return the contexts and questionnaires of a job."""
    contexts = plan.context_rows()
    if job.observer:
        shown = observed_contexts(contexts, plan.observers[job.observer].sees["turns"])
        return shown, plan.filled_in(job.population)
    return contexts, plan.asked(job.population)


def _respondents(plan: Plan, job: StudyJob) -> int:
    """Return how many respondents a job asks; of people 0, since nobody asks them here."""
    return 0 if job.model in plan.people else len(plan.populations[job.population].personas)


def _said(plan: Plan, job: StudyJob) -> tuple[int, int]:
    """Return up to which numbers of messages and answers a job's log counts."""
    contexts, instruments = _questions(plan, job)
    items = sum(i.questions() for i in instruments)
    each = _respondents(plan, job) * plan.study.replicates
    messages = sum(map(generated_messages, contexts)) * each * (not job.observer)
    return messages, items * len(plan.study.administration.readout) * len(contexts) * each


def _job(plan: Plan, job: StudyJob, now: float) -> Job:
    total, manifest = asked(plan, job), job.manifest(Path(plan.results))
    if manifest.exists():
        done = _manifest(manifest)
        total = done if job.model in plan.people else total  # of people only their file knows it
        return Job(job.name, "done" if done == total else "outdated", done, total, "")
    logs = [log for log in _logs(plan, job) if log.exists()]
    if not logs:
        return Job(job.name, "waiting", 0, total, "")
    last = max(logs, key=lambda log: log.stat().st_mtime)
    pairs = zip(_stored(plan, job), _said(plan, job), strict=True)
    shares = [stored / max(1, said) for stored, said in pairs]
    done = sum(_progress(log, *shares) for log in logs)
    state: State = "under way" if now - last.stat().st_mtime < SILENT else "ended early"
    return Job(job.name, state, done, total, (_text(last).splitlines() or [""])[-1])


def _logs(plan: Plan, job: StudyJob) -> list[Path]:
    """Return where a job writes its log, or each of its shards."""
    folder, model, population = Path(plan.results, "logs"), job.model, job.population
    if job.observer:
        return [folder / "observe" / job.observer / model / f"{population}.log"]
    if model in plan.people:
        return [folder / "people" / f"{model}.log"]
    if model not in plan.sharded():
        return [folder / "infer" / model / f"{population}.log"]
    n = plan.shards(model, population)
    return [folder / "infer" / model / population / f"{i + 1}-of-{n}.log" for i in range(n)]


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
    results, pairs, observed = Path(plan.results), plan.pairs(), plan.observed_pairs()
    per_job: dict[str, tuple[str, Sequence[tuple[str, ...]]]] = {
        "value scores": ("scores/{}/{}/values.parquet", pairs),
        "stability of each model": ("stability/models/{}/{}.parquet", pairs),
    }
    if observed:
        by = [(o, *pair) for o in plan.observers for pair in observed]
        per_job |= {
            "value scores by observers": ("observations/{}/{}/{}/values.parquet", by),
            "observers compared": ("stability/observers/{}/{}.parquet", observed),
        }
    found = [
        Stage(name, _there(results / path.format(*pair) for pair in some), len(some))
        for name, (path, some) in per_job.items()
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
