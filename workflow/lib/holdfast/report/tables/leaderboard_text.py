"""The leaderboard as text: for the terminal, as Markdown, and as LaTeX (booktabs)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from holdfast.errors import StudyError
from holdfast.report.tables.leaderboard import QUANTITIES, of_several_sizes
from holdfast.report.wording.estimate_selection import shown_interval
from holdfast.report.wording.text_format import estimate_text, one_line

HEADS = {
    "rank_order": "Rank-order",
    "rank_order_unbiased": "Unbiased",
    "ipsative": "Ipsative",
    "fidelity": "Fidelity",
}
FORMATS = ("text", "markdown", "latex")
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "_": r"\_", "%": r"\%", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "−": r"$-$", "–": "--",
    "\u00a0": "~",
}  # fmt: skip
_MARKDOWN = {c: f"\\{c}" for c in "\\|`*_[]#"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def read_leaderboard(results: Path) -> pd.DataFrame:
    """Return a finished study's leaderboard.

    Raises:
        StudyError: it is not there, or is none.
    """
    path = results / "leaderboard.csv"
    try:
        table = pd.read_csv(path, dtype={"model": str, "population": str}, keep_default_na=False,
                            na_values=[""])  # fmt: skip
    except (OSError, ValueError) as e:
        reason = str(e).splitlines()[0]
        raise StudyError(f"{path}: can't be read: {reason}. A finished study has it.") from None
    needed = ["model", "kind", "population", "instrument", "n", *QUANTITIES]
    needed += [
        f"{q}_{end}" for q in QUANTITIES for end in ("lower", "upper", "status", "undefined")
    ]
    if missing := [c for c in needed if c not in table]:
        raise StudyError(f"{path}: has no column '{missing[0]}'. Remove it to make it anew.")
    return table


def board_text(table: pd.DataFrame, form: str) -> str:
    """Return the leaderboard in one of FORMATS; what is not estimable is said in words."""
    lines = board_lines(table)
    return {"text": _plain, "markdown": _markdown, "latex": _latex}[form](lines)


def board_lines(table: pd.DataFrame) -> list[list[str]]:
    """Return heads and cells; instrument, unbiased figure and fidelity only where there is a reason."""
    several = table["instrument"].nunique() > 1
    shown = [q for q in QUANTITIES if not table[f"{q}_status"].eq("missing").all()]
    if not of_several_sizes(table):
        shown = [q for q in shown if q != "rank_order_unbiased"]
    heads = ["Model", "Population", *(["Instrument"] if several else []), "n"]
    lines = [[*heads, *(HEADS[q] for q in shown), "Undefined"]]
    for row in table.to_dict("records"):
        kind = "" if pd.isna(row["kind"]) else f" ({row['kind']})"
        cells = [f"{row['model']}{kind}", str(row["population"])]
        cells += [str(row["instrument"])] if several else []
        cells.append("–" if pd.isna(row["n"]) else f"{row['n']:.0f}")
        for q in shown:
            known = estimate_text(row[q], *shown_interval(row, f"{q}_"))
            none = "–" if row[f"{q}_status"] == "missing" else "not estimable"
            cells.append(none if pd.isna(row[q]) else known)
        counts = (row["rank_order_undefined"], row["ipsative_undefined"])
        cells.append(" / ".join("–" if pd.isna(c) else f"{c:.0f}" for c in counts))
        lines.append([one_line(c) for c in cells])
    return lines


def _table(signs: Mapping[str, str]) -> dict[int, str]:
    return {ord(sign): written for sign, written in signs.items()}


def _plain(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in lines]
    return "".join(f"{row.rstrip()}\n" for row in rows)


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    rows = [[c.translate(_table(_MARKDOWN)) for c in row] for row in lines]
    rows.insert(1, ["---"] * len(rows[0]))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _latex(lines: Sequence[Sequence[str]]) -> str:
    head, *rows = [" & ".join(c.translate(_table(_LATEX)) for c in row) for row in lines]
    body = "".join(f"{row} \\\\\n" for row in rows)
    columns = "l" * len(lines[0])
    return (
        f"% needs \\usepackage{{booktabs}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n"
        f"{head} \\\\\n\\midrule\n{body}\\bottomrule\n\\end{{tabular}}\n"
    )
