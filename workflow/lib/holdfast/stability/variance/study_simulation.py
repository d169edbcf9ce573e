"""Studies simulated from the variance components of a finished one (methods 6.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple, get_args

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.resampling.intervals import leave_one_out
from holdfast.stability.variance.anova import mean_squares
from holdfast.stability.variance.deleted_figures import (
    deleted_ipsative,
    deleted_ipsative_mean,
    deleted_rank_order,
    deleted_rank_order_mean,
    without_contexts,
)
from holdfast.stability.variance.variance_components import variance_components

Topics = Literal["these", "drawn"]
"""these: every simulated study has the contexts of the finished one, in their order, and again from the first
where a design has more; drawn: every study draws its own contexts from them, with replacement."""

QUANTITIES = ("rank_order", "ipsative")
SCORES_AT_ONCE = 100_000
"""Scores of one model that are held together; small enough for a processor's cache."""


class Plan(NamedTuple):
    """A design to plan for: numbers of personas, contexts and replicates."""

    personas: int
    contexts: int
    replicates: int


@dataclass(frozen=True)
class Source:
    """What a model's scores are made of, value by value.

    Attributes:
        means: mean centred scores (V,).
        variances: components (V,) by the facets they cross; those below 0 are 0.
        persons: mean score of each respondent (N, V), NaN where one is missing.
        disturbance: variance of respondent × context in each context (C,), as a multiple of its mean.
    """

    means: FloatArray
    variances: Mapping[str, FloatArray]
    persons: FloatArray
    disturbance: FloatArray


def source(scores: FloatArray) -> Source:
    """Return what a finished study says of one model.

    With one replicate respondent × context is part of the error, and so shrinks with replicates
    in plans; the power for more replicates is then too high.

    Args:
        scores: centred value scores (R, C, N, V).
    """
    replicates, contexts, respondents, _ = scores.shape
    squares = mean_squares(scores, np.ones((1, respondents)))
    parts = variance_components(squares, contexts, replicates)
    return Source(
        means=scores[~np.isnan(scores).any(axis=-1)].mean(axis=0),
        variances={name: np.nan_to_num(np.maximum(part[0], 0)) for name, part in parts.items()},
        persons=scores.mean(axis=(0, 1)),
        disturbance=disturbances(scores, float(np.nansum(parts["pcr"]))),
    )


def disturbances(scores: FloatArray, error: float) -> FloatArray:
    """Return how much respondents change in each context (C,), as a multiple of the mean over contexts.

    The variance that is a context's own is that of Grubbs (1948, for instruments that measure the same
    objects), summed over values, less the error of the mean over replicates. Respondents are few, so such
    variances differ by chance too: their differences are drawn in until they vary as much as they do less
    what the jackknife over respondents ascribes to chance. 1 where it can't be told.

    Args:
        scores: centred value scores (R, C, N, V).
        error: variance of the residual, sum over values.
    """
    replicates, contexts = scores.shape[:2]
    cells = scores.mean(axis=0)  # (C, N, V)
    cells = cells[:, ~np.isnan(cells).any(axis=(0, 2))]
    n = cells.shape[1]
    if contexts < 3 or replicates < 2 or n < 4:
        return np.ones(contexts)
    weights = np.vstack([np.ones((1, n)), leave_one_out(np.ones(n, dtype=np.bool_))])
    own = _grubbs(cells, weights) - error / replicates  # (1 + n, C)
    level = own.mean(axis=1, keepdims=True)
    if level[0, 0] <= 0:
        return np.ones(contexts)
    ratio = own[level[:, 0] > 0] / level[level > 0][:, None]
    left = ratio[1:] - ratio[1:].mean(axis=0) if len(ratio) > 1 else np.zeros((1, contexts))
    chance = (n - 1) / n * np.nansum(left**2, axis=0).mean()  # nothing for very many respondents
    seen = ratio[0].var(ddof=1)
    kept = np.sqrt(max(0.0, 1 - chance / seen)) if seen > 0 else 0.0
    return np.asarray(np.maximum(1 + kept * (ratio[0] - 1), 0), dtype=np.float64)


def _grubbs(cells: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the variance (D, C) that each context has of its own, sum over values, of cells (C, N, V)."""
    contexts = len(cells)
    total = weights.sum(axis=1)
    means = np.einsum("dn,cnv->dcv", weights, cells) / total[:, None, None]
    products = np.einsum("anv,bnv->nab", cells, cells, optimize=True)
    covariance = np.einsum("dn,nab->dab", weights, products)
    covariance -= total[:, None, None] * np.einsum("dav,dbv->dab", means, means)
    covariance /= (total - 1)[:, None, None]
    own = np.diagonal(covariance, axis1=1, axis2=2)
    shared = covariance.sum(axis=2) - own  # of each context with all others
    others = (shared.sum(axis=1, keepdims=True) - 2 * shared) / 2  # of pairs without it
    pairs = (contexts - 1) * (contexts - 2)
    return np.asarray(own - 2 * shared / (contexts - 1) + 2 * others / pairs, dtype=np.float64)


def shared(sources: Sequence[Source]) -> float:
    """Return the correlation of models' persona effects, over all values and pairs, 0 to 1.

    It is the mean covariance of respondents' means over the mean of √(σ²_p σ²_p'): the noise of
    different models is independent, so it is no part of the covariance.
    """
    above, below = [], []
    for one, other in combinations(sources, 2):
        both = ~(np.isnan(one.persons) | np.isnan(other.persons)).any(axis=1)
        x, y = one.persons[both], other.persons[both]
        above.append(((x - x.mean(axis=0)) * (y - y.mean(axis=0))).sum(axis=0) / (both.sum() - 1))
        below.append(np.sqrt(one.variances["p"] * other.variances["p"]))
    whole = float(np.sum(below)) if below else 0.0
    return float(np.clip(np.sum(above) / whole, 0, 1)) if whole > 0 else 0.0


def simulated_scores(
    model: Source, plan: Plan, persons: FloatArray, shift: FloatArray, topics: IntArray,
    generator: np.random.Generator,
) -> FloatArray:  # fmt: skip
    """Return the scores (S, R, C, N, V) of simulated studies.

    Args:
        model: what its scores are made of.
        plan: the design.
        persons: standard normal effects (S, N, V) of the personas.
        shift: standard normal effects (S or 1, C, V) of the contexts.
        topics: places (S or 1, C) of the finished study's contexts.
        generator: of everything else.
    """
    n, c, r = plan
    sizes = {"pc": (1, c, n), "pr": (r, 1, n), "cr": (r, c, 1), "pcr": (r, c, n)}
    sd = {name: np.sqrt(variance).astype(np.float32) for name, variance in model.variances.items()}
    shape = (len(persons), r, c, n, model.means.size)
    scores = np.empty(shape, dtype=np.float32)
    own = model.means + sd["p"] * persons
    scores[:] = own.astype(np.float32)[:, None, None]
    scores += (sd["c"] * shift).astype(np.float32)[:, None, :, None]
    more = np.sqrt(model.disturbance)[topics][:, None, :, None, None].astype(np.float32)
    for name, size in sizes.items():
        # drawn also where it has no variance, so that similar models get the same numbers
        effect = generator.standard_normal((shape[0], *size, shape[-1]), dtype=np.float32)
        effect *= sd[name]
        if name == "pc":
            effect = effect * more
        scores += effect
    return np.asarray(scores)


def simulated_studies(
    models: Sequence[Source], plan: Plan, rho: float, simulations: int, seed: int,
    topics: Topics = "these",
) -> Iterator[list[FloatArray]]:  # fmt: skip
    """Yield the scores (S, R, C, N, V) of all models in some studies, until there are enough studies.

    The models play the same personas in the same contexts. What a context adds to all respondents of a model
    is drawn once where the contexts are these, as tests that take contexts as given have it.

    Args:
        models: what their scores are made of.
        plan: the design.
        rho: correlation of models' persona effects.
        simulations: number of studies.
        seed: of the simulation.
        topics: whether all studies have the same contexts.
    """
    if topics not in get_args(Topics):
        raise ValueError(f"topics must be one of {get_args(Topics)}, not {topics!r}")
    n, contexts, replicates = plan
    values, known = models[0].means.size, models[0].disturbance.size
    generator = np.random.default_rng([seed, *plan])
    shifts = generator.normal(size=(len(models), 1, contexts, values))
    step = max(1, SCORES_AT_ONCE // (n * contexts * replicates * values))
    for start in range(0, simulations, step):
        size = min(step, simulations - start)
        places = np.arange(contexts)[None] % known
        if topics == "drawn":
            places = (generator.random(size=(size, contexts)) * known).astype(np.int64)
            shifts = generator.normal(size=(len(models), size, contexts, values))
        common = generator.normal(size=(size, n, values))
        scores = []
        for model, shift in zip(models, shifts, strict=True):
            own = generator.normal(size=common.shape)
            persons = np.sqrt(rho) * common + np.sqrt(1 - rho) * own
            scores.append(simulated_scores(model, plan, persons, shift, places, generator))
        yield scores


def simulated_figures(
    models: Sequence[Source], plan: Plan, rho: float, simulations: int, seed: int,
    topics: Topics = "these",
) -> dict[str, FloatArray]:  # fmt: skip
    """Return by quantity the figures (models, 1 + C, 1 + N, simulations) of `simulated_studies`.

    The first is of the whole study; the others are without a context, without a respondent, and without both.
    Where the contexts are these, none is left out: (models, 1, 1 + N, simulations).
    """
    found: dict[str, list[FloatArray]] = {quantity: [] for quantity in QUANTITIES}
    for studies in simulated_studies(models, plan, rho, simulations, seed, topics):
        parts = [_figures(scores, topics) for scores in studies]
        for quantity, chunks in found.items():
            chunks.append(np.stack([part[quantity] for part in parts]))
    return {quantity: np.concatenate(chunks, axis=-1) for quantity, chunks in found.items()}


def _figures(scores: FloatArray, topics: Topics) -> dict[str, FloatArray]:
    """Return by quantity the figures (1 + C or 1, 1 + N, S) of studies (S, R, C, N, V)."""
    if topics == "these":
        means = {
            "rank_order": deleted_rank_order_mean(scores), "ipsative": deleted_ipsative_mean(scores),
        }  # fmt: skip
        return {q: mean[:, 0].T[None] for q, mean in means.items()}
    of_pairs = {"rank_order": deleted_rank_order(scores), "ipsative": deleted_ipsative(scores)}
    return {q: without_contexts(pairs, scores.shape[2]) for q, pairs in of_pairs.items()}
