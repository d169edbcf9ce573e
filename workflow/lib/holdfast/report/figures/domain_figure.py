"""Does it matter what the talk is about: stability within each domain of topics, and between domains."""

import pandas as pd
from matplotlib.figure import Figure

from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.figures.context_figure import heat_maps
from holdfast.report.wording.estimate_selection import in_order, scenes
from holdfast.report.wording.model_labels import Models, kind

QUANTITIES = ("rank_order_within", "rank_order_between")
WORDS = "rank-order stability between topics of two domains, or of one (grey or –: not estimable)"
_SIDES = {"context_a": "domain_a", "context_b": "domain_b"}


def domain_table(estimates: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return rank-order stability for each scene, model and pair of domains, one with itself included."""
    e = estimates
    single = e["context_a"].ne("") & e["value"].eq("") & e["replicate"].isna()
    own = e[single & e["quantity"].isin(QUANTITIES) & e["model"].isin(list(models))]
    table = own.rename(columns=_SIDES).assign(kind=[kind(models[m]) for m in own["model"]])
    return in_order(table[columns("domains")], scenes(table), model=models)


def domain_figure(table: pd.DataFrame) -> Figure:
    """Return the figure of a table that `domain_table` made: one heat map a model."""
    return heat_maps(table.rename(columns={new: old for old, new in _SIDES.items()}), WORDS)
