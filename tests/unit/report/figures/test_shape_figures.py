"""Lengths, personas' places and the circle: what stands in their tables and behind their marks."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from report_data import Files, default_models
from shape_data import LENGTHS, SLOPES, length_rows, ratings_table

from holdfast.report.figure_parts.circle_table import assigned_rows, circle_rows, circle_table
from holdfast.report.figure_parts.figure_style import figure_style
from holdfast.report.figures import trajectory_figure as trajectories
from holdfast.report.figures.circle_figure import circle_figure
from holdfast.report.figures.length_figure import length_figure, length_table
from holdfast.report.figures.trajectory_figure import (
    trajectory_figure,
    trajectory_table,
    typical_value,
)
from holdfast.report.wording.model_labels import MINIATURE_NOTE
from holdfast.stability.structure.value_circle import PLACES, location
from holdfast.tables.table_files import read_table

MODELS = default_models()


def words(figure: Figure) -> list[str]:
    """Return every text of a figure."""
    return [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text()]


def test_lengths_stand_in_their_order_with_the_models_slope() -> None:
    table = length_table(length_rows(MODELS), MODELS)
    assert len(table) == 2 * len(SLOPES) * len(LENGTHS)
    own = table[table["quantity"].eq("rank_order") & table["model"].eq("llama-mini")]
    assert own["length"].tolist() == list(LENGTHS) and set(own["unit"]) == {"messages"}
    assert own["estimate"].tolist() == pytest.approx([0.79, 0.77, 0.73])
    assert set(own["slope"]) == {-0.01}
    assert own["kind"].tolist() == ["miniature"] * 3


def test_lines_go_through_the_estimates_and_slopes_stand_beside() -> None:
    table = length_table(length_rows(MODELS), MODELS)
    with figure_style():
        figure = length_figure(table)
    left, right = figure.get_axes()[:2]
    drawn = [np.asarray(line.get_ydata(), float) for line in left.get_lines()]
    assert any(y == pytest.approx([0.79, 0.77, 0.73]) for y in drawn if len(y) == 3)
    slopes = [
        float(np.asarray(s.get_xdata())[0]) for s in right.get_lines() if s.get_marker() != "None"
    ]
    assert sorted(slopes) == pytest.approx([-0.01, 0.0, 0.0])
    said = "\n".join(words(figure))
    assert said.count("not estimable") == 2
    assert said.count("600 undefined") == 2  # 200 at each of the three lengths
    assert MINIATURE_NOTE[1:] in said and "llama-mini (miniature)" in said


def test_a_study_of_one_length_has_no_rows(default_study: Files) -> None:
    assert length_table(read_table(default_study.estimates, "estimates"), MODELS).empty


def read_trajectories(files: Files) -> pd.DataFrame:
    """Return the table of the personas' places."""
    scores = pd.concat([read_table(path, "values") for path in files.values])
    return trajectory_table(scores, read_table(files.estimates, "estimates"), files.models)


def test_ranks_are_those_of_the_mean_scores(default_study: Files) -> None:
    table = read_trajectories(default_study)
    assert len(table) == 8 * 12 * 5 and table["value"].nunique() == 1
    scores = pd.concat([read_table(path, "values") for path in default_study.values])
    own = scores[
        scores["model"].eq("llama-mini") & scores["value"].eq(table["value"].iloc[0])
        & scores["context"].eq("joke")
    ]  # fmt: skip
    mean = own.groupby("respondent")["centred"].mean()
    here = table[table["model"].eq("llama-mini") & table["context"].eq("joke")]
    ranks = here.set_index("respondent")["rank"]
    assert ranks[mean.idxmax()] == 1 and ranks[mean.idxmin()] == 12
    assert set(here["estimate"]) == {0.9}


def test_a_line_is_a_persona_and_equal_ones_are_said_to_be_so(default_study: Files) -> None:
    table = read_trajectories(default_study)
    with figure_style():
        figure = trajectory_figure(table)
    place = list(table["model"].drop_duplicates()).index("llama-mini")
    own = table[table["model"].eq("llama-mini")]
    drawn = {tuple(map(float, line.get_ydata())) for line in figure.get_axes()[place].get_lines()}
    ranks = {tuple(r["rank"]) for _, r in own.groupby("respondent")}
    assert drawn == ranks
    assert words(figure).count("all personas alike") == 1
    table.loc[table["model"].eq("llama-mini"), "undefined"] = 7
    with figure_style():
        said = words(trajectory_figure(table))
    assert sum(text.endswith(", 7 undefined") for text in said) == 1


def test_a_model_without_any_score_is_said_to_have_none(default_study: Files) -> None:
    table = read_trajectories(default_study)
    table.loc[table["model"].eq("llama-mini"), ["score", "rank", "estimate"]] = np.nan
    with figure_style():
        figure = trajectory_figure(table)
    assert words(figure).count("no scores") == 1 and words(figure).count("all personas alike") == 1


def test_of_many_personas_some_are_drawn_at_their_rank_among_all(
    default_study: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_trajectories(default_study)
    monkeypatch.setattr(trajectories, "MOST_SHOWN", 5)
    table = read_trajectories(default_study)
    assert table.groupby("model")["respondent"].nunique().eq(5).all()
    keys = ["model", "respondent", "context"]
    both = table.merge(whole, on=keys, suffixes=("", "_whole"), validate="1:1")
    assert len(both) == len(table) and both["rank"].equals(both["rank_whole"])
    with figure_style():
        figure = trajectory_figure(table)
    assert any("5 of " in text and text.endswith(" personas") for text in words(figure))
    lowest = max(ax.get_ylim()[0] for ax in figure.get_axes())
    assert lowest > table["rank"].max() > 6


def test_the_typical_value_is_the_one_in_the_middle() -> None:
    rows = [("a", "m", 0.2), ("a", "n", 0.4), ("b", "m", 0.9), ("c", "m", 0.5), ("d", "m", np.nan)]
    stable = pd.DataFrame(rows, columns=["value", "model", "estimate"])
    assert typical_value(stable) == "c"
    assert typical_value(stable[stable["value"].eq("d")]) == ""


def test_a_circle_in_the_answers_is_found_and_beats_shuffled_ones() -> None:
    table = circle_table(circle_rows(ratings_table("llama-mini"), seed=1, permutations=8), MODELS)
    assert len(table) == 20 and set(table["n"]) == {40}
    row = table.iloc[0]
    assert row["distance"] < 0.1 < row["null_mean"] - 4 * row["null_sd"]
    centres = table.groupby("value")[["x", "y"]].mean()
    away = [
        np.hypot(*(centres.loc[v].to_numpy() - location(v)))
        for v in centres.index
        if v != "Conformity"
    ]
    assert max(away) < 0.45


def assigned(population: str = "fictional") -> pd.DataFrame:
    """Return the profiles from which `ratings_table` makes its answers."""
    random = np.random.default_rng(7)
    ways = random.normal(size=(40, 2))
    rows = [
        {"population": population, "respondent": f"p{n}", "value": value,
         "latent": 3.5 + float(np.dot(way, location(value))) + 0.1 * random.normal()}
        for n, way in enumerate(ways) for value in PLACES
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_circle_of_the_descriptions_stands_before_the_models() -> None:
    ratings = circle_rows(ratings_table("llama-mini"), seed=1, permutations=0)
    scene = [("fictional", "pvq40")]
    described = assigned_rows(assigned(), scene, seed=1, permutations=0)
    assert described["value"].tolist() == sorted(PLACES)
    assert described["distance"].iloc[0] < 0.1
    assert described["correspondence"].iloc[0] > 0.9 > 0.01 > described["correspondence_p"].iloc[0]
    table = circle_table(pd.concat([ratings, described]), MODELS)
    with figure_style():
        figure = circle_figure(table)
    said = words(figure)
    assert said.index("Descriptions") < said.index("llama-mini")
    assert any("correspondence " in text and "p < .001" in text for text in said)
    assert assigned_rows(assigned("generated"), scene, seed=1, permutations=0).empty


def test_the_same_seed_gives_the_same_null() -> None:
    ratings = ratings_table("llama-mini", noise=2.0)
    one, two, other = (circle_rows(ratings, seed=s, permutations=3) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, two)
    assert one["null_mean"].iloc[0] != other["null_mean"].iloc[0]


def test_values_whose_items_are_constant_have_no_map_and_it_says_why() -> None:
    ratings = ratings_table("constant")
    ratings.loc[ratings["value"].eq("Power"), "rating"] = 3.0
    table = circle_table(circle_rows(ratings, seed=1, permutations=0), MODELS)
    assert table[["status", "constant_items"]].values.tolist() == [["constant_items", 2]]
    with figure_style():
        assert "not estimable:\n2 constant items" in words(circle_figure(table))


def test_few_respondents_have_no_map() -> None:
    table = circle_rows(ratings_table("phi-mini", respondents=3), seed=1, permutations=0)
    assert table["status"].tolist() == ["too_few_respondents"]


def test_other_values_than_the_theorys_have_none() -> None:
    ratings = ratings_table("phi-mini").replace({"value": {"Power": "Face"}})
    assert circle_rows(ratings, seed=1, permutations=0).empty


def test_the_first_panel_is_the_theory_and_labels_stand_at_the_centres() -> None:
    table = circle_table(circle_rows(ratings_table("llama-mini"), seed=1, permutations=3), MODELS)
    with figure_style():
        figure = circle_figure(table)
    theory, own = figure.get_axes()[:2]
    assert {t.get_text() for t in theory.texts} >= {"SD", "Self-Direction", "Po", "Power"}
    centre = table[table["value"].eq("Power")][["x", "y"]].mean()
    (label,) = [t for t in own.texts if t.get_text() == "Po"]
    assert label.get_position() == pytest.approx(tuple(centre))
    assert any("(shuffled " in text for text in words(figure))
