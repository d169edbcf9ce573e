"""`holdfast check`: what a study is, or what is wrong with it."""

import argparse
import os
from pathlib import Path

from holdfast.commands.study_argument import add_study, planned
from holdfast.design.contexts import conversation_messages
from holdfast.errors import StudyError
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


def run(given: argparse.Namespace) -> None:
    """Print what a study asks for; raise StudyError if anything is wrong with it."""
    if given.file:
        print(study_file(given.study, given.directory))
        return
    with planned(given) as plan:
        print(summary(plan))


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
    return "\n".join([
        f"study {study.study}: results/{study.study}/",
        f"  models       {len(plan.models)}: {', '.join(plan.models)}",
        f"  respondents  {sum(respondents.values())}: {people}",
        f"  contexts     {len(rows)}, {study.replicates} replicates",
        f"  per model    {administrations * conversation_messages(rows)} messages, {answers} answers",
    ])  # fmt: skip
