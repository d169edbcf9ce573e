"""The same respondents in the same conversations, seen from several sides: their own, and observers'."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from holdfast.stability.correlation.rank_order import rank_order_draws
from holdfast.stability.correlation.spearman import (
    FloatArray,
    IntArray,
    pairwise_spearman_draws,
    spearman,
)
from holdfast.stability.correlation.undefined_correlations import UndefinedRule


@dataclass(frozen=True)
class Views:
    """Scores of the same respondents from several sides.

    Attributes:
        sides: (S, R, C, N, V), NaN = missing. First the self-report, then the observer; or all observers.
        truth: latent profiles (N, V); None: not known.
        undefined: what undefined correlations count as.
    """

    sides: FloatArray
    truth: FloatArray | None = None
    undefined: UndefinedRule = "zero"

    def at(self, contexts: IntArray) -> Views:
        """Return the same in some contexts, by their places."""
        return replace(self, sides=self.sides[:, :, contexts])

    def of_others(self, random: np.random.Generator) -> Views:
        """Return each side's scores given to other respondents, the same one in all sessions.

        It is what observers would say who read somebody else's conversations: a respondent's sessions stay
        together, since they are alike whatever they tell of the values.
        """
        respondents = self.sides.shape[3]
        mixed = [side[:, :, random.permutation(respondents)] for side in self.sides]
        return replace(self, sides=np.stack(mixed))

    def mixed_up(self, random: np.random.Generator) -> Views:
        """Return each side's scores given to other respondents, to another one in each session."""
        flat = self.sides.reshape(-1, *self.sides.shape[3:])
        mixed = np.stack([cell[random.permutation(len(cell))] for cell in flat])
        return replace(self, sides=mixed.reshape(self.sides.shape))


def of_both(
    said: FloatArray, seen: FloatArray, truth: FloatArray | None, rule: UndefinedRule
) -> Views:
    """Return the self-report and one observer (R, C, N, V), each without what the other lacks."""
    known = ~(np.isnan(said) | np.isnan(seen))
    return Views(np.where(known, np.stack([said, seen]), np.nan), truth, rule)


def over_respondents(first: FloatArray, second: FloatArray, weights: FloatArray) -> FloatArray:
    """Return Spearman's correlations (D, R, C, V) over respondents of scores (R, C, N, V), cell by cell.

    Args:
        first: NaN = missing, left out pairwise.
        second: the same.
        weights: of the respondents (D, N).
    """
    a, b = (np.moveaxis(scores, 2, -1) for scores in (first, second))
    if (weights == 1).all():
        return np.broadcast_to(spearman(a, b), (len(weights), *a.shape[:-1]))
    drawn, found = np.ascontiguousarray(weights.T), np.empty((len(weights), *a.shape[:-1]))
    for at in np.ndindex(a.shape[:-1]):
        found[(slice(None), *at)] = pairwise_spearman_draws(np.stack([a[at], b[at]]), drawn)[0]
    return found


def over_values(first: FloatArray, second: FloatArray, draws: int) -> FloatArray:
    """Return Spearman's correlations (D, R, C, N) over a respondent's values, the same in all draws."""
    cells = spearman(first, second)
    return np.broadcast_to(cells, (draws, *cells.shape))


def between_contexts(scores: FloatArray, weights: FloatArray) -> FloatArray:
    """Return Spearman's correlations (D, R, P, V) over respondents between contexts of (R, C, N, V)."""
    return rank_order_draws(scores, weights.astype(np.int64))
