"""The style of figures: colours, files, layout."""

from pathlib import Path

import matplotlib
import pytest

from holdfast.errors import StudyError
from holdfast.report.figure_parts.family_colours import FAMILY_COLOURS, family_colours
from holdfast.report.figure_parts.figure_style import (
    Layout,
    figure_style,
    fitted,
    foot,
    new_figure,
    save_picture,
    stem_of,
    text_width,
)

LAYOUT = Layout(1, 2, height=30, left=10, right=5, top=8, bottom=9, across=4, down=0)


def test_known_families_keep_their_colour_whatever_stands_beside() -> None:
    assert family_colours(["Gemma", "Qwen"])["Qwen"] == FAMILY_COLOURS["Qwen"]
    assert family_colours(["Qwen"]) == {"Qwen": FAMILY_COLOURS["Qwen"]}


def test_unknown_families_get_further_colours_in_their_order() -> None:
    colours = family_colours(["Gemma", "LLaMa", "Falcon", "Gemma"])
    assert len(set(colours.values())) == 3
    assert colours == family_colours(["Gemma", "LLaMa", "Falcon"])


def test_known_colours_differ() -> None:
    assert len(set(FAMILY_COLOURS.values())) == len(FAMILY_COLOURS)


def test_panels_stand_where_the_layout_says() -> None:
    with figure_style():
        figure, [[left, right]] = new_figure(LAYOUT)
    width, height = figure.get_size_inches() * 25.4
    assert (width, height) == pytest.approx((175.0, 47.0))
    first, second = left.get_position(), right.get_position()
    assert first.x0 * width == pytest.approx(10)
    assert second.x1 * width == pytest.approx(170)
    assert (second.x0 - first.x1) * width == pytest.approx(4)
    assert first.height * height == pytest.approx(30)


def test_texts_are_fitted_into_the_room_they_have() -> None:
    size = fitted("mixtral-8x7b-instruct-v0.1-4bit", 7, 20, "bold")
    assert size < 7
    assert text_width("mixtral-8x7b-instruct-v0.1-4bit", size, "bold") == pytest.approx(
        20, rel=0.05
    )
    assert fitted("phi", 7, 20) == 7
    assert text_width("  ", 7) == 0


def test_a_footnote_needs_room_for_its_lines() -> None:
    assert foot("") == 0
    assert foot("one\ntwo") > foot("one")


def test_a_picture_is_saved_by_its_ending_without_a_date(tmp_path: Path) -> None:
    begins = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
    with figure_style():
        figure, _ = new_figure(LAYOUT)
        for ending in begins:
            save_picture(figure, tmp_path / "deep" / f"a.figure.{ending}")
    for ending, begin in begins.items():
        content = (tmp_path / "deep" / f"a.figure.{ending}").read_bytes()
        assert content.startswith(begin)
        assert b"<dc:date>" not in content and b"CreationDate" not in content


def test_another_ending_gives_one_message(tmp_path: Path) -> None:
    with figure_style():
        figure, _ = new_figure(LAYOUT)
        with pytest.raises(StudyError, match=r"a\.gif: a figure can be svg, png or pdf, not 'gif'"):
            save_picture(figure, tmp_path / "a.gif")


def test_a_place_that_cannot_be_written_gives_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with figure_style():
        figure, _ = new_figure(LAYOUT)
        with pytest.raises(StudyError, match="can't be written"):
            save_picture(figure, tmp_path / "file" / "figure.svg")


def test_the_users_own_settings_change_nothing_and_are_left_alone() -> None:
    with matplotlib.rc_context({"font.size": 30.0}):
        with figure_style():
            assert matplotlib.rcParams["font.size"] < 10
        assert matplotlib.rcParams["font.size"] == 30


def test_a_stem_drops_the_ending_of_a_picture_only() -> None:
    assert stem_of(Path("a/b.svg")) == Path("a/b")
    assert stem_of(Path("a/b-v0.1")) == Path("a/b-v0.1")
