"""The three figures: what stands behind their marks, and that the same study gives the same files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from report_data import (
    HOSTILE,
    TOPICS,
    Files,
    default_models,
    default_truth,
    entry,
    estimate_row,
)

from holdfast.report.figure_jobs.all_figures import draw_estimates
from holdfast.report.figure_parts.figure_style import figure_style
from holdfast.report.figure_parts.stability_table import stability_table
from holdfast.report.figures.context_figure import context_figure, context_table
from holdfast.report.figures.profile_figure import (
    CIRCLE,
    draw_profiles,
    profile_figure,
    profile_table,
)
from holdfast.report.figures.stability_figure import stability_figure
from holdfast.report.wording.human_stability import PEOPLE
from holdfast.report.wording.model_labels import MINIATURE_NOTE
from holdfast.tables.table_files import read_table, write_table

SVG = "{http://www.w3.org/2000/svg}"


def draw_all(files: Files, folder: Path) -> list[Path]:
    """Draw the three figures of a study."""
    stems = [folder / name for name in ("stability", "contexts", "profiles")]
    for stem in stems[:2]:
        draw_estimates(
            figure=stem.name, estimates=files.estimates, models=files.models,
            output=stem.with_suffix(".svg"),
        )  # fmt: skip
    draw_profiles(values=files.values, models=files.models, output=stems[2].with_suffix(".svg"))
    return [s.with_suffix(ending) for s in stems for ending in (".svg", ".png", ".csv")]


def words(figure: Figure) -> list[str]:
    """Return every text of a figure."""
    return [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text()]


def test_figures_are_written_whole_and_the_same_twice(default_study: Files, tmp_path: Path) -> None:
    first, second = (draw_all(default_study, tmp_path / run) for run in ("one", "two"))
    for a, b in zip(first, second, strict=True):
        assert a.stat().st_size > 1000
        assert a.read_bytes() == b.read_bytes(), a.name
    for svg in first[::3]:
        assert ElementTree.parse(svg).getroot().tag == f"{SVG}svg"
    assert not list(tmp_path.rglob("*.part"))


def test_families_stand_in_the_order_of_their_stability_and_references_last(
    default_study: Files,
) -> None:
    table = stability_table(read_table(default_study.estimates, "estimates"), default_study.models)
    order = table[table["quantity"].eq("rank_order")]
    assert list(order["name"]) == [
        "LLaMa", "Mistral", "Qwen", "Mixtral", "Phi", "random", "constant", "simulated", *PEOPLE,
    ]  # fmt: skip
    assert list(order["note"])[:6] == [
        "llama-mini · miniature", "mistral-mini · miniature", "qwen-mini · miniature",
        "mixtral-mini · miniature", "phi-mini · miniature", "reference",
    ]  # fmt: skip


def test_models_stand_below_their_family_with_their_kind(make_study: Callable[..., Files]) -> None:
    models = {"a": entry("LLaMa"), "b": entry("LLaMa", miniature=True), "c": entry("Qwen")}
    files = make_study(models, {"a": 0.2, "b": 0.4, "c": 0.25}, ["fictional", "none"])
    table = stability_table(read_table(files.estimates, "estimates"), models)
    assert len(table) == 4 * (
        4 + len(PEOPLE)
    )  # families, models, people × quantities and populations
    first = table.head(4)
    assert list(zip(first["level"], first["name"], first["note"], strict=True)) == [
        ("family", "LLaMa", "2 models, 1 miniature"),
        ("model", "b", "miniature"),
        ("model", "a", ""),
        ("family", "Qwen", "c"),
    ]
    assert first["estimate"].tolist() == pytest.approx([0.3, 0.4, 0.2, 0.25])


def test_not_estimable_is_said_in_words_and_undefined_counted(default_study: Files) -> None:
    table = stability_table(read_table(default_study.estimates, "estimates"), default_study.models)
    with figure_style():
        said = words(stability_figure(table))
    assert said.count("not estimable") == 2
    assert said.count("200 undefined") == 2
    assert any(MINIATURE_NOTE[1:] in text for text in said)
    assert "llama-mini · miniature" in said


def test_undefined_correlations_are_shown_beside_an_estimate(default_study: Files) -> None:
    table = stability_table(read_table(default_study.estimates, "estimates"), default_study.models)
    table.loc[table["name"].eq("Phi"), "undefined"] = 1234
    with figure_style():
        assert words(stability_figure(table)).count("1\u2009234 undefined") == 2


def test_marks_stand_at_the_estimates(default_study: Files) -> None:
    table = stability_table(read_table(default_study.estimates, "estimates"), default_study.models)
    with figure_style():
        figure = stability_figure(table)
    own = table[table["quantity"].eq("rank_order") & table["level"].ne("people")]
    dots = figure.axes[0].collections[-1].get_offsets()
    assert sorted(np.asarray(dots)[:, 0]) == pytest.approx(sorted(own["estimate"].dropna()))


def test_people_are_marked_as_years_apart_and_only_beside_the_theorys_values(
    default_study: Files,
) -> None:
    estimates = read_table(default_study.estimates, "estimates")
    fit = estimates.iloc[:1].assign(quantity="cfi", value="conservation")  # of no single value
    estimates = pd.concat([estimates, fit], ignore_index=True)
    table = stability_table(estimates, default_study.models)
    others = stability_table(estimates[estimates["value"].ne("Power")], default_study.models)
    assert not others["level"].eq("people").any()
    people = table[table["level"].eq("people")]
    assert set(people["status"]) == {"published"} and people["lower"].isna().all()
    with figure_style():
        figure = stability_figure(table)
    assert "people: years apart, not contexts" in words(figure)
    drawn = {round(float(np.asarray(line.get_xdata())[0]), 3) for line in figure.axes[0].lines}
    assert {figures["rank_order"] for figures in PEOPLE.values()} <= drawn


def test_people_stand_in_the_panels_of_their_questionnaire_alone(default_study: Files) -> None:
    estimates = read_table(default_study.estimates, "estimates")
    other = estimates[estimates["value"].ne("Power")].assign(instrument="another")
    table = stability_table(pd.concat([estimates, other]), default_study.models)
    with figure_style():
        axes = stability_figure(table).axes
    with_people = [
        {figures["rank_order"] for figures in PEOPLE.values()}
        <= {round(float(np.asarray(line.get_xdata())[0]), 3) for line in ax.lines}
        for ax in axes[::2]
    ]
    assert with_people.count(True) == len(with_people) / 2
    for ax in axes:
        models = {
            round(float(y), 3) for c in ax.collections for _, y in np.asarray(c.get_offsets())
        }
        assert models and models == {
            round(float(y), 3) for c in axes[0].collections for _, y in np.asarray(c.get_offsets())
        }


def test_the_noise_ceiling_stands_beside_its_estimate(default_study: Files) -> None:
    estimates = read_table(default_study.estimates, "estimates")
    row = estimate_row("llama-mini", "LLaMa", "rank_order", 0.71) | {"quantity": "reliability"}
    table = stability_table(pd.concat([estimates, pd.DataFrame([row])]), default_study.models)
    known = table[table["ceiling"].notna()]
    assert known[["name", "quantity", "ceiling"]].values.tolist() == [["LLaMa", "rank_order", 0.71]]
    with figure_style():
        figure = stability_figure(table)
        without = stability_figure(table.assign(ceiling=np.nan))
    ceilings = [
        [x.get_xdata()[0] for x in f.axes[0].lines if x.get_marker() == "|"]
        for f in (figure, without)
    ]
    assert ceilings == [[0.71], []]


def test_maps_have_one_row_a_pair_in_the_models_order(default_study: Files) -> None:
    table = context_table(read_table(default_study.estimates, "estimates"), default_study.models)
    assert len(table) == 8 * 10
    assert list(table["model"].drop_duplicates()) == list(default_study.models)
    assert set(table.loc[table["model"].eq("random"), "kind"]) == {"reference"}
    with figure_style():
        figure = context_figure(table)
    assert words(figure).count("not estimable") == 1
    matrix = np.ma.filled(figure.axes[0].collections[0].get_array().reshape(5, 5), np.nan)
    assert np.array_equal(matrix, matrix.T, equal_nan=True)
    assert np.isnan(np.diag(matrix)).all()
    assert figure.axes[0].collections[0].get_clim() == (-1, 1)
    assert [t.get_text() for t in figure.axes[4].get_xticklabels()] == TOPICS


def test_a_single_pair_that_is_not_estimable_is_a_dash(default_study: Files) -> None:
    estimates = read_table(default_study.estimates, "estimates")
    pair = estimates["context_b"].eq("chess") & estimates["model"].eq("llama-mini")
    estimates.loc[pair & estimates["context_a"].eq("joke"), "estimate"] = np.nan
    with figure_style():
        assert words(context_figure(context_table(estimates, default_study.models))).count("–") == 2


def test_profiles_average_within_respondents_and_have_their_interval() -> None:
    rows = [
        {"model": m, "population": "p", "respondent": r, "context": c, "replicate": 1,
         "instrument": "i", "value": "Power", "score": 0.0, "centred": x, "items": 3}
        for m, r, c, x in [("a", "1", "u", 1.0), ("a", "1", "v", 3.0), ("b", "1", "u", 4.0),
                           ("a", "2", "u", 0.0), ("b", "2", "u", 2.0)]
    ]  # fmt: skip
    table = profile_table(pd.DataFrame(rows), {"a": entry("LLaMa"), "b": entry("LLaMa")})
    assert len(table) == 1
    # respondents: (2 + 4) / 2 = 3 and (0 + 2) / 2 = 1; t(0.975, 1) = 12.7062, sd = √2
    assert table.loc[0, ["mean", "n"]].tolist() == [2.0, 2]
    assert table.loc[0, "upper"] == pytest.approx(2 + 12.7062 * 2**0.5 / 2**0.5, abs=1e-4)


def test_profiles_go_around_the_circle_and_unknown_values_follow(default_study: Files) -> None:
    scores = pd.concat([read_table(p, "values") for p in default_study.values])
    table = profile_table(scores.replace({"value": {"Power": "Face"}}), default_study.models)
    own = table[table["group"].eq("LLaMa")]
    assert list(own["value"]) == [*(v for v in CIRCLE if v != "Power"), "Face"]
    with figure_style():
        said = words(profile_figure(table))
    assert "all values\nalike" in said
    assert "llama-mini · miniature" in said


def test_hostile_names_are_drawn_as_text(make_study: Callable[..., Files], tmp_path: Path) -> None:
    models: dict[str, dict[str, Any]] = {
        HOSTILE: entry(HOSTILE, miniature=True),
        "x": entry("$y_1$"),
    }
    files = make_study(models, {HOSTILE: 0.2, "x": 0.4}, [HOSTILE])
    for path in draw_all(files, tmp_path / "figures")[::3]:
        tags = {e.tag for e in ElementTree.parse(path).iter()}
        assert f"{SVG}script" not in tags


def test_a_study_of_references_only_can_be_drawn(
    make_study: Callable[..., Files], tmp_path: Path
) -> None:
    models = {n: e for n, e in default_models().items() if n == "constant"}
    draw_all(make_study(models, default_truth(), ["fictional"]), tmp_path / "figures")


def test_two_contexts_and_three_populations_can_be_drawn(
    make_study: Callable[..., Files], tmp_path: Path
) -> None:
    files = make_study(default_models(), default_truth(), ["fictional", "real_world", "none"])
    estimates = read_table(files.estimates, "estimates")
    two = estimates["context_a"].isin(["", "grammar"]) & estimates["context_b"].isin(["", "joke"])
    write_table(estimates[two], "estimates", files.estimates)
    draw_all(files, tmp_path / "figures")
