"""`holdfast reanalyse`: the original study's results, analysed as Holdfast's own."""

import argparse
from pathlib import Path

HELP = "analyse results of the original study's code"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT")
    parser.add_argument("--draws", type=int, default=1000, help="bootstrap draws (1000)")
    parser.add_argument("--undefined", choices=["zero", "drop", "nan"], default="zero")


def run(given: argparse.Namespace) -> None:
    """Analyse the folders and say what was written."""
    from holdfast.reanalyse import Options, reanalyse  # loads the statistics

    options = Options(draws=given.draws, undefined=given.undefined)
    print(reanalyse(given.folders, given.out, options))
