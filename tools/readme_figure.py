"""The README's figure: drawn from a finished default study, and held to it.

Usage: python tools/readme_figure.py [--check]

Without --check the study's table and figure are written to docs/images/. With it nothing is written, and it
fails if the table there says something else than the study does. Small differences are let pass: another
processor rounds otherwise, and a sampled conversation may take another turn.
"""

import shutil
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

from holdfast.report.figure_jobs.all_figures import redraw  # noqa: E402
from holdfast.report.figure_parts.figure_tables import read_figure_table  # noqa: E402

STUDY = ROOT / "results/default/figures/stability.csv"
SHOWN = ROOT / "docs/images/stability.csv"
TOLERANCE = 0.03
"""Of estimates and ends of intervals, correlations all."""

ROWS = ["population", "instrument", "quantity", "level", "name"]
NUMBERS = ["estimate", "lower", "upper", "contexts_lower", "contexts_upper", "ceiling"]


def differences(shown: pd.DataFrame, study: pd.DataFrame) -> list[str]:
    """Return what two tables of the figure don't agree on, in words."""
    if sorted(shown[ROWS].values.tolist()) != sorted(study[ROWS].values.tolist()):
        return ["the rows are others"]
    found = []
    for row in shown.merge(study, on=ROWS, suffixes=("_shown", "_study")).to_dict("records"):
        for column in NUMBERS:
            a, b = row[f"{column}_shown"], row[f"{column}_study"]
            if pd.isna(a) != pd.isna(b) or abs(a - b) > TOLERANCE:
                what = f"{row['name']}, {row['population']}, {row['quantity']}: {column}"
                found.append(f"{what} {a:.3f} there, {b:.3f} in the study")
    return found


def main() -> None:
    """Write the figure, or check it."""
    if "--check" not in sys.argv[1:]:
        shutil.copyfile(STUDY, SHOWN)
        redraw(SHOWN, SHOWN.with_suffix(".png"))
        return
    found = differences(*(read_figure_table(path)[1] for path in (SHOWN, STUDY)))
    if found:
        sys.exit(
            "\n".join([f"{SHOWN.relative_to(ROOT)} is out of step: make readme-figure", *found])
        )


if __name__ == "__main__":
    main()
