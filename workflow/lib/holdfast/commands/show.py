"""`holdfast show`: a study's leaderboard in the terminal, or as a table for a text."""

import argparse

from holdfast.commands.study_argument import add_study
from holdfast.report.tables.leaderboard_text import FORMATS, board_text, read_leaderboard
from holdfast.study.find_study import find_results


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_study(parser)
    parser.add_argument("--format", choices=FORMATS, default="text")


def run(given: argparse.Namespace) -> None:
    """Print it; raise StudyError if the study has no leaderboard."""
    results = find_results(given.study, given.directory)
    print(board_text(read_leaderboard(results), given.format), end="")
