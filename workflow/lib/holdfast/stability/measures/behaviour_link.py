"""The link between values and behaviour: do respondents who hold a value act on it (methods 8)?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from holdfast.design.instruments import Instrument
from holdfast.design.scoring_keys import JOINT
from holdfast.stability.correlation.spearman import (
    FloatArray,
    context_pairs,
    pairwise_spearman_draws,
)
from holdfast.stability.correlation.undefined_correlations import Level
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.estimation.score_arrays import Design, score_array
from holdfast.stability.estimation.weighted_statistics import (
    Figure,
    Names,
    Sample,
    Statistic,
    averaged,
    estimate_figures,
)
from holdfast.stability.resampling.null_distribution import NullDistribution, NullMoments
from holdfast.stability.resampling.stability_draws import Settings

LEVELS: tuple[Level, ...] = ("value", "context_value")
METHOD = "spearman over respondents of value and behaviour, same context and replicate"


def behaviour_links(
    table: pd.DataFrame, design: Design, task: Instrument, settings: Settings
) -> list[Estimate]:
    """Return the links of every value of every other questionnaire with a task; none without any.

    Args:
        table: table `values` of one model in one population.
        design: who answered what and where.
        task: what the respondents did.
        settings: undefined rule, draws, confidence and seed.
    """
    return [
        row
        for asked in design.instruments
        if not asked.is_task()
        for row in links(_scores(table, design, asked), _scores(table, design, task),
                         _names(design, asked, task), settings)
    ]  # fmt: skip


def links(
    values: FloatArray, groups: FloatArray, names: Names, settings: Settings
) -> list[Estimate]:  # fmt: skip
    """Return rows of the quantity `value_behaviour_link`, pooled over contexts and replicates and by context.

    Args:
        values: value scores (R, C, N, V), NaN = missing.
        groups: a task's scores (R, C, N, G), NaN = missing.
        names: of contexts and replicates, and of the links: V values × (all groups, then each of G).
        settings: undefined rule, draws, confidence and seed.
    """
    every = np.mean(groups, axis=-1, keepdims=True)  # each group counts the same; all must be there
    done = groups if groups.shape[-1] == 1 else np.concatenate([every, groups], axis=-1)
    missing = [np.isnan(side).all(axis=-1, keepdims=True) for side in (values, done)]
    scores = np.where(missing[0] | missing[1], np.nan, np.concatenate([values, done], axis=-1))
    statistic, sample = _of(values.shape[-1]), Sample(scores, settings.undefined)
    rows, _ = estimate_figures(statistic, sample, names, settings, _null(scores.shape))
    return rows


def link_name(questionnaire: str, value: str, group: str = "") -> str:
    """Return what stands in the column `value` of a link; without a group it is of all together."""
    return JOINT.join([questionnaire, value, *([group] if group else [])])


def link_parts(name: str) -> tuple[str, str, str]:
    """Return questionnaire, value and group of what `link_name` made; the group is empty for all."""
    questionnaire, value, *group = name.split(JOINT)
    return questionnaire, value, group[0] if group else ""


def _scores(table: pd.DataFrame, design: Design, instrument: Instrument) -> FloatArray:
    """Return the scores in the conversations that the study's figures are of."""
    own = table[table["instrument"] == instrument.name]
    return score_array(own, design, list(instrument.values))[:, design.layout.main]


def _names(design: Design, asked: Instrument, task: Instrument) -> Names:
    groups = list(task.values)
    shown = [""] if len(groups) == 1 else ["", *groups]
    links = [link_name(asked.name, value, group) for value in asked.values for group in shown]
    return Names([design.contexts[c] for c in design.layout.main], links, design.replicates)


def _of(values: int) -> Statistic:
    """Return the statistic of scores (R, C, N, ...) whose first so many are values, the others a task's."""

    def compute(sample: Sample, weights: FloatArray) -> list[Figure]:
        replicates, contexts, _, columns = sample.scores.shape
        first, second = context_pairs(columns)
        wanted = np.flatnonzero((first < values) & (second >= values))
        cells = np.empty((len(weights), replicates, contexts, wanted.size))
        drawn = np.ascontiguousarray(weights.T)
        for r, c in np.ndindex(replicates, contexts):
            cells[:, r, c] = pairwise_spearman_draws(sample.scores[r, c].T, drawn)[wanted].T
        return averaged("value_behaviour_link", cells, LEVELS, sample.undefined)

    return Statistic(compute, METHOD)


def _null(shape: tuple[int, ...]) -> NullDistribution:
    """Return 0 ± 1/√((N - 1) cells): exact for random answers, by permutation of the respondents."""
    replicates, contexts, respondents, _ = shape
    averages: dict[Level, int] = {"value": replicates * contexts, "context_value": replicates}
    return {
        ("value_behaviour_link", level): NullMoments(
            np.zeros(1), np.full(1, (max(1, respondents - 1) * cells) ** -0.5)
        )
        for level, cells in averages.items()
    }
