"""`holdfast show`: a study's leaderboard in the terminal, or as a table for a text."""

import argparse
from pathlib import Path

from holdfast.report.tables.leaderboard_text import FORMATS, board_text, read_leaderboard


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("results", type=Path, help="a study's folder, as results/default")
    parser.add_argument("--format", choices=FORMATS, default="text")


def run(given: argparse.Namespace) -> None:
    """Print it; raise StudyError if the study has no leaderboard."""
    print(board_text(read_leaderboard(given.results), given.format), end="")
