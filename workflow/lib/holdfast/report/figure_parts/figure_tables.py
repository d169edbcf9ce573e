"""The tables behind the figures: their columns, and how a figure's CSV is read again.

A figure is drawn from its CSV alone. Which figure a CSV is of can be told by its columns, so that a file may be
renamed.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from holdfast.errors import StudyError, nearest

TEXTS: Mapping[str, str] = {
    "population": "name of the population, a set of personas",
    "instrument": "name of the questionnaire",
    "model": "name of the model",
    "family": "family of the model",
    "kind": "miniature, reference or people; otherwise empty",
    "quantity": "name of the quantity that is estimated",
    "level": "what the row is about: family, model, reference, or people (of a survey, or published)",
    "name": "name of the family, model or reference; of people their name, or their ages",
    "note": "text shown under the name",
    "against": "name of the other measure",
    "unit": "unit of the length: messages or reasoning turns",
    "domain_a": "first domain of the pair",
    "domain_b": "second domain of the pair; equal to the first: between topics of one domain",
    "context_a": "first context, or readout, of the pair",
    "context_b": "second context, or readout, of the pair",
    "component": "name of the variance component",
    "facet": "name of the facet, such as wording",
    "source": "what the row is about: the facet, or the topic",
    "facet_level": "level of the facet, or for planned coefficients the number of levels; empty: the row "
    "compares levels, or is about all of them",
    "group": "name of the family or reference",
    "value": "name of the value",
    "questionnaire": "questionnaire, or the two, that the figure is of; empty: of all that are compared",
    "observer": "name of the observer, a model that read the conversations",
    "part": "group of the task; empty: all groups together",
    "respondent": "id of the persona",
    "context": "name of the context",
    "rank_order_status": "rank-order stability: ok, or the reason why there is no estimate",
    "other_status": "the other measure: ok, or the reason why there is no estimate",
    "study_a": "folder of the first study",
    "study_b": "folder of the second study",
    "status": "ok, or the reason why there is no estimate",
    "method": "method of estimation and of the interval",
}
NUMBERS: Mapping[str, str] = {
    "estimate": "the estimate; empty: not estimable",
    "lower": "lower end of the interval for these contexts",
    "upper": "upper end of the interval for these contexts",
    "contexts_lower": "lower end of the interval for contexts like these",
    "contexts_upper": "upper end of the interval for contexts like these",
    "n": "number of respondents",
    "undefined": "number of undefined correlations; for readouts, of questions that one could not read",
    "null_mean": "mean under random answers",
    "null_sd": "standard deviation under random answers",
    "ceiling": "noise ceiling: agreement of two replicates of the same context; rank-order only. Of self and "
    "observer: what their agreement can reach with the reliability of both",
    "ceiling_lower": "lower end of the interval of the ceiling",
    "ceiling_upper": "upper end of the interval of the ceiling",
    "validity": "observer's agreement with the truth in planted conversations; empty: not checked",
    "validity_lower": "lower end of the interval of the validity",
    "validity_upper": "upper end of the interval of the validity",
    "place": "rank in the order of the models, from 1",
    "mean_place": "mean rank of the model over the draws",
    "place_lower": "first rank that the model may have in contexts like these (95 %)",
    "place_upper": "last rank that the model may have in contexts like these (95 %)",
    "draws": "number of bootstrap draws",
    "share": "share of the draws, or of the sum of the variance components as they are estimated",
    "share_lower": "lower end of the component's interval, as a share of the same sum",
    "share_upper": "upper end of the component's interval, as a share of the same sum",
    "mean": "mean centred score, in rating steps",
    "length": "length of the conversation, or of the reasoning before the questionnaire",
    **{
        f"slope{end}": f"{of} of stability per unit of length"
        for end, of in (("", "slope"), ("_lower", "lower end of the interval of the slope"),
                        ("_upper", "upper end of the interval of the slope"),
                        ("_null_mean", "mean under random answers of the slope"),
                        ("_null_sd", "standard deviation under random answers of the slope"))
    },
    "item": "number of the item; empty: the row is about an assigned value",
    "x": "first coordinate of the item or assigned value in the configuration, fitted to the theory's circle",
    "y": "second coordinate",
    "stress": "stress-1 of the configuration",
    "distance": "Procrustes distance of the configuration from the theory's circle, 0 to 1",
    "correspondence": "correspondence index of the values' correlations with the theory's circle, -1 to 1",
    "correspondence_p": "p-value of the index: share of renamings of the values that reach it",
    "constant_items": "number of items that all respondents answered alike; they are left out",
    "score": "mean centred score over replicates, in rating steps",
    "rank": "rank of the persona among all; 1: the highest score on the value; ties share the mean rank",
    "a": "estimate of the first study",
    "b": "estimate of the second study",
    "difference": "estimate of the second study minus that of the first",
    "p": "p-value for no difference",
    "p_adjusted": "p adjusted by Benjamini-Hochberg over the rows of a quantity",
    "sd": "standard deviation between respondents",
    **{
        f"{side}_{column}": f"{of}: {meaning}"
        for side, of in (("rank_order", "rank-order stability"), ("other", "the other measure"))
        for column, meaning in (
            ("estimate", "the estimate"), ("lower", "lower end of the interval"),
            ("upper", "upper end of the interval"),
            ("contexts_lower", "lower end of the interval for contexts like these"),
            ("contexts_upper", "upper end of the interval for contexts like these"),
            ("n", "number of respondents"),
            ("undefined", "number of undefined correlations"), ("null_mean", "mean under random answers"),
            ("null_sd", "standard deviation under random answers"),
        )
    },
}  # fmt: skip
_SCENE = ("population", "instrument")
_MODEL = ("model", "family", "kind")
_INTERVAL = ("estimate", "lower", "upper")
_CONTEXTS = ("contexts_lower", "contexts_upper")
_NULL = ("null_mean", "null_sd")
_CEILING = ("ceiling", "ceiling_lower", "ceiling_upper")
_FIGURE = (*_INTERVAL, "n", "undefined", *_NULL, "status")
TABLES: Mapping[str, tuple[str, ...]] = {
    "stability": (
        *_SCENE, "quantity", "level", "name", "family", "note", "kind", *_FIGURE, *_CONTEXTS, *_CEILING,
        "method",
    ),
    "ranks": (
        *_SCENE, *_MODEL, "place", "share", "mean_place", "draws",
        "place_lower", "place_upper",
    ),
    "contexts": (*_SCENE, *_MODEL, "context_a", "context_b", *_FIGURE, "method"),
    "domains": (*_SCENE, *_MODEL, "domain_a", "domain_b", *_FIGURE, "method"),
    "facets": (
        *_SCENE, *_MODEL, "facet", "quantity", "source", "facet_level", *_FIGURE, *_CONTEXTS, "method",
    ),
    "agreement": (
        *_SCENE, *_MODEL, "against",
        *(f"{s}_{c}" for s in ("rank_order", "other") for c in (*_FIGURE, *_CONTEXTS)), "method",
    ),
    "variance": (
        *_SCENE, *_MODEL, "component", *_INTERVAL, "share", "share_lower", "share_upper", "n", "status",
        "method",
    ),
    "profiles": (
        *_SCENE, "group", "note", "family", "kind", "value", "mean", "lower", "upper", "sd", "n", "method",
    ),
    "lengths": (
        *_SCENE, *_MODEL, "quantity", "length", "unit", *_FIGURE,
        *(f"slope{end}" for end in ("", "_lower", "_upper", "_null_mean", "_null_sd")), "method",
    ),
    "trajectories": (
        *_SCENE, *_MODEL, "value", "respondent", "context", "score", "rank", *_FIGURE, *_CONTEXTS, "method",
    ),
    "links": (*_SCENE, *_MODEL, "questionnaire", "value", "part", *_FIGURE, "method"),
    "circle": (
        *_SCENE, *_MODEL, "value", "item", "x", "y", "stress", "distance", *_NULL, "correspondence",
        "correspondence_p", "n", "constant_items", "status", "method",
    ),
    "convergence": (
        *_SCENE, *_MODEL, "quantity", "questionnaire", "value", *_FIGURE, *_CONTEXTS, "method",
    ),
    "readouts": (*_SCENE, *_MODEL, "quantity", "context_a", "context_b", *_FIGURE, "method"),
    "observers": (
        *_SCENE, *_MODEL, "observer", "quantity", "value", *_FIGURE, *_CONTEXTS, *_CEILING, "validity",
        "validity_lower", "validity_upper", "method",
    ),
    "differences": (
        *_SCENE, *_MODEL, "study_a", "study_b", "quantity", "facet", "a", "b", "difference", "lower",
        "upper", "n", "p", "p_adjusted", "status", "method",
    ),
}  # fmt: skip
"""The columns of each figure's table, in their order."""


def columns(figure: str) -> list[str]:
    """Return the columns of a figure's table."""
    return list(TABLES[figure])


def read_figure_table(path: Path) -> tuple[str, pd.DataFrame]:
    """Return a figure's name and the table behind it, from the figure's CSV.

    Raises:
        StudyError: the file can't be read, or is no figure's table.
    """
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as e:
        reason = str(e).splitlines()[0]
        raise StudyError(f"{path}: can't be read as a figure's table: {reason}.") from None
    found = [name for name, wanted in TABLES.items() if set(raw) == set(wanted)]
    if not found:
        raise StudyError(f"{path}: is no figure's table: {_unlike(raw)}")
    table = raw[columns(found[0])].copy()
    for column in (c for c in table if c in NUMBERS):
        table[column] = _numbers(table[column], path)
    return found[0], table


def _numbers(texts: pd.Series, path: Path) -> pd.Series:
    """Return a column of numbers; empty is NaN."""
    try:
        return texts.map(lambda text: float(text) if text else float("nan")).astype(float)
    except ValueError as e:
        raise StudyError(f"{path}: {texts.name}: {e}.") from None


def _unlike(table: pd.DataFrame) -> str:
    """Say what keeps a table from being that of the figure it is most like."""
    like = max(TABLES, key=lambda name: len(set(table) & set(TABLES[name])) / len(TABLES[name]))
    wanted = TABLES[like]
    if unknown := [c for c in table if c not in wanted]:
        hint = nearest(unknown[0], [c for c in wanted if c not in table])
        return f"the column '{unknown[0]}' is not of the figure '{like}'. {hint}"
    return f"the figure '{like}' needs the column '{next(c for c in wanted if c not in table)}'."
