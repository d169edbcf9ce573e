"""Ipsative stability: does a respondent keep the order of its values between two contexts?"""

from __future__ import annotations

from holdfast.stability.correlation.spearman import TIE_DECIMALS, FloatArray, pairwise_spearman


def ipsative(scores: FloatArray, decimals: int | None = TIE_DECIMALS) -> FloatArray:
    """Correlate each respondent's profile of values, for each replicate and pair of contexts.

    Centring a respondent's scores changes nothing here. A draw of respondents changes only the
    mean over respondents, so there is no version for draws.

    Args:
        scores: value scores (R, C, N, V), NaN = missing.
        decimals: decimals that decide about ties, None for floats as they are.

    Returns:
        Spearman correlations (R, P, N), pairs i < j; NaN = undefined. methods.md 5.2.
    """
    by_respondent = pairwise_spearman(scores.transpose(0, 2, 1, 3), decimals)
    return by_respondent.transpose(0, 2, 1)
