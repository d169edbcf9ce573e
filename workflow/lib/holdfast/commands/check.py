"""`holdfast check`: what a study is, or what is wrong with it."""

import argparse
import os
from pathlib import Path

from holdfast.commands.study_argument import add_study, planned
from holdfast.design.contexts import conversation_messages
from holdfast.design.scoring_keys import remarks
from holdfast.errors import StudyError
from holdfast.inference.inference_job import resolved_revision
from holdfast.inference.interview.sessions import Design
from holdfast.inference.models.registry import LOCAL_BACKENDS
from holdfast.study.find_study import find_study
from holdfast.study.plan import Plan


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
            check_models(plan)


def check_models(plan: Plan) -> None:
    """Print for each local model what its chat template does of its own accord; nothing is computed.

    Raises:
        StudyError: some model can't be right in this study; all of these are named.
    """
    wrong = []
    for name, entry in plan.models.items():
        if entry.deployment.backend not in LOCAL_BACKENDS:
            continue
        if missing := [p for p in plan.weights(name) if not Path(p).exists()]:
            print(f"model {name}: not tried, since {missing[0]} is not there: `snakemake prefetch`")
            continue
        try:
            found = findings(plan, name)
        except StudyError as e:
            wrong.append(str(e))
            continue
        print(f"model {name}: its prompts are as the study wrote them" + ":" * bool(found))
        for text in found:
            print(f"  - {text}")
    if wrong:
        raise StudyError("\n".join(wrong))


def findings(plan: Plan, model: str) -> list[str]:
    """Return what a model's chat template does of its own accord, in some population of a study.

    Raises:
        StudyError: the model can't be right in this study.
    """
    from holdfast.inference.backends.transformers_backend import TransformersBackend  # loads torch
    from holdfast.inference.interview.model_check import check_model

    entry, weights = plan.models[model], [Path(p) for p in plan.weights(model)]
    revision, day = resolved_revision(entry, weights), plan.study.date
    backend = TransformersBackend(model, entry, revision, 1, day)
    found: dict[str, None] = {}
    for population, people in plan.populations.items():
        design = Design(
            personas=people.personas, profiles=people.profiles, contexts=plan.context_rows(),
            instruments=plan.asked(population), encounters=plan.encounters(population),
            **plan.asking(model),
        )  # fmt: skip
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
    ])  # fmt: skip
