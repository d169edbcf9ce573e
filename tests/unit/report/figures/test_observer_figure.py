"""The figure of observers: its panels, its values, and the observer who is not shown."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text
from observer_data import observer_table_rows
from report_data import HOSTILE, default_models

from holdfast.report.figure_parts.figure_style import figure_style
from holdfast.report.figures.observer_figure import observer_figure, observer_table

MODELS = default_models()


def words(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text()]


def drawn(table: pd.DataFrame) -> list[str]:
    with figure_style():
        figure = observer_figure(table)
        figure.draw_without_rendering()
        return words(figure)


def test_an_invalid_observer_has_one_row_without_numbers() -> None:
    table = observer_table(observer_table_rows(), MODELS)
    dull = table[table["observer"].eq("dull")]
    assert len(dull) == 3 and set(dull["status"]) == {"below_least_validity"}
    assert dull[["estimate", "lower", "null_sd", "ceiling"]].isna().all(axis=None)
    assert np.allclose(dull["validity"], 0.12)
    keen = table[table["observer"].eq("keen")]
    assert len(keen) == 3 * 2 * 11
    assert keen.loc[keen["quantity"].eq("observer_truth"), "ceiling"].isna().all()
    assert keen.loc[keen["quantity"].eq("self_observer"), "ceiling"].eq(0.8).all()


def test_the_figure_says_who_is_not_shown_and_what_is_not_estimable() -> None:
    said = drawn(observer_table(observer_table_rows(), MODELS))
    assert "observer keen: validity .62 [.57, .66]" in said
    [foot] = [text.replace("\u00a0", " ") for text in said if text.startswith("Not shown")]
    assert foot.startswith("Not shown: observer dull, which does not see")
    assert "(validity .12 [.07, .16], interval not above .3)" in foot
    assert "all values" in said and said.count("llama-mini (miniature)") == 1
    empty = observer_table_rows(("keen",), planted=False)
    empty = empty[empty["value"].ne("Power")]  # not the ten values that can be checked
    empty.loc[empty["quantity"].eq("self_observer"), ["estimate", "lower", "upper"]] = np.nan
    said = drawn(observer_table(empty, MODELS))
    assert "self and observer not estimable" in said
    assert "observer keen: validity can't be checked" in said


def test_no_valid_observer_leaves_the_reason_alone() -> None:
    said = drawn(observer_table(observer_table_rows(("dull",)), MODELS))
    assert any(text.startswith("Not shown: observer dull") for text in said)
    assert "llama-mini (miniature)" not in said


def test_names_are_shown_as_they_are() -> None:
    table = observer_table(observer_table_rows((HOSTILE,)), MODELS)
    assert any("<script>" in text and "\u202e" not in text for text in drawn(table))


def test_a_study_without_estimates_about_observers_draws_nothing() -> None:
    assert observer_table(observer_table_rows().iloc[:0], MODELS).empty
