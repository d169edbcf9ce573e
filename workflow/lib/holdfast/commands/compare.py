"""`holdfast compare`: two studies, or one before and after a change."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.files import write_whole
from holdfast.report.text import interval, number, one_line, shortened

if TYPE_CHECKING:
    from holdfast.compare import Comparison

HELP = "compare two studies: differences with intervals, and what changed in the configuration"
SHOWN = {"rank_order": "rank-order", "ipsative": "ipsative", "fidelity": "fidelity"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("a", type=Path, help="a study's folder, as results/default")
    parser.add_argument("b", type=Path, help="another one; differences are this one less the first")
    parser.add_argument("--out", type=Path, help="also write all differences to this CSV")


def run(given: argparse.Namespace) -> None:
    """Print it; raise StudyError if a folder is no finished study."""
    from holdfast.compare import compare_studies  # loads the statistics

    found = compare_studies(given.a, given.b)
    print(text_of(found))
    if given.out:
        write_whole(given.out, lambda t: found.rows.to_csv(t, index=False, lineterminator="\n"))


def text_of(found: "Comparison") -> str:
    """Return what is shown of a comparison."""
    lines = ["What changed, from the first to the second:"]
    lines += [f"  {one_line(k)}: {_short(a)} → {_short(b)}" for k, a, b in found.changed]
    lines += [] if found.changed else ["  nothing"]
    rows = found.rows[found.rows["quantity"].isin(list(SHOWN))]
    several = rows["instrument"].nunique() > 1
    head = f"{'':<44}{'measure':<12}{'first':>7}{'second':>8}{'difference':>12}"
    lines += ["", head + f"  {100 * found.confidence:g} % interval"]
    for row in rows.to_dict("records"):
        kind = found.kinds.get(row["model"])
        name = one_line(row["model"]) + (f" ({kind})" if kind else "")
        where = row["population"] + (f", {row['instrument']}" if several else "")
        name = shortened(f"{name} × {one_line(where)}", 43)
        figures = "".join(
            f"{number(row[c]):>{w}}" for c, w in (("a", 7), ("b", 8), ("difference", 12))
        )
        lines.append(f"{name:<44}{SHOWN[row['quantity']]:<12}{figures}  {_verdict(row)}")
    if rows.empty:
        lines.append("no model has figures in the same population and questionnaire in both")
    methods = set(rows["method"])
    if "independent_bootstrap" in methods:
        lines += [
            "",
            "~: not the same respondents and draws in both: the difference is not paired.",
        ]
    if len(rows):
        lines += ["", "*: p below .05 after Benjamini-Hochberg over the rows of a measure."]
    return "\n".join([*lines, *([""] if found.alone else []), *map(one_line, found.alone)])


def _verdict(row: Mapping[Any, Any]) -> str:
    """Return a row's interval and signs, or why there is no difference."""
    if row["status"] not in ("ok", "no_variance"):
        return "not estimable"
    signs = "~" * (row["method"] == "independent_bootstrap")
    signs += "*" * (row["p_adjusted"] < 0.05)
    return f"{interval(row['lower'], row['upper'])} {signs}".strip()


def _short(text: str) -> str:
    return shortened(one_line(text), 60)
