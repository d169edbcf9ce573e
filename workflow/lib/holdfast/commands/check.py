"""`holdfast check`: what a study is, or what is wrong with it."""

import argparse
from pathlib import Path

from holdfast.documents import read_mapping
from holdfast.plan import Plan, make_plan

HELP = "check a study's configuration and all that it names"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, nargs="?", default=Path("config.yaml"))


def run(given: argparse.Namespace) -> None:
    """Print what a study asks for; raise StudyError if anything is wrong with it."""
    print(summary(make_plan(read_mapping(given.file), str(given.file), Path("resources"))))


def summary(plan: Plan) -> str:
    """Return what a study asks for, counted."""
    study = plan.study
    respondents = {name: len(rows.personas) for name, rows in plan.populations.items()}
    lengths = [*study.contexts.also_after, study.contexts.messages]
    contexts = len(plan.topics) * len(lengths) + study.contexts.neutral
    messages = max(lengths) if study.contexts.nested else sum(lengths)
    talks = sum(respondents.values()) * len(plan.topics) * study.replicates
    items = {name: sum(len(i.items) for i in plan.asked(name)) for name in respondents}
    answers = sum(items[name] * n for name, n in respondents.items()) * contexts * study.replicates
    people = ", ".join(f"{name} ({n})" for name, n in respondents.items())
    return "\n".join([
        f"study {study.study}: results/{study.study}/",
        f"  models       {len(plan.models)}: {', '.join(plan.models)}",
        f"  respondents  {sum(respondents.values())}: {people}",
        f"  contexts     {contexts}, {study.replicates} replicates",
        f"  per model    {talks * messages} messages, {answers} answers",
    ])  # fmt: skip
