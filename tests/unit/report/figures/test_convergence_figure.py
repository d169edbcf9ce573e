"""The figure of questionnaires that share values: its table, its marks, its caption and its sentence."""

import numpy as np
import pytest
from convergence_data import ASKED, COMPARED, VALUES, convergence_rows
from matplotlib.text import Text
from report_data import default_models

from holdfast.report.figure_parts.figure_style import figure_style
from holdfast.report.figure_parts.tooltips import points_of
from holdfast.report.figures.convergence_figure import ALL, convergence_figure, convergence_table
from holdfast.report.page.captions import captions
from holdfast.report.wording.convergence_sentences import convergence_sentence

MODELS = default_models()
SCENE = ("fictional", "pvq40")


def test_the_table_has_what_is_of_all_questionnaires_each_two_and_the_wordings() -> None:
    table = convergence_table(convergence_rows(), MODELS)
    own = table[table["model"].eq("llama-mini")]
    assert set(own["instrument"]) == {COMPARED}
    convergent = own[own["quantity"].eq("convergent")]
    assert convergent["value"].tolist() == ["", "", "", "", "Hedonism", "Power"], (
        "in the theory's order"
    )
    assert convergent["questionnaire"].tolist()[:4] == [
        "", "pvq40 × pvq21", "pvq40 × svs", "pvq21 × svs",
    ]  # fmt: skip
    assert own["quantity"].eq("monotrait_monomethod").sum() == 1 + len(VALUES), "of none alone"
    worded = own[own["quantity"].eq("rank_order_across_levels")]
    assert worded["questionnaire"].tolist() == list(ASKED[:2]), (
        "hofstede is not among those compared"
    )


def test_marks_are_the_correlations_and_what_is_not_estimable_is_said() -> None:
    table = convergence_table(convergence_rows(), MODELS)
    with figure_style():
        figure = convergence_figure(table)
        figure.draw_without_rendering()
        points = points_of(figure)
    ax = figure.get_axes()[0]
    marks = sorted(
        float(np.asarray(line.get_xdata())[0])
        for line in ax.get_lines()
        if line.get_marker() != "None"
    )
    own = table[table["model"].eq("llama-mini")]
    assert marks == pytest.approx(sorted(own["estimate"]))
    said = [t.get_text() for t in figure.findobj(Text)]
    assert said.count("not estimable") == 1 + len(VALUES) and ALL in said
    assert "same questionnaire, another wording, same conversation" in said
    assert any("pvq40 × pvq21" in words for _, _, words in points)
    with figure_style():
        plain = convergence_figure(table[table["quantity"].ne("rank_order_across_levels")])
    assert not [t for t in plain.findobj(Text) if "wording" in t.get_text()]


def test_caption_tells_n_and_what_agreement_does_not_prove() -> None:
    text = captions(convergence_rows(), MODELS, {})["convergence"].text
    assert "n = 60 respondents" in text and "no proof" in text and "exchanged" in text


def test_the_sentence_names_the_pairs_and_the_items_in_common() -> None:
    rows = convergence_rows()
    said = convergence_sentence(rows, SCENE, MODELS, ["llama-mini"], "95 % interval")
    assert said.replace("\u00a0", " ") == (
        "Between questionnaires (pvq40, pvq21 and svs), the same value in the same conversation correlates "
        ".60 [.56, .64] for llama-mini (miniature), from .50 (pvq21 and svs) to .70 (pvq40 and pvq21), more "
        "than different values by 1.10 [1.06, 1.14] (95 % intervals); items in common, which agree for that "
        "alone: pvq40 and pvq21 21."
    )
    assert convergence_sentence(rows, ("fictional", "pvq21"), MODELS, ["llama-mini"], "") == ""
    assert "not estimably for random" in convergence_sentence(rows, SCENE, MODELS, ["random"], "")


def test_the_sentence_claims_no_difference_that_the_interval_leaves_open() -> None:
    rows = convergence_rows()
    gap = rows["quantity"].eq("convergent_less_heterotrait")
    rows.loc[gap, ["lower", "upper"]] = [-0.1, 0.3]
    said = convergence_sentence(rows, SCENE, MODELS, ["llama-mini"], "interval")
    assert "which can't be told from different values" in said and "more than" not in said
    rows.loc[gap, ["lower", "upper"]] = [-0.3, -0.1]
    assert "less than different" in convergence_sentence(rows, SCENE, MODELS, ["llama-mini"], "")
