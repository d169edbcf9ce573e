"""`holdfast check`: what a study is, or what is wrong with it."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast.commands.study_argument import add_study, planned
from holdfast.design.contexts import conversation_messages, observed_contexts
from holdfast.design.scoring_keys import remarks
from holdfast.errors import StudyError
from holdfast.inference.models.light_import import leave_out_torch
from holdfast.inference.models.registry import LOCAL_BACKENDS
from holdfast.study.find_study import find_study
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import StudyJob, answering, job_design, study_jobs


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_study(parser, "config.yaml")
    parser.add_argument(
        "--file",
        action="store_true",
        help="only print the study's file, as Snakemake's --configfile takes it",
    )
    parser.add_argument(
        "--models",
        action="store_true",
        help="also try the chat templates, letters and windows of the models that are here",
    )


def run(given: argparse.Namespace) -> None:
    """Print what a study asks for; raise StudyError if anything is wrong with it."""
    if given.file:
        print(study_file(given.study, given.directory))
        return
    with planned(given) as plan:
        print(summary(plan))
        if given.models:
            leave_out_torch()
            check_models(plan)


def check_models(plan: Plan) -> None:
    """Print for each local model what its chat template does of its own accord; nothing is computed.

    Raises:
        StudyError: some model can't be right in this study; all of these are named.
    """
    wrong = []
    for name, jobs in _tried(plan).items():
        if missing := [
            p for p in plan.weights(answering(plan, jobs[0])[0]) if not Path(p).exists()
        ]:
            print(f"{name}: not tried, since {missing[0]} is not there: `snakemake prefetch`")
            continue
        try:
            found = findings(plan, jobs)
        except StudyError as e:
            wrong.append(str(e))
            continue
        print(f"{name}: its prompts are as the study wrote them" + ":" * bool(found))
        for text in found:
            print(f"  - {text}")
    if wrong:
        raise StudyError("\n".join(wrong))


def _tried(plan: Plan) -> dict[str, list[StudyJob]]:
    """Return the jobs of local models by who answers in them: one a population, since they are alike."""
    found: dict[str, dict[str, StudyJob]] = {}
    for job in study_jobs(plan):
        who = f"observer {job.observer}" if job.observer else f"model {job.model}"
        if answering(plan, job)[1].deployment.backend in LOCAL_BACKENDS:
            found.setdefault(who, {}).setdefault(job.population, job)
    return {who: list(jobs.values()) for who, jobs in found.items()}


def findings(plan: Plan, jobs: Sequence[StudyJob]) -> list[str]:
    """Return what a model's chat template does of its own accord, in some job of its.

    Raises:
        StudyError: the model can't be right in this study.
    """
    # `--models` alone needs them
    from holdfast.inference.expected_conversations import at_longest
    from holdfast.inference.interview.model_check import check_model
    from holdfast.study.job_backend import job_backend

    backend: Any = job_backend(plan, jobs[0], Path("results", "store"))
    found: dict[str, None] = {}
    for job in jobs:
        design = job_design(plan, job)
        if job.observer:
            design = at_longest(design, plan.observers[job.observer].sees)
        found |= dict.fromkeys(f.text for f in check_model(backend, design))
    return list(found)


def study_file(word: str, directory: Path | None = None) -> str:
    """Return the file of a study, as seen from here; raise StudyError if it has none."""
    found = find_study(word, directory)
    if found.file is None:
        raise StudyError(f"{word}: the study is known by its results alone: name its file.")
    return os.path.relpath(found.file)


def summary(plan: Plan) -> str:
    """Return what a study asks for, counted."""
    study = plan.study
    respondents = {name: len(rows.personas) for name, rows in plan.populations.items()}
    rows = plan.context_rows()
    administrations = sum(respondents.values()) * study.replicates
    items = {name: sum(i.questions() for i in plan.asked(name)) for name in respondents}
    answers = sum(items[name] * n for name, n in respondents.items()) * len(rows) * study.replicates
    answers *= len(study.administration.readout)
    people = ", ".join(f"{name} ({n})" for name, n in respondents.items())
    asked = {i.name: i for name in respondents for i in plan.asked(name)}
    notes = {n: remarks(i.options, i.values, i.unscored) for n, i in asked.items()}
    surveys = [f"{name} ({p.instrument}, {p.answers})" for name, p in plan.people.items()]
    return "\n".join([
        f"study {study.study}: results/{study.study}/",
        f"  models       {len(plan.models)}: {', '.join(plan.models)}",
        f"  respondents  {sum(respondents.values())}: {people}",
        f"  contexts     {len(rows)}, {study.replicates} replicates",
        f"  per model    {administrations * conversation_messages(rows)} messages, {answers} answers",
        *(f"  {name:<12} {'; '.join(told)}" for name, told in notes.items() if told),
        *([f"  people       {', '.join(surveys)}"] if surveys else []),
        *_observers(plan),
    ])  # fmt: skip


def _observers(plan: Plan) -> list[str]:
    """Return lines on who observes, what they answer, and which questionnaires they are not asked."""
    if not plan.observers:
        return []
    shown = [
        observed_contexts(plan.context_rows(), o.sees["turns"]) for o in plan.observers.values()
    ]
    answers = (
        sum(
            sum(i.questions() for i in plan.filled_in(p)) * len(people.personas)
            for p, people in plan.populations.items()
        )
        * sum(map(len, shown))
        * plan.study.replicates
        * len(plan.study.administration.readout)
    )
    of, forms = dict(plan.observed_pairs()), [f.name for f in plan.forms.values()]
    lacking = [name for name in plan.instruments if name not in plan.forms]
    return [
        f"  observers    {len(plan.observers)}: {', '.join(plan.observers)}; forms: {', '.join(forms)}",
        f"  per observed {answers} answers of observers; models: {', '.join(of)}",
        *([f"  no observers of {', '.join(lacking)}: there is no form for them"] if lacking else []),
    ]  # fmt: skip
