"""`holdfast check`: what a study is, or what is wrong with it."""

import argparse
from pathlib import Path

from holdfast.design.contexts import conversation_messages
from holdfast.study.plan import Plan, make_plan
from holdfast.yaml_and_csv import read_mapping


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
