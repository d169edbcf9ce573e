"""Agreement of readouts: Cohen's κ and Krippendorff's α on the same questions (methods 9).

Everything is made of counts of pairs of answers, one table (K, K) a respondent. So a bootstrap draw, and
leaving a respondent out, are weighted sums of these tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.estimation.model_stability import Estimate
from holdfast.stability.resampling.bootstrap import respondent_multiplicities, standard_error
from holdfast.stability.resampling.intervals import interval_of, kind_of, leave_one_out
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.stability_draws import Settings

NONE = -1
"""Place on the scale of an answer that could not be read."""


@dataclass(frozen=True)
class Read:
    """The same questions, read in several ways.

    Attributes:
        readouts: their names.
        places: what was read, as places on the scale from 0, or NONE (questions, readouts).
        respondent: whose answer it is, as index (questions,).
        respondents: N, also those without an answer.
        scale: the K ratings, ascending.
        note: what else to say of how they were read.
    """

    readouts: Sequence[str]
    places: IntArray
    respondent: IntArray
    respondents: int
    scale: Sequence[float]
    note: str = ""

    def of(self, readouts: Iterable[int]) -> Read:
        """Return the same with some of the readouts."""
        chosen = list(readouts)
        names = [self.readouts[i] for i in chosen]
        return replace(self, readouts=names, places=self.places[:, chosen])


Coefficient = Callable[[FloatArray, FloatArray], FloatArray]
"""From counts (D, K, K) and the scale (K,) to coefficients (D,), NaN where undefined."""


def kappa(counts: FloatArray, scale: FloatArray) -> FloatArray:
    """Return Cohen's κ (1960) of two readers' tables: rows one reader, columns the other."""
    return _kappa(counts, 1 - np.eye(len(scale)))


def weighted_kappa(counts: FloatArray, scale: FloatArray) -> FloatArray:
    """Return κ with quadratic weights (Cohen 1968): a disagreement counts as its squared size."""
    return _kappa(counts, (scale[:, None] - scale) ** 2)


def ordinal_alpha(coincidences: FloatArray, scale: FloatArray) -> FloatArray:
    """Return Krippendorff's α (2019, ch. 12) for ordered ratings.

    Two ratings are apart by the answers between them, their own halved.
    """
    above = coincidences.sum(axis=-1)
    middle = above.cumsum(axis=-1) - above / 2
    return _alpha(coincidences, (middle[..., :, None] - middle[..., None, :]) ** 2)


def interval_alpha(coincidences: FloatArray, scale: FloatArray) -> FloatArray:
    """Return Krippendorff's α for ratings whose differences count as they are."""
    return _alpha(coincidences, (scale[:, None] - scale) ** 2)


def _kappa(counts: FloatArray, apart: FloatArray) -> FloatArray:
    """Return 1 - observed / expected disagreement of tables (D, K, K)."""
    n = counts.sum(axis=(-1, -2))
    expected = counts.sum(axis=-1)[..., :, None] * counts.sum(axis=-2)[..., None, :]
    return _one_less((counts * apart).sum(axis=(-1, -2)) * n, (expected * apart).sum(axis=(-1, -2)))


def _alpha(coincidences: FloatArray, apart: FloatArray) -> FloatArray:
    """Return 1 - (n - 1) Σ o δ² / Σ n n' δ² of coincidences (D, K, K)."""
    n = coincidences.sum(axis=(-1, -2))
    each = coincidences.sum(axis=-1)
    expected = (each[..., :, None] * each[..., None, :] * apart).sum(axis=(-1, -2))
    return _one_less((coincidences * apart).sum(axis=(-1, -2)) * (n - 1), expected)


def _one_less(observed: FloatArray, expected: FloatArray) -> FloatArray:
    result = np.full(observed.shape, np.nan)
    np.divide(observed, expected, out=result, where=expected > 0)
    return np.asarray(1 - result, dtype=np.float64)


def pair_counts(read: Read) -> FloatArray:
    """Return how often two readouts gave which pair of ratings (N, K, K), where both gave one."""
    both = (read.places != NONE).all(axis=1)
    k = len(read.scale)
    cell = (read.respondent * k + read.places[:, 0]) * k + read.places[:, 1]
    flat = np.bincount(cell[both], minlength=read.respondents * k * k)
    return flat.reshape(read.respondents, k, k).astype(np.float64)


def coincidences(read: Read) -> FloatArray:
    """Return the coincidences (N, K, K): of each question all ordered pairs, over its answers less one."""
    k, count = len(read.scale), (read.places != NONE).sum(axis=1)
    flat = np.zeros(read.respondents * k * k)
    for a, b in combinations(range(len(read.readouts)), 2):
        one, other = read.places[:, a], read.places[:, b]
        both = (one != NONE) & (other != NONE)
        for x, y in ((one, other), (other, one)):
            cell = ((read.respondent * k + x) * k + y)[both]
            flat += np.bincount(cell, 1 / (count[both] - 1), minlength=flat.size)
    return flat.reshape(read.respondents, k, k)


OF_PAIRS: tuple[tuple[Quantity, Coefficient], ...] = (
    ("readout_kappa", kappa), ("readout_kappa_weighted", weighted_kappa),
)  # fmt: skip
OF_ALL: tuple[tuple[Quantity, Coefficient], ...] = (
    ("readout_alpha_ordinal", ordinal_alpha), ("readout_alpha_interval", interval_alpha),
)  # fmt: skip
NAMES = {
    "readout_kappa": "Cohen's kappa",
    "readout_kappa_weighted": "Cohen's kappa, quadratic weights",
    "readout_alpha_ordinal": "Krippendorff's alpha, ordinal",
    "readout_alpha_interval": "Krippendorff's alpha, interval",
}


def readout_agreement(read: Read, settings: Settings, simulations: int) -> list[Estimate]:
    """Return the rows: κ and α for every two readouts, and α of all of them.

    Args:
        read: the questions and what was read.
        settings: draws, confidence and seed.
        simulations: of random answers, for the null.
    """
    rows = []
    for pair in combinations(range(len(read.readouts)), 2):
        own = read.of(pair)
        rows += _rows(own, pair_counts(own), OF_PAIRS, settings, simulations)
        rows += _rows(own, coincidences(own), OF_ALL, settings, simulations)
    everything = _rows(read, coincidences(read), OF_ALL, settings, simulations, pooled=True)
    return [*everything, *rows]


def _rows(
    read: Read, counts: FloatArray, coefficients: Sequence[tuple[Quantity, Coefficient]],
    settings: Settings, simulations: int, pooled: bool = False,
) -> list[Estimate]:  # fmt: skip
    """Return a row of each coefficient, all of the same counts (N, K, K)."""
    some = counts.sum(axis=(1, 2)) > 0
    drawn = respondent_multiplicities(read.respondents, settings.draws, settings.seed)
    tables = [
        counts.sum(axis=0), _weighted(drawn, counts), _weighted(leave_one_out(some), counts),
        _random_counts(read, coefficients is OF_PAIRS, simulations, settings.seed),
    ]  # fmt: skip
    scale = np.asarray(read.scale, dtype=np.float64)
    return [
        _row(
            quantity,
            [of(table, scale) for table in tables],
            read,
            settings,
            int(some.sum()),
            pooled,
        )
        for quantity, of in coefficients
    ]


def _row(
    quantity: Quantity, figures: Sequence[FloatArray], read: Read, settings: Settings, n: int,
    pooled: bool,
) -> Estimate:  # fmt: skip
    """Return the row of a coefficient: the estimate, draws, without each respondent, and random ones."""
    estimate, draws, left, random = figures
    ok = not np.isnan(estimate)
    lower, upper = interval_of(
        quantity, estimate, draws, left, settings.confidence, read.respondents
    )
    return Estimate(
        quantity, None, None if pooled else read.readouts[0], None if pooled else read.readouts[1], None,
        estimate=float(estimate), lower=float(lower) if ok else np.nan,
        upper=float(upper) if ok else np.nan, se=float(standard_error(draws)) if ok else np.nan,
        n=n, undefined=_left_out(read),
        null_mean=float(random.mean()) if random.size else np.nan,
        null_sd=float(random.std(ddof=1)) if random.size > 1 else np.nan,
        method=f"{NAMES[quantity]}; {_used(read)}; cluster bootstrap over respondents, "
        f"{len(draws)} draws, {kind_of(left)} {100 * settings.confidence:g} %",
        status="ok" if ok else "not_estimable",
    )  # fmt: skip


def _weighted(weights: IntArray, counts: FloatArray) -> FloatArray:
    """Return the counts (D, K, K) under weights of respondents (D, N)."""
    flat = weights.astype(np.float64) @ counts.reshape(len(counts), -1)
    return np.asarray(flat.reshape(-1, *counts.shape[1:]), dtype=np.float64)


def _left_out(read: Read) -> int:
    """Count the questions that some readout has no rating for."""
    return int((read.places == NONE).any(axis=1).sum())


def _used(read: Read) -> str:
    """Say how many questions there are, and which readout could not be read how often."""
    lost = (read.places == NONE).sum(axis=0)
    parts = [f"{n} not read by {name}" for name, n in zip(read.readouts, lost, strict=True) if n]
    parts += [read.note] if read.note else []
    return ", ".join([f"{' and '.join(read.readouts)} on {len(read.places)} questions", *parts])


def _random_counts(read: Read, pairs: bool, simulations: int, seed: int) -> FloatArray:
    """Return counts (simulations, K, K) if all readouts answer at random, where they did answer."""
    random, k = np.random.default_rng([seed, len(read.readouts)]), len(read.scale)
    result = np.zeros((simulations, k, k))
    answered, questions = np.unique(read.places != NONE, axis=0, return_counts=True)
    for readouts, count in zip(answered, questions, strict=True):
        if readouts.sum() > 1:
            patterns = np.array(list(product(range(k), repeat=int(readouts.sum()))))
            own = read.of(np.flatnonzero(readouts))
            each = replace(
                own, places=patterns, respondent=np.arange(len(patterns)), respondents=len(patterns)
            )
            shares = np.full(len(patterns), 1 / len(patterns))
            drawn = random.multinomial(count, shares, size=simulations)
            result += _weighted(drawn, pair_counts(each) if pairs else coincidences(each))
    return result
