"""Generalizability theory: what the variance of scores comes from, and what a design reaches (methods 5.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.model_stability import Status
from holdfast.stability.estimation.weighted_statistics import Figure, Sample, Statistic, exact
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.variance.anova import MeanSquares, mean_squares

TARGET = 0.8
"""The G coefficient that `contexts_needed` and `replicates_needed` are about."""

MINIMUM_RELIABILITY = 0.1
"""Share of true variance in a single score below which nothing is divided by it."""

Components = Mapping[str, FloatArray]
Coefficient = Callable[[Components, int, int], FloatArray]

NAMES: Mapping[str, Quantity] = {
    "p": "variance_respondent",
    "c": "variance_context",
    "r": "variance_replicate",
    "pc": "variance_respondent_context",
    "pr": "variance_respondent_replicate",
    "cr": "variance_context_replicate",
    "pcr": "variance_residual",
}


def components(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return the variance components, and the coefficients of the design as it is.

    Components are unbiased, so one near zero can be negative; the coefficients take it as zero.
    Pooled: the mean of the values' components, and coefficients of these means.
    """
    replicates, contexts = sample.scores.shape[:2]
    parts = variance_components(mean_squares(sample.scores, weights), contexts, replicates)
    pooled = {name: mean_of_values(part) for name, part in parts.items()}
    figures = []
    for name, quantity in NAMES.items():
        alone = replicates == 1 and name not in ("p", "c", "pcr")
        status: Status = "needs_replicates" if alone else "not_estimable"
        figures += [
            exact(quantity, "pooled", pooled[name], status),
            exact(quantity, "value", parts[name], status),
        ]
    coefficients: dict[Quantity, Coefficient] = {
        "g_coefficient": relative, "phi_coefficient": absolute, "persona_share": between_personas,
    }  # fmt: skip
    for quantity, function in coefficients.items():
        figures += [
            exact(quantity, "pooled", function(pooled, contexts, replicates)),
            exact(quantity, "value", function(parts, contexts, replicates)),
        ]
    why: Status = "needs_replicates" if replicates == 1 else "unreliable"
    return [
        *figures,
        exact("disattenuated_components", "pooled", between_contexts(pooled), why),
        exact("disattenuated_components", "value", between_contexts(parts), why),
    ]


def projection(sample: Sample, weights: FloatArray) -> list[Figure]:
    """Return how many contexts, or replicates, bring G to TARGET, the other as in the study."""
    replicates, contexts = sample.scores.shape[:2]
    parts = variance_components(mean_squares(sample.scores, weights), contexts, replicates)
    pooled = {name: mean_of_values(part) for name, part in parts.items()}
    few: Status = "needs_replicates" if replicates == 1 else "not_reachable"
    return [
        exact("contexts_needed", "pooled", needed(pooled, "pc", "pr", replicates), "not_reachable"),
        exact("replicates_needed", "pooled", needed(pooled, "pr", "pc", contexts), few),
    ]


def variance_components(ms: MeanSquares, contexts: int, replicates: int) -> Components:
    """Return the components (D, V), by the expected mean squares of the crossed design.

    With one replicate, respondent × context can't be told from the error: both are the residual.
    """
    if replicates == 1:
        none = np.full(ms.n.shape, np.nan)
        return {
            "p": (ms.p - ms.pc) / contexts, "c": (ms.c - ms.pc) / ms.n, "r": none, "pc": none,
            "pr": none, "cr": none, "pcr": ms.pc,
        }  # fmt: skip
    return {
        "p": (ms.p - ms.pc - ms.pr + ms.pcr) / (contexts * replicates),
        "c": (ms.c - ms.pc - ms.cr + ms.pcr) / (ms.n * replicates),
        "r": (ms.r - ms.pr - ms.cr + ms.pcr) / (ms.n * contexts),
        "pc": (ms.pc - ms.pcr) / replicates,
        "pr": (ms.pr - ms.pcr) / contexts,
        "cr": (ms.cr - ms.pcr) / ms.n,
        "pcr": ms.pcr,
    }


def relative(parts: Components, contexts: int, replicates: int) -> FloatArray:
    """Return G: how well means over so many contexts and replicates keep respondents in order."""
    return _share(parts, ("pc", "pr", "pcr"), contexts, replicates)


def absolute(parts: Components, contexts: int, replicates: int) -> FloatArray:
    """Return Φ: how well such means give each respondent's level."""
    return _share(parts, ("c", "r", "pc", "pr", "cr", "pcr"), contexts, replicates)


def between_personas(parts: Components, contexts: int, replicates: int) -> FloatArray:
    """Return the share of the variance of single scores that is between personas (methods 9)."""
    return _share(parts, ("c", "r", "pc", "pr", "cr", "pcr"), 1, 1)


def between_contexts(parts: Components) -> FloatArray:
    """Return σ²_p / (σ²_p + σ²_pc): the correlation of true scores between two contexts.

    It is what `disattenuated` estimates, without an assumption about the form of the scores, but of
    Pearson's correlation, and for contexts that disturb alike. Chance can take it beyond 0 and 1. NaN with
    one replicate, and where σ²_p + σ²_pc is less than MINIMUM_RELIABILITY of a single score's variance.
    """
    true = parts["p"] + parts["pc"]
    whole = true + _positive(parts["pr"]) + _positive(parts["pcr"])
    result = np.full(true.shape, np.nan)
    np.divide(
        parts["p"], true, out=result, where=true > np.maximum(MINIMUM_RELIABILITY * whole, 1e-12)
    )
    return result


def needed(parts: Components, own: str, other: str, fixed: int) -> FloatArray:
    """Return the smallest number of levels of one facet with which G is at least TARGET.

    Args:
        parts: components.
        own: interaction of the respondents with the facet sought, "pc" or "pr".
        other: with the other facet.
        fixed: levels of the other facet.

    Returns:
        Whole numbers; NaN = no number of levels is enough.
    """
    p, shrinking, staying, error = (_positive(parts[name]) for name in ("p", own, other, "pcr"))
    room = p * (1 - TARGET) / TARGET - staying / fixed
    result = np.full(p.shape, np.nan)
    np.divide(shrinking + error / fixed, room, out=result, where=room > 0)
    return np.maximum(np.ceil(np.round(result, 9)), 1)


def _share(
    parts: Components, errors: tuple[str, ...], contexts: int, replicates: int
) -> FloatArray:
    """Return the respondents' share of the variance of means; NaN if there is none at all.

    Below 0 where the respondents' component is: what is reported is 0 (see `Figure`), but an interval
    needs to know how far below.
    """
    levels = {"c": contexts, "r": replicates}
    error = sum(
        _positive(parts[name]) / np.prod([levels[f] for f in name if f != "p"]) for name in errors
    )
    p = np.asarray(parts["p"])
    result = np.full(p.shape, np.nan)
    np.divide(p, p + error, out=result, where=(p + error > 1e-12) & ~np.isnan(parts["p"]))
    return result


def _positive(part: FloatArray) -> FloatArray:
    """Return a component, zero where it is negative or could not be told from the residual."""
    return np.nan_to_num(np.maximum(part, 0))


def mean_of_values(part: FloatArray) -> FloatArray:
    """Return the mean (D,) over the values that have an estimate."""
    known = ~np.isnan(part)
    count = known.sum(axis=1)
    result = np.full(count.shape, np.nan)
    np.divide(np.where(known, part, 0).sum(axis=1), count, out=result, where=count > 0)
    return result


COMPONENTS = Statistic(
    components, "ANOVA of respondent × context × replicate, complete respondents", unbiased=True
)
PROJECTION = Statistic(
    projection, f"projection to a G coefficient of {TARGET:g}", draws=False, null=False
)
