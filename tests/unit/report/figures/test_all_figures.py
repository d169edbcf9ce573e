"""Every figure is drawn again from its CSV alone, in a process that has nothing else."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from report_data import Files, estimate_row
from shape_data import length_rows, link_rows, ratings_table
from test_more_figures import DRAWS, with_components

from holdfast.errors import StudyError
from holdfast.report.figure_parts.circle_table import circle_rows, circle_table
from holdfast.report.figure_parts.figure_style import figure_style
from holdfast.report.figure_parts.figure_tables import (
    NUMBERS,
    TABLES,
    TEXTS,
    columns,
    read_figure_table,
)
from holdfast.report.figures.all_figures import DRAWN, OF_ESTIMATES, redraw
from holdfast.report.figures.domain_figure import domain_figure, domain_table
from holdfast.report.figures.length_figure import length_table
from holdfast.report.figures.link_figure import link_table
from holdfast.report.figures.profile_figure import profile_table
from holdfast.report.figures.rank_figure import rank_table
from holdfast.report.figures.readout_figure import readout_table
from holdfast.report.figures.trajectory_figure import trajectory_table
from holdfast.tables.table_files import read_table

LIBRARY = Path(__file__).resolve().parents[4] / "workflow" / "lib"


def tables(files: Files) -> dict[str, pd.DataFrame]:
    """Return the table of every figure, as a study has them."""
    parts = {"llama-mini": {"variance_respondent": 3.0, "variance_residual": 1.0}}
    estimates = pd.concat([read_table(files.estimates, "estimates"), with_components(parts)])
    estimates = estimates.drop_duplicates(
        ["quantity", "model", "family", "value", "context_a", "context_b", "replicate"]
    )
    scores = pd.concat([read_table(path, "values") for path in files.values])
    made = {name: make(estimates, files.models) for name, make in OF_ESTIMATES.items()}
    made["ranks"] = rank_table(DRAWS, files.models)
    made["profiles"] = profile_table(scores, files.models)
    made["lengths"] = length_table(length_rows(files.models), files.models)
    made["links"] = link_table(link_rows(files.models), files.models)
    made["trajectories"] = trajectory_table(scores, estimates, files.models)
    rows = circle_rows(ratings_table("llama-mini"), seed=1, permutations=3)
    made["circle"] = circle_table(rows, files.models)
    made["domains"] = domain_table(domain_rows(), files.models)
    made["readouts"] = readout_table(readout_rows(), files.models)
    made["differences"] = difference_rows()
    return made


def domain_rows() -> pd.DataFrame:
    """Return stability within and between three domains; random's is not estimable in one pair."""
    pairs = [("creative", "creative"), ("factual", "factual"), ("creative", "factual")]
    rows = [
        estimate_row(name, family, "rank_order", truth + 0.05 * i)
        | {"quantity": f"rank_order_{'within' if a == b else 'between'}", "context_a": a, "context_b": b}
        for name, family, truth in (("llama-mini", "LLaMa", 0.6), ("random", "Reference", 0.0))
        for i, (a, b) in enumerate(pairs)
    ]  # fmt: skip
    rows[-1] |= {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "status": "not_estimable"}
    whole = estimate_row("llama-mini", "LLaMa", "rank_order", 0.6) | {
        "quantity": "rank_order_within"
    }
    return pd.DataFrame([whole, *rows])


def readout_rows() -> pd.DataFrame:
    """Return the agreement of three readouts; random's is not estimable in one pair."""
    pairs = [("logit", "generate"), ("logit", "cot"), ("generate", "cot")]
    rows = [
        estimate_row(name, family, "rank_order", truth + 0.05 * i)
        | {"quantity": quantity, "context_a": a, "context_b": b, "undefined": 40 * i}
        for quantity in ("readout_kappa", "readout_kappa_weighted")
        for name, family, truth in (("llama-mini", "LLaMa", 0.6), ("random", "Reference", 0.0))
        for i, (a, b) in enumerate(pairs)
    ]
    rows[-1] |= {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "status": "not_estimable"}
    return pd.DataFrame(rows)


def difference_rows() -> pd.DataFrame:
    """Return differences of six models in three measures; the last is not paired, the first significant."""
    rows = [
        {"population": "fictional", "instrument": "pvq40", "model": f"m{i}", "family": "Phi",
         "kind": "miniature", "study_a": "one", "study_b": "two", "quantity": quantity, "a": 0.5,
         "b": 0.4 + 0.05 * i,
         "difference": 0.05 * i - 0.1, "lower": 0.05 * i - 0.15, "upper": 0.05 * i - 0.05, "n": 20, "p": 0.01,
         "p_adjusted": 0.03 if i == 0 else 0.2, "status": "ok",
         "method": "independent_bootstrap" if i == 5 else "paired_bootstrap"}
        for quantity in ("rank_order", "ipsative", "fidelity") for i in range(6)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns("differences"))


def marks(figure: Figure) -> list[Any]:
    """Return the data behind every mark of a figure, and every text, in the order of drawing."""
    return [_data(a) for ax in figure.get_axes() for a in ax.findobj(include_self=False)]


def _data(artist: Artist) -> Any:
    if isinstance(artist, Line2D):
        return np.asarray(artist.get_xydata(), dtype=float).tolist()
    if isinstance(artist, Collection):
        values = artist.get_array()
        known = [] if values is None else np.ma.filled(np.ma.asarray(values, float), -9).tolist()
        return [np.asarray(artist.get_offsets(), float).tolist(), known]
    if isinstance(artist, Patch):
        corners = artist.get_patch_transform().transform(artist.get_path().vertices)
        return np.asarray(corners, float).tolist()
    return artist.get_text() if isinstance(artist, Text) else None


REDRAW = """
import json, sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from holdfast.report.figure_parts.circle_table import circle_rows, circle_table
from holdfast.report.figure_parts.figure_tables import read_figure_table
from holdfast.report.figures.all_figures import DRAWN
from holdfast.report.figure_parts.figure_style import figure_style
from holdfast.report.figures.trajectory_figure import trajectory_table
from test_redraw import marks
name, table = read_figure_table(Path("renamed.csv"))
with figure_style():
    print(json.dumps([name, marks(DRAWN[name](table))]))
"""


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_redraws_from_its_csv_in_an_empty_folder(
    name: str, default_study: Files, tmp_path: Path
) -> None:
    table = tables(default_study)[name]
    empty = tmp_path / "empty"
    empty.mkdir()
    table.to_csv(empty / "renamed.csv", index=False)
    command = [sys.executable, "-c", REDRAW, str(LIBRARY), str(Path(__file__).parents[1])]
    done = subprocess.run(command, cwd=empty, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with figure_style():
        drawn = marks(DRAWN[name](table.fillna({c: "" for c in table if c in TEXTS})))
    assert len(drawn) > 50
    assert json.loads(done.stdout) == [name, json.loads(json.dumps(drawn))]


@pytest.mark.parametrize("name", DRAWN)
def test_the_marks_change_with_the_table(name: str, default_study: Files) -> None:
    """So that the comparison above can fail."""
    table = tables(default_study)[name]
    changed = table.copy()
    for column in {
        "estimate",
        "share",
        "mean",
        "rank_order_estimate",
        "lower",
        "rank",
        "x",
        "difference",
    } & set(table):
        changed[column] = changed[column] * 0.9
    with figure_style():
        assert marks(DRAWN[name](changed)) != marks(DRAWN[name](table))


def test_every_figure_has_its_columns_and_they_tell_it_from_the_others(
    default_study: Files,
) -> None:
    assert set(TABLES) == set(DRAWN)
    assert len({frozenset(t) for t in TABLES.values()}) == len(TABLES)
    assert {c for t in TABLES.values() for c in t} == set(TEXTS) | set(NUMBERS)
    assert not set(TEXTS) & set(NUMBERS)
    for name, table in tables(default_study).items():
        assert list(table) == columns(name)
        assert len(table)


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_the_command_draws_and_says_which_figure_it_was(
    ending: str, default_study: Files, tmp_path: Path
) -> None:
    tables(default_study)["ranks"].to_csv(tmp_path / "x.csv", index=False)
    assert redraw(tmp_path / "x.csv", tmp_path / f"y.{ending}") == "ranks"
    assert (tmp_path / f"y.{ending}").stat().st_size > 1000


def lines(change: Callable[[pd.DataFrame], pd.DataFrame], files: Files) -> str:
    return change(tables(files)["ranks"]).to_csv(index=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="share"), "figure 'ranks' needs the column 'share'"),
        (lambda t: t.rename(columns={"share": "shares"}), "'shares' is not of the .* 'share'?"),
        (lambda t: t.assign(share="half"), "share: could not convert string to float: 'half'"),
    ],
    ids=["missing", "renamed", "no number"],
)
def test_another_table_gives_one_message(
    change: Callable[[pd.DataFrame], pd.DataFrame], said: str, default_study: Files, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text(lines(change, default_study))
    with pytest.raises(StudyError, match=said) as caught:
        read_figure_table(tmp_path / "x.csv")
    assert str(caught.value).startswith(f"{tmp_path}/x.csv: ")


def test_no_table_gives_one_message(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="can't be read as a figure's table"):
        read_figure_table(tmp_path / "none.csv")


def test_domains_stand_on_both_sides_of_a_map_and_one_with_itself_on_the_diagonal(
    default_study: Files,
) -> None:
    table = domain_table(domain_rows(), default_study.models)
    assert len(table) == 6, "pooled rows are left out"
    with figure_style():
        first = domain_figure(table).get_axes()[0]
    assert [t.get_text() for t in first.texts][:4] == [".60", ".70", ".70", ".65"]
