"""Ranks, agreement and variance: what stands behind their marks."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from report_data import Files, default_truth, estimate_row

from figure_data import DRAWS, MODELS, draws_table, with_components
from holdfast.report.figure_jobs.all_figures import DRAWN, draw_estimates
from holdfast.report.figure_parts.figure_style import figure_style
from holdfast.report.figure_parts.figure_tables import read_figure_table
from holdfast.report.figure_parts.tooltips import Point
from holdfast.report.figures.agreement_figure import agreement_figure, agreement_table
from holdfast.report.figures.rank_figure import draw_ranks, rank_figure, rank_table
from holdfast.report.figures.variance_figure import (
    variance_figure,
    variance_table,
)
from holdfast.report.wording.model_labels import MINIATURE_NOTE
from holdfast.tables.table_files import read_table, write_table

FIGURES = ("ranks", "agreement", "variance")


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """Return a folder with the three figures of a study with all that they show."""
    parts = {
        "llama-mini": {"variance_respondent": 3.0, "variance_residual": 1.0},
        "random": {"variance_residual": 2.0, "variance_respondent": -0.5},
        "constant": {},
    }
    table = with_components(parts)
    faithful = estimate_row("llama-mini", "LLaMa", "rank_order", 0.5) | {"quantity": "fidelity"}
    table = pd.concat([table, pd.DataFrame([faithful])], ignore_index=True)
    write_table(table, "estimates", tmp_path / "estimates.parquet")
    paths = {}
    for (model, population), draws in DRAWS.items():
        paths[model, population] = tmp_path / model / f"{population}.parquet"
        write_table(draws, "draws", paths[model, population])
    estimates = tmp_path / "estimates.parquet"
    draw_ranks(draws=paths, models=MODELS, output=tmp_path / "ranks.svg")
    for name in FIGURES[1:]:
        draw_estimates(
            figure=name, estimates=estimates, models=MODELS, output=tmp_path / f"{name}.svg"
        )
    return tmp_path


def words(figure: Figure) -> list[str]:
    """Return every text of a figure."""
    return [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text()]


@pytest.mark.parametrize("name", FIGURES)
def test_miniatures_and_references_are_said_to_be_such(name: str, drawn: Path) -> None:
    _, table = read_figure_table(drawn / f"{name}.csv")
    with figure_style():
        said = "\n".join(words(DRAWN[name](table)))
    assert MINIATURE_NOTE[1:] in said and "llama-mini (miniature)" in said


@pytest.mark.parametrize("name", FIGURES)
def test_a_study_without_models_has_an_empty_figure(name: str, drawn: Path) -> None:
    table = read_figure_table(drawn / f"{name}.csv")[1].head(0)
    with figure_style():
        assert DRAWN[name](table).get_axes()


def test_places_are_those_of_the_draws() -> None:
    table = rank_table(DRAWS, MODELS)
    shares = {(m, p): s for m, p, s in table[["model", "place", "share"]].itertuples(index=False)}
    assert shares == {
        ("llama-mini", 1): 0.75, ("llama-mini", 2): 0.25, ("qwen-mini", 1): 0.25,
        ("qwen-mini", 2): 0.5, ("qwen-mini", 3): 0.25, ("phi-mini", 1): 0.25, ("phi-mini", 3): 0.75,
    }  # fmt: skip
    assert list(table["model"].unique()) == ["llama-mini", "qwen-mini", "phi-mini"]


def test_the_marks_of_the_places_are_the_shares() -> None:
    table = rank_table(DRAWS, MODELS)
    with figure_style():
        figure = rank_figure(table)
    (mesh,) = figure.findobj(QuadMesh)
    seen = np.asarray(mesh.get_array()).reshape(3, 3)
    assert seen.tolist() == [[0.75, 0.25, 0], [0.25, 0.5, 0.25], [0.25, 0, 0.75]]
    assert "75 %" in words(figure) and any("with these topics" in text for text in words(figure))


def test_frames_are_the_places_in_contexts_like_these() -> None:
    """Models far apart have one place each; without figures for all of them there are no frames."""
    g = np.random.default_rng(0)
    draws = {}
    for (model, population), (table, level) in zip(
        [(m, "fictional") for m in ("llama-mini", "qwen-mini", "phi-mini")],
        [
            (draws_table([0.9, 0.8]), 0.9),
            (draws_table([0.5, 0.9]), 0.5),
            (draws_table([0.1, 0.1]), 0.1),
        ],
        strict=True,
    ):
        topics, groups = np.indices((6, 8))
        left = pd.DataFrame({"draw": groups.ravel(), "without": topics.ravel()}).assign(
            estimate=level + 0.001 * g.normal(size=48), instrument="pvq40", quantity="rank_order",
            respondents=60, seed="1",
        )  # fmt: skip
        draws[model, population] = pd.concat([table, left.astype({"without": "Int64"})])
    table = rank_table(draws, MODELS)
    ends = table.drop_duplicates("model").set_index("model")[["place_lower", "place_upper"]]
    assert ends.T.to_dict("list") == {"llama-mini": [1, 1], "qwen-mini": [2, 2], "phi-mini": [3, 3]}
    with figure_style():
        figure = rank_figure(table)
    frames = [p for p in figure.get_axes()[0].patches if isinstance(p, Rectangle)]
    assert [round(p.get_x() + p.get_width() / 2, 6) for p in frames] == [0.5, 1.5, 2.5]
    assert rank_table(DRAWS, MODELS)["place_lower"].isna().all()


def test_a_model_alone_has_no_place() -> None:
    """A full bar would look like a finding."""
    key = ("llama-mini", "fictional")
    assert rank_table({key: draws_table([0.9, 0.8])}, MODELS).empty


def test_references_alone_have_no_places() -> None:
    table = rank_table({("random", "x"): DRAWS["random", "fictional"]}, MODELS)
    assert table.empty
    with figure_style():
        assert [
            t
            for t in words(rank_figure(table))
            if t.endswith("no two models have one in every draw")
        ]


def marks(figure: Figure) -> set[tuple[float, float]]:
    """Return the places of the single marks in the first panel."""
    lines = figure.get_axes()[0].get_lines()
    ends = [(line.get_xdata(), line.get_ydata()) for line in lines]
    return {(float(x[0]), float(y[0])) for x, y in ends if len(x) == 1}


def test_marks_are_the_models_two_measures(default_study: Files) -> None:
    table = agreement_table(read_table(default_study.estimates, "estimates"), MODELS)
    with figure_style():
        figure = agreement_figure(table)
    known = {n: t for n, t in default_truth().items() if not np.isnan(t)}
    assert marks(figure) == {(t, t * 0.95) for t in known.values()}
    assert "not estimable:\nconstant (reference)" in words(figure)


def test_fidelity_has_a_panel_only_where_it_is_known(default_study: Files, drawn: Path) -> None:
    plain = agreement_table(read_table(default_study.estimates, "estimates"), MODELS)
    assert set(plain["against"]) == {"ipsative"}
    table = pd.read_csv(drawn / "agreement.csv")
    assert table[table["against"].eq("fidelity")]["model"].tolist() == ["llama-mini"]


@pytest.mark.parametrize(
    ("own", "share"),
    [
        ({"variance_respondent": 3.0, "variance_residual": 1.0}, 0.75),
        ({"variance_respondent": -1.0, "variance_residual": 5.0}, -0.25),
        ({}, None),
    ],
    ids=["shares", "below 0", "nothing varies"],
)
def test_shares_of_the_variance(own: dict[str, Any], share: float | None) -> None:
    table = variance_table(with_components({"phi-mini": own}), MODELS)
    row = table[table["component"].eq("respondent")].iloc[0]
    assert row["share"] == share if share is not None else np.isnan(row["share"])
    assert row["estimate"] == own.get("variance_respondent", 0.0)
    if share is not None:
        total = sum(own.values())
        ends = row[["share_lower", "share_upper"]].to_list()
        assert ends == pytest.approx([row["lower"] / total, row["upper"] / total])
        assert table["share"].sum() == pytest.approx(1)


def bars_of(figure: Figure, name: str) -> dict[str, Any]:
    """Return the bars of one model in the first panel, by the component that their points name."""
    ax = figure.get_axes()[0]
    points = {a.place: a.words.split("\n") for a in ax.artists if isinstance(a, Point)}
    found = {}
    for bar in ax.patches:
        place = next(p for p in points if abs(p[1] - bar.get_y() - bar.get_height() / 2) < 1e-9)
        model, component, _ = points[place]
        if model.startswith(name):
            found[component] = bar
    return found


def test_bars_are_the_shares_as_estimated_and_hatched_where_they_may_be_none(drawn: Path) -> None:
    table = pd.read_csv(drawn / "variance.csv")
    with figure_style():
        figure = variance_figure(table)
    bars = bars_of(figure, "llama-mini")
    assert bars["persona"].get_width() == 0.75 and bars["persona"].get_hatch() is None
    assert bars["context"].get_hatch() and bars["context"].get_width() == 0
    below = bars_of(figure, "random")["persona"]
    assert below.get_width() == pytest.approx(-0.5 / 1.5) and below.get_hatch() is None
    lines = [tuple(map(float, x.get_xdata())) for x in figure.get_axes()[0].lines]
    ends = table[table["model"].eq("random") & table["component"].eq("residual")]
    assert tuple(ends[["share_lower", "share_upper"]].iloc[0]) in lines
    assert "nothing varies" in words(figure) and "not estimable" not in words(figure)
    table.loc[table["model"].eq("llama-mini"), ["share", "estimate"]] = np.nan
    with figure_style():
        assert "not estimable" in words(variance_figure(table))


def test_bars_stand_where_a_component_is_not_estimable(drawn: Path) -> None:
    """With one replicate: the parts after the first that is missing stand too, and the legend names none."""
    table = pd.read_csv(drawn / "variance.csv")
    table.loc[table["component"].str.contains("respondent_|replicate"), "share"] = np.nan
    with figure_style():
        figure = variance_figure(table)
    assert bars_of(figure, "llama-mini")["residual"].get_width() == 0.25
    legend = [t.get_text() for t in figure.legends[0].get_texts()]
    last = "residual, with persona × context (one replicate)"
    assert legend == ["persona", "context", last, "interval includes 0"]
