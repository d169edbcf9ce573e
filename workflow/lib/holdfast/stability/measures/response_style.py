"""Response style: what the answers show whatever was asked (methods 9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import poch

from holdfast.design.instruments import Instrument
from holdfast.stability.correlation.spearman import FloatArray, IntArray
from holdfast.stability.estimation.model_stability import Estimate, Status
from holdfast.stability.resampling.bootstrap import respondent_multiplicities, standard_error
from holdfast.stability.resampling.intervals import interval_of, kind_of, leave_one_out
from holdfast.stability.resampling.quantities import Quantity
from holdfast.stability.resampling.stability_draws import Settings

NAN = float("nan")
ADMINISTRATION = ["respondent", "context", "replicate"]


def response_style(
    ratings: pd.DataFrame, respondents: Sequence[str], options: Sequence[int], settings: Settings,
    *, fixed_order: bool, shown: int | None = None,
) -> list[Estimate]:  # fmt: skip
    """Return the rows of six quantities, pooled over everything; of seven with options that are no rating.

    Args:
        ratings: table `ratings` of one model, population and instrument, as the options were chosen.
        respondents: those that are drawn.
        options: ratings of the response scale.
        settings: draws, confidence and seed.
        fixed_order: whether the options always stood in the same order; then a preference for
            places is one for ratings, and `position_bias` is `confounded`.
        shown: how many options there are; by default all have a rating.
    """
    ends = (min(options), max(options))
    read = _answers_read(ratings)
    rating = read["rating"].to_numpy(float)
    uniform = np.array(options, dtype=np.float64)
    at_ends, leans = np.isin(uniform, ends).mean(), _leaning(uniform, options)
    extreme = np.where(np.isnan(rating), NAN, np.isin(rating, ends))

    def row(quantity: Quantity, x: Any, of: pd.DataFrame, mean: float, sd: float, how: str) -> Any:
        return _mean_row(quantity, np.asarray(x, float), of, respondents, settings, (mean, sd), how)

    wrong, places = ~ratings.index.isin(read.index), shown or len(options)
    rows = [
        _position_row(read, places, settings, fixed_order),
        row("acquiescence", _leaning(rating, options), read, float(leans.mean()), float(leans.std()),
            "mean rating, the scale's ends as -1 and 1"),
        row("extremity", extreme, read, float(at_ends), float(np.sqrt(at_ends * (1 - at_ends))),
            "share of choices at the scale's ends"),
        row("letter_mass", ratings["mass"], ratings, NAN, NAN, "mean probability of all letters"),
        row("entropy", ratings["entropy"], ratings, NAN, NAN,
            "mean entropy of the options' probabilities, uniform as 1"),
        row("invalid_share", wrong, ratings, NAN, NAN, "share of answers that can't be read"),
    ]  # fmt: skip
    if places > len(options):
        none = ratings["status"].eq("no_rating")
        how = "share of answers whose option is no rating"
        rows.append(row("no_rating_share", none, ratings, NAN, NAN, how))
    return rows


def balanced_acquiescence(
    ratings: pd.DataFrame, instrument: Instrument, respondents: Sequence[str], settings: Settings
) -> list[Estimate]:
    """Return the row of the mean rating over items of both directions; none where no value has both.

    In each administration, and for each value that has both, it is the mean of two means: of the items that
    speak for the value and of the reversed ones, as rated. What a respondent values cancels out.

    Args:
        ratings: table `ratings` of one model, population and instrument, as the options were chosen.
        instrument: the questionnaire.
        respondents: those that are drawn.
        settings: draws, confidence and seed.
    """
    if not instrument.has_both_directions():
        return []
    key = pd.DataFrame([vars(k) for k in instrument.key()])
    sides = key.groupby(["value", "reversed"]).size().unstack(fill_value=0)
    both = sides[(sides > 0).all(axis=1)]
    own = key[key["value"].isin(both.index)]
    read = _answers_read(ratings).drop(columns="value").merge(own, on="item")
    scale = instrument.ratings()
    read = read.assign(x=_leaning(read["rating"].to_numpy(float), scale))
    groups = read.groupby([*ADMINISTRATION, "value", "reversed"])["x"].mean().unstack("reversed")
    means = groups.reindex(columns=[False, True]).mean(axis=1, skipna=False)
    of_each = means.groupby(level=ADMINISTRATION).mean().rename("x").reset_index()
    drawn = _leaning(np.array(scale, float), scale)
    share = float(np.sqrt((1 / both).to_numpy().sum()) / (2 * len(both)))
    null = (float(drawn.mean()), float(drawn.std()) * share)
    how = (
        "mean rating over items of both directions, the scale's ends as -1 and 1, "
        f"{len(both)} of {len(instrument.values)} values"
    )
    x = of_each["x"].to_numpy(float)
    return [_mean_row("acquiescence_balanced", x, of_each, respondents, settings, null, how)]


def _answers_read(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return the answers in which an option was read, and not drawn."""
    return ratings[(ratings["position"] > 0) & ratings["status"].ne("random")]


def _leaning(ratings: FloatArray, options: Sequence[int]) -> FloatArray:
    """Return ratings on a scale whose ends are -1 and 1 and whose midpoint is 0."""
    low, high = min(options), max(options)
    return np.asarray((2 * ratings - low - high) / (high - low), dtype=np.float64)


def position_bias(positions: FloatArray, options: int) -> float:
    """Return √(χ² / (n (K - 1))) of places from 1 to K against all being equally often chosen.

    0: equally often; 1: always the same place (Cramér's V against a known distribution).
    """
    share = np.bincount(np.asarray(positions, dtype=np.int64) - 1, minlength=options)
    share = share / max(1, share.sum())
    return float(np.sqrt(options / (options - 1) * ((share - 1 / options) ** 2).sum()))


def _position_row(read: pd.DataFrame, options: int, settings: Settings, fixed: bool) -> Estimate:
    """Return the row of the position bias; noise alone lifts it above 0, so it has no interval."""
    status: Status = "confounded" if fixed else "ok" if len(read) else "not_estimable"
    ok = status == "ok"
    scale = np.sqrt(max(1, len(read)) * (options - 1))
    mean = np.sqrt(2) * poch((options - 1) / 2, 0.5)  # of chi; scipy.stats takes a second to load
    return Estimate(
        "position_bias", None, None, None, None,
        estimate=position_bias(read["position"].to_numpy(float), options) if ok else NAN,
        lower=NAN, upper=NAN, se=NAN, n=read["respondent"].nunique(), undefined=0,
        null_mean=float(mean / scale), null_sd=float(np.sqrt(options - 1 - mean**2) / scale),
        method="places of the choices, root of chi-square over its largest; no interval",
        status=status,
    )  # fmt: skip


def _mean_row(
    quantity: Quantity, x: FloatArray, of: pd.DataFrame, respondents: Sequence[str],
    settings: Settings, null: tuple[float, float], how: str,
) -> Estimate:  # fmt: skip
    """Return the row of a mean over answers, with an interval over respondents."""
    known = ~np.isnan(x)
    who = pd.Index(respondents).get_indexer(pd.Index(of["respondent"]))[known]
    sums, counts = (_per(who, v, len(respondents)) for v in (x[known], np.ones(known.sum())))
    ok = bool(counts.sum())
    mean = sums.sum() / counts.sum() if ok else NAN
    drawn = respondent_multiplicities(len(respondents), settings.draws, settings.seed)
    draws, left = (_means(w, sums, counts) for w in (drawn, leave_one_out(counts > 0)))
    lower, upper = interval_of(
        quantity, np.array(mean), draws, left, settings.confidence, len(respondents)
    )  # fmt: skip
    return Estimate(
        quantity, None, None, None, None, estimate=float(mean), lower=float(lower),
        upper=float(upper), se=float(standard_error(draws)), n=int((counts > 0).sum()), undefined=0,
        null_mean=null[0], null_sd=null[1] / np.sqrt(max(1, known.sum())),
        method=f"{how}; cluster bootstrap over respondents, {settings.draws} draws, "
        f"{kind_of(left)} {100 * settings.confidence:g} %",
        status="ok" if ok else "not_estimable",
    )  # fmt: skip


def _means(weights: IntArray, sums: FloatArray, counts: FloatArray) -> FloatArray:
    """Return means of answers (D,) under weights of respondents (D, N)."""
    below, means = weights @ counts, np.full(len(weights), NAN)
    np.divide(weights @ sums, below, out=means, where=below > 0)
    return means


def _per(who: Any, x: FloatArray, count: int) -> FloatArray:
    """Return the sums of x by respondent (count,)."""
    return np.bincount(who, weights=x, minlength=count).astype(np.float64)
