"""Every figure is drawn again from its CSV alone, in a process that has nothing else."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from report_data import Files, default_models, default_truth, write_study

from figure_data import domain_rows, marks, tables
from holdfast.errors import StudyError
from holdfast.report.figure_jobs.all_figures import DRAWN, redraw
from holdfast.report.figure_parts.figure_style import figure_style
from holdfast.report.figure_parts.figure_tables import (
    NUMBERS,
    TABLES,
    TEXTS,
    columns,
    read_figure_table,
)
from holdfast.report.figures.context_figure import domain_figure, domain_table

pytestmark = pytest.mark.xdist_group("figures")  # one process redraws for them

LIBRARY = Path(__file__).resolve().parents[4] / "workflow" / "lib"


REDRAW = """
import json, os, sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from holdfast.report.figure_parts.circle_table import circle_rows, circle_table
from holdfast.report.figure_parts.figure_tables import read_figure_table
from holdfast.report.figure_jobs.all_figures import DRAWN
from holdfast.report.figure_parts.figure_style import figure_style
from holdfast.report.figures.trajectory_figure import trajectory_table
from figure_data import marks
for folder in sys.argv[3:]:
    os.chdir(folder)
    name, table = read_figure_table(Path("renamed.csv"))
    with figure_style():
        print(json.dumps([name, marks(DRAWN[name](table))]))
"""


@pytest.fixture(scope="module")
def of_a_study(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Return the table of every figure of a study like the default one."""
    folder = tmp_path_factory.mktemp("study")
    return tables(write_study(folder, default_models(), default_truth(), ["fictional"]))


@pytest.fixture(scope="module")
def redrawn(
    of_a_study: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Any]]:
    """Return, by figure, the name and the marks that one process saw in folders with a CSV alone."""
    folders = {name: tmp_path_factory.mktemp("empty") for name in DRAWN}
    for name, folder in folders.items():
        of_a_study[name].to_csv(folder / "renamed.csv", index=False)
    command = [sys.executable, "-c", REDRAW, LIBRARY, Path(__file__).parents[1], *folders.values()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(zip(folders, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_redraws_from_its_csv_in_an_empty_folder(
    name: str, of_a_study: dict[str, pd.DataFrame], redrawn: dict[str, list[Any]]
) -> None:
    table = of_a_study[name]
    with figure_style():
        drawn = marks(DRAWN[name](table.fillna({c: "" for c in table if c in TEXTS})))
    assert len(drawn) > 50
    assert redrawn[name] == [name, json.loads(json.dumps(drawn))]


@pytest.mark.parametrize("name", DRAWN)
def test_the_marks_change_with_the_table(name: str, of_a_study: dict[str, pd.DataFrame]) -> None:
    """So that the comparison above can fail."""
    table = of_a_study[name]
    changed = table.copy()
    for column in {
        "estimate",
        "share",
        "mean",
        "rank_order_estimate",
        "rank_order_contexts_lower",
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
