"""The stability that theory expects of the `simulated` reference, for normal scores.

A respondent's score of a value is profile + context shift + the mean of its items' order effects and
noise. `expected_rank_order` and `expected_ipsative` give what the statistics should find.
"""

from collections.abc import Mapping, Sequence

import numpy as np


def expected_rank_order(
    key: Mapping[str, Sequence[int]], profile: float, context: float, item: float, shared: float = 0
) -> float:
    """Return the expected Spearman correlation across many respondents, averaged over values.

    A value's centred score is a weighted sum of independent normal scores of all values. Between two
    contexts its Pearson correlation is ρ = profile variance / total variance, and Spearman's is
    6/π asin(ρ/2) (Pearson 1907).

    Args:
        key: each value's items.
        profile: standard deviation of the respondents' profiles.
        context: standard deviation of the context shifts.
        item: standard deviation of the items' order effects and noise together.
        shared: standard deviation of what each item keeps between contexts: of the order effects,
            where all contexts have the same option orders.
    """
    counts = np.array([len(items) for items in key.values()], float)
    weights = np.eye(len(counts)) - counts / counts.sum()  # (values, values): centring
    stable = (weights**2 * (profile**2 + shared**2 / counts)).sum(axis=1)
    shifting = (weights**2 * (context**2 + item**2 / counts)).sum(axis=1)
    return float(np.mean(6 / np.pi * np.arcsin(stable / (stable + shifting) / 2)))


def expected_ipsative(
    key: Mapping[str, Sequence[int]], profile: float, context: float, item: float, shared: float = 0
) -> float:
    """Return the expected Spearman correlation across the values of one respondent.

    Spearman's coefficient is 3/(n³ - n) Σ sign(x_i - x_j) sign(y_i - y_k) over all i, j, k (Kruskal
    1958), and for normal differences of correlation r the expected product of signs is 2/π asin(r).
    Centring moves all values of a respondent alike, so it does not matter here. Arguments as
    `expected_rank_order`.
    """
    counts = np.array([len(items) for items in key.values()], float)
    n = len(counts)
    stable = profile**2 + shared**2 / counts
    total = stable + context**2 + item**2 / counts
    spread = np.sqrt(total[:, None] + total[None, :])  # of x_i - x_j
    covariance = stable[:, None, None] + np.diag(stable)  # [i, j, k]: of x_i - x_j with y_i - y_k
    r = covariance / (spread[:, :, None] * spread[:, None, :])
    signs = 2 / np.pi * np.arcsin(np.clip(r, -1, 1))
    off = ~np.eye(n, dtype=bool)
    return float(3 / (n**3 - n) * (signs * (off[:, :, None] & off[:, None, :])).sum())
