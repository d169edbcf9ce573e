"""The leaderboard as text: the same figures in every format, and names that can't break the format."""

from collections.abc import Callable
from pathlib import Path

import pytest
from report_data import HOSTILE, Files, entry

from holdfast.cli import main
from holdfast.report.tables.leaderboard import write_leaderboard
from holdfast.report.tables.leaderboard_text import (
    FORMATS,
    board_lines,
    board_text,
    read_leaderboard,
)


def board(files: Files) -> Path:
    """Write a study's leaderboard and return its folder."""
    csv = files.folder / "leaderboard.csv"
    write_leaderboard(estimates=files.estimates, models=files.models, csv=csv)
    return files.folder


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_every_row(
    form: str, default_study: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["show", str(board(default_study)), "--format", form])
    said = capsys.readouterr().out
    assert said.count("miniature") == 5 and said.count("reference") == 3
    assert said.count("not estimable") == 2 and "Fidelity" not in said


def test_the_first_row_is_the_most_stable_and_the_last_is_not_estimable(
    default_study: Files,
) -> None:
    lines = board_lines(read_leaderboard(board(default_study)))
    assert lines[0] == ["Model", "Population", "n", "Rank-order", "Ipsative", "Undefined"]
    first = [
        "simulated (reference)",
        "fictional",
        "60",
        ".74 [.69, .78]",
        ".70 [.66, .74]",
        "0 / 0",
    ]
    assert lines[1] == first
    assert lines[-1][0] == "constant (reference)" and lines[-1][3] == "not estimable"
    assert lines[-1][-1] == "200 / 200"


def test_names_stay_in_their_cells(make_study: Callable[..., Files]) -> None:
    name = f"{HOSTILE} | \\end{{tabular}} \x1b[31m 50% a_b & <b>"
    files = make_study({name: entry("LLaMa")}, {name: 0.5}, ["fictional"])
    table = read_leaderboard(board(files))
    latex, markdown, text = (board_text(table, f) for f in ("latex", "markdown", "text"))
    assert latex.count("\\end{tabular}") == 1 and r"50\% a\_b \& \textless{}b" in latex
    row = markdown.splitlines()[2]
    assert row.replace("\\|", "").count("|") == 7 and "<" not in row
    assert "\x1b" not in text and text.count("\n") == 2


def test_a_folder_without_leaderboard_gives_one_message(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"Error: .*leaderboard\.csv: can't be read"):
        main(["show", str(tmp_path)])


def test_another_table_is_no_leaderboard(tmp_path: Path) -> None:
    (tmp_path / "leaderboard.csv").write_text("model,kind\na,\n")
    with pytest.raises(SystemExit, match="has no column 'population'"):
        main(["show", str(tmp_path)])


def test_fidelity_stands_there_where_it_is_known(default_study: Files) -> None:
    table = read_leaderboard(board(default_study))
    table.loc[0, ["fidelity", "fidelity_lower", "fidelity_upper"]] = [0.5, 0.4, 0.6]
    table.loc[0, "fidelity_status"] = "ok"
    lines = board_lines(table)
    assert lines[0][5] == "Fidelity"
    assert lines[1][5] == ".50 [.40, .60]" and lines[2][5] == "–"
