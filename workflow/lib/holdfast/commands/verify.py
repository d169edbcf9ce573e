"""`holdfast verify`: are results as their provenance says?"""

import argparse
import sys
from pathlib import Path

from holdfast.report.verify import verify

HELP = "compare a study's results with its provenance.json"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("results", type=Path, help="a study's folder, as results/default")


def run(given: argparse.Namespace) -> None:
    """Print the verdict; exit with status 1 if a table differs or is missing."""
    verdict = verify(given.results)
    print(f"{given.results}: {len(verdict.same)} tables are as they were recorded")
    for word, names in (("changed", verdict.changed), ("missing", verdict.missing)):
        for name in names:
            print(f"{word}: {given.results / name}")
    if verdict.surroundings:
        print("\nNot the same here as where the results were made, so new results may differ:")
    for line in verdict.surroundings:
        print(f"  {line}")
    if not verdict.holds:
        sys.exit(1)
