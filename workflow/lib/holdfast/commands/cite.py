"""`holdfast cite`: BibTeX of what a study used."""

import argparse
from pathlib import Path

from holdfast.citing import bibliography
from holdfast.documents import read_mapping
from holdfast.plan import make_plan

HELP = "print BibTeX of what a study used: the original study, questionnaires, methods"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, nargs="?", default=Path("config.yaml"))


def run(given: argparse.Namespace) -> None:
    """Print it; raise StudyError if the study is wrong or a reference is missing."""
    plan = make_plan(read_mapping(given.file), str(given.file), Path("resources"))
    print(bibliography(plan), end="")
