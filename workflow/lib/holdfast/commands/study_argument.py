"""How every command takes a study: by its file, its name or its results folder."""

import argparse
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from holdfast.study.find_study import find_study
from holdfast.study.make_plan import make_plan
from holdfast.study.plan import Plan

HOW = "a study: its file, its name, or its results folder, as results/default"


def add_study(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Declare the argument `study`.

    Args:
        parser: of the command.
        default: what is meant where nothing is given; None: it must be given.
    """
    said = HOW + (f" ({default})" if default else "")
    parser.add_argument("study", nargs="?" if default else None, default=default, help=said)
    add_directory(parser)


def add_directory(parser: argparse.ArgumentParser) -> None:
    """Declare the option `--directory`."""
    parser.add_argument(
        "--directory",
        type=Path,
        metavar="DIR",
        help="the folder that holds results/, as Snakemake's --directory; by default the project around the "
        "current folder, or the folder there in which a study ran, else the project of this command",
    )


@contextmanager
def planned(given: argparse.Namespace, **keys: Any) -> Iterator[Plan]:
    """Yield the plan of the study that was named, in the folder that holds its results.

    Args:
        given: the command's arguments.
        keys: of the configuration, to lay over it.

    Raises:
        StudyError: there is no such study, or something is wrong with it.
    """
    found = find_study(given.study, given.directory)
    with chdir(found.work):
        yield make_plan(found.config | keys, found.where, found.resources)
