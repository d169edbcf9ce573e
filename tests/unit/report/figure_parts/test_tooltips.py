"""What a figure's marks say: it stands at the mark, is kept in the SVG, and is the table's own figure."""

from pathlib import Path

import pytest
from report_data import HOSTILE, Files

from figure_data import tables
from holdfast.errors import StudyError
from holdfast.report.figure_jobs.all_figures import DRAWN
from holdfast.report.figure_parts.figure_files import write_figure
from holdfast.report.figure_parts.figure_style import Layout, figure_style, new_figure, save_picture
from holdfast.report.figure_parts.tooltips import add_point, points_of, read_points, said
from holdfast.report.wording.model_labels import said_kind
from holdfast.report.wording.text_format import one_line

SQUARE = Layout(1, 1, height=80, left=10, right=10, top=10, bottom=10, across=0, down=0, width=100)


def test_a_point_keeps_its_place_and_its_words(tmp_path: Path) -> None:
    with figure_style():
        figure, [[ax]] = new_figure(SQUARE)
        ax.set(xlim=(0, 4), ylim=(0, 4))
        add_point(ax, 1, 3, f"a {HOSTILE}", "", "b")
        add_point(ax, float("nan"), 3, "nowhere")
        save_picture(figure, tmp_path / "x.svg")
    [(x, y, words)] = read_points(tmp_path / "x.svg")
    assert (x, y) == (pytest.approx(0.3), pytest.approx(0.3))  # a quarter of 80 mm, after 10 mm
    assert words.startswith("a <script>") and words.endswith("\nb") and words.count("\n") == 1


def test_points_change_nothing_that_is_seen(tmp_path: Path) -> None:
    with figure_style():
        for name in ("without", "with"):
            figure, [[ax]] = new_figure(SQUARE)
            ax.plot([1, 2], [3, 3])
            if name == "with":
                add_point(ax, 9, 9, "far away")
            save_picture(figure, tmp_path / f"{name}.png")
    assert (tmp_path / "with.png").read_bytes() == (tmp_path / "without.png").read_bytes()


def test_words_have_estimate_interval_n_undefined_and_null() -> None:
    row = {
        "estimate": 0.5,
        "lower": 0.41,
        "upper": 0.6,
        "n": 60,
        "undefined": 3,
        "null_mean": 0.0,
        "null_sd": 0.013,
    }
    assert said(row) == ".50 [.41,\u00a0.60]; n = 60; 3 undefined; random answers .000 ± .013"
    assert said(row | {"estimate": float("nan")}) == "not estimable; 3 undefined"


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_tells_what_its_marks_are(
    name: str, default_study: Files, tmp_path: Path
) -> None:
    table = tables(default_study)[name]
    write_figure(DRAWN[name], table, tmp_path / f"{name}.svg")
    points = read_points(tmp_path / f"{name}.svg")
    assert len(points) >= 2
    assert all(0 < x < 1 and 0 < y < 1 for x, y, _ in points)
    if "model" in table and name not in ("trajectories", "circle"):
        named = {words.split("\n")[0] for *_, words in points}
        assert named and named <= set(said_kind(table))


def test_the_stability_of_a_model_is_told_where_its_dot_is(default_study: Files) -> None:
    table = tables(default_study)["stability"]
    with figure_style():
        figure = DRAWN["stability"](table)
        figure.draw_without_rendering()
    row = table[table["name"].eq("LLaMa")].iloc[0]
    own = [p for p in points_of(figure) if p[2].startswith("LLaMa · llama-mini · miniature\n")]
    assert one_line(said(row.to_dict())) in own[0][2]
    ax = figure.axes[0]
    x, _ = figure.transFigure.inverted().transform(ax.transData.transform((row["estimate"], 0)))
    assert own[0][0] == pytest.approx(x, abs=1e-4)


def test_a_broken_svg_gives_one_message(tmp_path: Path) -> None:
    (tmp_path / "x.svg").write_text("<svg")
    with pytest.raises(StudyError, match="can't be read"):
        read_points(tmp_path / "x.svg")


def test_an_svg_without_words_has_no_points(tmp_path: Path) -> None:
    (tmp_path / "x.svg").write_text("<svg/>")
    assert read_points(tmp_path / "x.svg") == []
