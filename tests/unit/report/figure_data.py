"""The table of every figure, as a study has them."""

from typing import Any

import numpy as np
import pandas as pd
from convergence_data import convergence_rows
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from observer_data import observer_table_rows
from report_data import Files, default_models, default_truth, estimate_row, estimates_table
from shape_data import length_rows, link_rows, ratings_table

from holdfast.report.figure_jobs.all_figures import OF_ESTIMATES
from holdfast.report.figure_parts.circle_table import circle_rows, circle_table
from holdfast.report.figure_parts.figure_tables import (
    columns,
)
from holdfast.report.figures.context_figure import domain_table
from holdfast.report.figures.convergence_figure import convergence_table
from holdfast.report.figures.facet_figure import facet_table
from holdfast.report.figures.length_figure import length_table
from holdfast.report.figures.link_figure import link_table
from holdfast.report.figures.observer_figure import observer_table
from holdfast.report.figures.profile_figure import profile_table
from holdfast.report.figures.rank_figure import rank_table
from holdfast.report.figures.readout_figure import readout_table
from holdfast.report.figures.trajectory_figure import trajectory_table
from holdfast.report.figures.variance_figure import (
    COMPONENTS,
)
from holdfast.tables.table_files import read_table

MODELS = default_models()


def draws_table(estimates: list[float]) -> pd.DataFrame:
    """Return one model's draws of rank-order stability."""
    return pd.DataFrame({
        "instrument": "pvq40", "quantity": "rank_order", "draw": range(len(estimates)),
        "without": pd.array([pd.NA] * len(estimates), dtype="Int64"), "facet": "",
        "without_level": pd.array([pd.NA] * len(estimates), dtype="Int64"),
        "estimate": estimates, "respondents": 60, "seed": "1",
    })  # fmt: skip


DRAWS = {
    ("llama-mini", "fictional"): draws_table([0.9, 0.8, 0.7, 0.9]),
    ("qwen-mini", "fictional"): draws_table([0.8, 0.9, 0.6, 0.5]),
    ("phi-mini", "fictional"): draws_table([0.1, 0.1, 0.7, 0.1]),
    ("mixtral-mini", "fictional"): draws_table([0.5, float("nan"), 0.5, 0.5]),
    ("random", "fictional"): draws_table([1.0, 1.0, 1.0, 1.0]),
}


def with_components(truth: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Return estimates with variance components; those not named are 0."""
    table = estimates_table(MODELS, default_truth(), ["fictional"])
    rows = [
        estimate_row(name, MODELS[name]["model"]["family"], "rank_order", own.get(quantity, 0.0))
        | {"quantity": quantity}
        for name, own in truth.items()
        for quantity in COMPONENTS
    ]
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)


def tables(files: Files) -> dict[str, pd.DataFrame]:
    """Return the table of every figure, as a study has them."""
    parts = {"llama-mini": {"variance_respondent": 3.0, "variance_residual": 1.0}}
    estimates = pd.concat([read_table(files.estimates, "estimates"), with_components(parts)])
    estimates = estimates.drop_duplicates(
        ["quantity", "model", "family", "value", "context_a", "context_b", "replicate"]
    )
    scores = pd.concat([read_table(path, "values") for path in files.values])
    made = {name: make(estimates, files.models) for name, make in OF_ESTIMATES.items()}
    made["ranks"] = rank_table(DRAWS, files.models)
    made["profiles"] = profile_table(scores, files.models)
    made["lengths"] = length_table(length_rows(files.models), files.models)
    made["links"] = link_table(link_rows(files.models), files.models)
    made["trajectories"] = trajectory_table(scores, estimates, files.models)
    rows = circle_rows(ratings_table("llama-mini"), seed=1, permutations=3)
    made["circle"] = circle_table(rows, files.models)
    made["domains"] = domain_table(domain_rows(), files.models)
    made["facets"] = facet_table(facet_rows(), files.models)
    made["readouts"] = readout_table(readout_rows(), files.models)
    made["observers"] = observer_table(observer_table_rows(), files.models)
    made["convergence"] = convergence_table(convergence_rows(), files.models)
    made["differences"] = difference_rows()
    return made


def domain_rows() -> pd.DataFrame:
    """Return stability within and between three domains; random's is not estimable in one pair."""
    pairs = [("creative", "creative"), ("factual", "factual"), ("creative", "factual")]
    rows = [
        estimate_row(name, family, "rank_order", truth + 0.05 * i)
        | {"quantity": f"rank_order_{'within' if a == b else 'between'}", "context_a": a, "context_b": b}
        for name, family, truth in (("llama-mini", "LLaMa", 0.6), ("random", "Reference", 0.0))
        for i, (a, b) in enumerate(pairs)
    ]  # fmt: skip
    rows[-1] |= {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "status": "not_estimable"}
    whole = estimate_row("llama-mini", "LLaMa", "rank_order", 0.6) | {
        "quantity": "rank_order_within"
    }
    return pd.DataFrame([whole, *rows])


def facet_rows() -> pd.DataFrame:
    """Return stability at two wordings and across them, and what moves the answers; random's is not known."""
    rows = [
        estimate_row(name, family, "rank_order", truth + away)
        | {"quantity": quantity, "context_a": about, "context_b": ""}
        for name, family, truth in (("llama-mini", "LLaMa", 0.6), ("random", "Reference", 0.1))
        for quantity, about, away in (
            ("rank_order_at_level", "wording=plain", 0.1), ("rank_order_at_level", "wording=survey", 0.0),
            ("rank_order_across_levels", "wording", -0.3), ("source_share", "topic", -0.5),
            ("source_share", "wording", -0.2),
        )
    ]  # fmt: skip
    rows[-1] |= {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "status": "not_estimable"}
    rows += [
        estimate_row("llama-mini", "LLaMa", "rank_order", 0.5 + 0.1 * i)
        | {"quantity": quantity, "context_a": source, "context_b": number}
        for quantity in ("planned_g", "planned_phi") for source in ("topic", "wording")
        for i, number in enumerate(("1", "2", "3", "5"))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def readout_rows() -> pd.DataFrame:
    """Return the agreement of three readouts; random's is not estimable in one pair."""
    pairs = [("logit", "generate"), ("logit", "cot"), ("generate", "cot")]
    rows = [
        estimate_row(name, family, "rank_order", truth + 0.05 * i)
        | {"quantity": quantity, "context_a": a, "context_b": b, "undefined": 40 * i}
        for quantity in ("readout_kappa", "readout_kappa_weighted")
        for name, family, truth in (("llama-mini", "LLaMa", 0.6), ("random", "Reference", 0.0))
        for i, (a, b) in enumerate(pairs)
    ]
    rows[-1] |= {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "status": "not_estimable"}
    return pd.DataFrame(rows)


def difference_rows() -> pd.DataFrame:
    """Return differences of six models in three measures; the last is not paired, the first significant."""
    rows = [
        {"population": "fictional", "instrument": "pvq40", "model": f"m{i}", "family": "Phi",
         "kind": "miniature", "study_a": "one", "study_b": "two", "quantity": quantity, "facet": "", "a": 0.5,
         "b": 0.4 + 0.05 * i,
         "difference": 0.05 * i - 0.1, "lower": 0.05 * i - 0.15, "upper": 0.05 * i - 0.05, "n": 20, "p": 0.01,
         "p_adjusted": 0.03 if i == 0 else 0.2, "status": "ok",
         "method": "independent_bootstrap" if i == 5 else "paired_bootstrap"}
        for quantity in ("rank_order", "ipsative", "fidelity") for i in range(6)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns("differences"))


def marks(figure: Figure) -> list[Any]:
    """Return the data behind every mark of a figure, and every text, in the order of drawing."""
    return [_data(a) for ax in figure.get_axes() for a in ax.findobj(include_self=False)]


def _data(artist: Artist) -> Any:
    if isinstance(artist, Line2D):
        return np.asarray(artist.get_xydata(), dtype=float).tolist()
    if isinstance(artist, Collection):
        values = artist.get_array()
        known = [] if values is None else np.ma.filled(np.ma.asarray(values, float), -9).tolist()
        return [np.asarray(artist.get_offsets(), float).tolist(), known]
    if isinstance(artist, Patch):
        corners = artist.get_patch_transform().transform(artist.get_path().vertices)
        return np.asarray(corners, float).tolist()
    return artist.get_text() if isinstance(artist, Text) else None
