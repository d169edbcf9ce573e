"""`holdfast store`: what the response store holds; merging its segments."""

import argparse
import os
from pathlib import Path

from holdfast.commands.study_argument import HOW, add_directory
from holdfast.inference.store.store_segments import compact
from holdfast.inference.store.store_usage import hits, usage
from holdfast.study.find_study import find_study, work_folder


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("what", choices=["status", "compact"], nargs="?", default="status")
    parser.add_argument("study", nargs="?", help=f"{HOW}; the store is that of its project")
    parser.add_argument("--results", type=Path, help="the folder of all results, with the store")
    add_directory(parser)


def run(given: argparse.Namespace) -> None:
    """Do it; raise StudyError if there is no store or it can't be read or written."""
    results = _results(given)
    if given.what == "compact":
        for one in usage(results / "store"):
            before = compact(results / "store" / one.model)
            print(f"{one.model}: {before} segments before, {min(before, 1)} now")
        return
    _show_usage(results / "store")
    _show_hits(results)


def _results(given: argparse.Namespace) -> Path:
    """Return the folder of all results, as seen from here."""
    if given.results is not None:
        return Path(given.results)
    named = given.study and find_study(given.study, given.directory).work
    return Path(os.path.relpath((named or work_folder(given.directory)) / "results"))


def _show_usage(store: Path) -> None:
    print(f"{'model':<32}{'answers':>10}{'doubled':>9}{'segments':>10}{'MB':>9}{'damaged':>9}")
    found = usage(store)
    for u in found:
        print(f"{u.model:<32}{u.answers:>10}{u.doubled:>9}{u.segments:>10}{u.megabytes:>9.1f}"
              f"{len(u.damaged):>9}")  # fmt: skip
    for u in found:
        for name in u.damaged:
            print(f"damaged, and computed again when needed: {store / u.model / name}")


def _show_hits(results: Path) -> None:
    named = [(f"{h.study}: {h.model} × {h.population}", h) for h in hits(results)]
    width = max([48, *(len(name) + 2 for name, _ in named)])
    print(f"\n{'last run of':<{width}}{'computed':>10}{'from the store':>16}")
    for name, h in named:
        share = h.reused / max(h.computed + h.reused, 1)
        print(f"{name:<{width}}{h.computed:>10}{h.reused:>10}{share:>6.0%}")
