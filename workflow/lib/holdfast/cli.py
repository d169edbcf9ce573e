"""The command line: `holdfast check` says what a study is, or what is wrong with it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from holdfast.documents import read_mapping
from holdfast.errors import StudyError
from holdfast.plan import Plan, make_plan


def summary(plan: Plan) -> str:
    """Return what a study asks for, counted."""
    study = plan.study
    respondents = {name: len(rows.personas) for name, rows in plan.populations.items()}
    contexts = len(plan.topics) + study.contexts.neutral
    sessions = sum(respondents.values()) * contexts * study.replicates
    talks = sum(respondents.values()) * len(plan.topics) * study.replicates
    items = sum(len(i.items) for i in plan.instruments.values())
    people = ", ".join(f"{name} ({n})" for name, n in respondents.items())
    return "\n".join([
        f"study {study.study}: results/{study.study}/",
        f"  models       {len(plan.models)}: {', '.join(plan.models)}",
        f"  respondents  {sum(respondents.values())}: {people}",
        f"  contexts     {contexts}, {study.replicates} replicates",
        f"  per model    {talks * study.contexts.messages} messages, {sessions * items} answers",
    ])  # fmt: skip


def check(file: Path) -> None:
    """Print what a study asks for; raise StudyError if anything is wrong with it."""
    print(summary(make_plan(read_mapping(file), str(file), Path("resources"))))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a user's mistake ends with one message and exit status 1."""
    parser = argparse.ArgumentParser(prog="holdfast", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("check", help="check a study's configuration and all that it names")
    one.add_argument("file", type=Path, nargs="?", default=Path("config.yaml"))
    again = commands.add_parser("reanalyse", help="analyse results of the original study's code")
    again.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    again.add_argument("--out", type=Path, required=True, metavar="OUT")
    again.add_argument("--draws", type=int, default=1000, help="bootstrap draws (1000)")
    again.add_argument("--undefined", choices=["zero", "drop", "nan"], default="zero")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "reanalyse":
            from holdfast.reanalyse import Options, reanalyse  # loads the statistics

            options = Options(draws=chosen.draws, undefined=chosen.undefined)
            print(reanalyse(chosen.folders, chosen.out, options))
        else:
            check(chosen.file)
    except StudyError as mistake:
        sys.exit(f"Error: {mistake}")


if __name__ == "__main__":
    main()
