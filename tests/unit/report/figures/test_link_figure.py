"""The figure of values and behaviour: what stands in its table and behind its marks."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.text import Text
from report_data import default_models
from shape_data import LINKS, PARTS, link_rows

from holdfast.report.figure_parts.figure_style import figure_style
from holdfast.report.figures.agreement_figure import agreement_table
from holdfast.report.figures.link_figure import ALL, link_figure, link_table
from holdfast.report.figures.profile_figure import draw_profiles
from holdfast.report.page.captions import captions
from holdfast.report.tables.checks import checks
from holdfast.report.wording.model_labels import MINIATURE_NOTE
from holdfast.tables.table_files import read_table

MODELS = default_models()


def test_a_link_stands_apart_by_questionnaire_value_and_group() -> None:
    table = link_table(link_rows(MODELS), MODELS)
    assert len(table) == 2 * len(LINKS) * len(PARTS), "rows of single contexts are left out"
    own = table[table["model"].eq("llama-mini") & table["value"].eq("Power")]
    assert own["part"].tolist() == ["", "Elves", "Orcs"]
    assert own["estimate"].tolist() == pytest.approx([-0.3, -0.2, -0.5])
    assert set(own["questionnaire"]) == {"pvq40"} and set(own["kind"]) == {"miniature"}


def test_dots_and_bars_are_the_links() -> None:
    table = link_table(link_rows(MODELS), MODELS)
    with figure_style():
        figure = link_figure(table)
    ax = figure.get_axes()[0]
    dots = [float(np.asarray(line.get_xdata())[0]) for line in ax.get_lines()
            if line.get_marker() == "o"]  # fmt: skip
    known = table[table["model"].eq("llama-mini")].dropna(subset="estimate")
    assert sorted(dots) == pytest.approx(sorted(known["estimate"]))
    bars = [s[:, 0].tolist() for c in ax.collections if isinstance(c, LineCollection)
            for s in c.get_segments()]  # fmt: skip
    whole = known[known["part"].eq("")]
    wanted = sorted(whole[["lower", "upper"]].to_numpy().tolist())
    np.testing.assert_allclose(sorted(bars), wanted)
    said = "\n".join(t.get_text() for t in figure.findobj(Text))
    assert said.count("not estimable") == 2 and said.count("5 undefined") == 2
    assert MINIATURE_NOTE[1:] in said and ALL in said and "Orcs" in said


def test_caption_tells_n_of_the_links_alone() -> None:
    rows = pd.concat([link_rows(MODELS), link_rows(MODELS).assign(quantity="rank_order", n=99)])
    text = captions(rows, MODELS, {})["links"].text
    assert "n = 60 respondents" in text and "Not corrected" in text and "99" not in text


def test_a_task_without_values_is_no_failed_check_and_no_empty_panel(default_study) -> None:  # type: ignore[no-untyped-def]
    estimates = read_table(default_study.estimates, "estimates")
    few = estimates["quantity"].eq("ipsative")
    estimates.loc[few, "status"] = "too_few_values"
    estimates.loc[few, ["estimate", "lower", "upper", "null_mean", "null_sd"]] = np.nan
    assert agreement_table(estimates, MODELS).empty
    made = checks(estimates, MODELS, [])
    assert not [c for c in made if c.state == "failed" or "ipsative" in c.title]


def test_tasks_have_no_profile(default_study, tmp_path) -> None:  # type: ignore[no-untyped-def]
    draw_profiles(
        values=default_study.values, models=MODELS, output=tmp_path / "p.svg", instruments=["pvq21"]
    )
    assert pd.read_csv(tmp_path / "p.csv").empty
