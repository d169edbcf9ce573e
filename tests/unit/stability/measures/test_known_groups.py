"""Default profile, known groups, the share of personas and response style: by hand and on known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare, spearmanr

from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.measures.default_profile import default_profile, mean_ranks
from holdfast.stability.measures.known_groups import known_groups
from holdfast.stability.measures.response_style import position_bias, response_style
from holdfast.stability.resampling.stability_draws import Settings
from holdfast.stability.variance.variance_components import components

SETTINGS = Settings(draws=100)
RESPONDENTS = [f"r{i}" for i in range(20)]


def test_mean_ranks_by_hand() -> None:
    scores = np.array([[1.0, 2, 3], [3, 1, 1], [np.nan, 0, 0]])[None, None]
    assert mean_ranks(scores).tolist() == [(1 + 3) / 2, (2 + 1.5) / 2, (3 + 1.5) / 2]
    with pytest.raises(ValueError, match="no complete profile"):
        mean_ranks(scores[:, :, 2:])


def test_default_profile_by_hand() -> None:
    rng = np.random.default_rng(0)
    scores, without = rng.normal(size=(2, 3, 20, 5)), rng.normal(size=(2, 3, 8, 5))
    rows, draws = default_profile(scores, without, list("abc"), list("vwxyz"), SETTINGS)
    profile = mean_ranks(without)
    by_hand = [spearmanr(s, profile).statistic for s in scores.reshape(-1, 5)]
    assert rows[0].quantity == "default_profile" and draws.shape == (100,)
    assert rows[0].estimate == pytest.approx(np.mean(by_hand))
    assert rows[0].lower < rows[0].estimate < rows[0].upper
    same, _ = default_profile(
        np.tile(profile, (1, 2, 4, 1)), without, list("ab"), list("vwxyz"), SETTINGS
    )
    assert same[0].estimate == pytest.approx(1)


def test_default_profile_needs_the_population_none() -> None:
    rows, _ = default_profile(np.zeros((1, 2, 4, 3)), None, list("ab"), list("xyz"), SETTINGS)
    assert [r.status for r in rows] == ["needs_population_none"] and np.isnan(rows[0].estimate)


def test_known_groups_by_hand() -> None:
    scores = np.random.default_rng(0).normal(size=(2, 3, 20, 4))
    groups = {
        r: "villain" if i < 5 else "hero" if i < 12 else "other" for i, r in enumerate(RESPONDENTS)
    }
    statistic = known_groups(RESPONDENTS, groups)
    assert statistic is not None
    figure = statistic.compute(Sample(scores), np.ones((1, 20)))[0]
    by_hand = scores[:, :, :5].mean(axis=(0, 1, 2)) - scores[:, :, 5:12].mean(axis=(0, 1, 2))
    assert figure.mean[0] == pytest.approx(by_hand)
    assert known_groups(RESPONDENTS, dict.fromkeys(RESPONDENTS, "hero")) is None


@pytest.mark.parametrize(("signal", "share"), [(0.0, 0.0), (1.0, 0.5), (3.0, 0.9)])
def test_share_of_personas(signal: float, share: float) -> None:
    rng = np.random.default_rng(0)
    scores = signal * rng.normal(size=(2000, 3)) + rng.normal(size=(2, 3, 2000, 3))
    figures = {
        (f.quantity, f.level): f.mean for f in components(Sample(scores), np.ones((1, 2000)))
    }
    assert figures["persona_share", "pooled"][0] == pytest.approx(share, abs=0.02)


def answers(position: np.ndarray, rating: np.ndarray, status: str = "ok") -> pd.DataFrame:
    """Return a table of answers, the same number for each respondent."""
    who = np.repeat(RESPONDENTS, len(position) // 20)
    return pd.DataFrame({"respondent": who, "position": position, "rating": rating, "status": status,
                         "mass": 0.5, "entropy": 0.25})  # fmt: skip


def style(table: pd.DataFrame, **changes: bool) -> dict:
    options = {"fixed_order": False} | changes
    found = response_style(table, RESPONDENTS, [6, 5, 4, 3, 2, 1], SETTINGS, **options)
    return {row.quantity: row for row in found}


def test_position_bias_is_chi_square_over_its_largest() -> None:
    positions = np.random.default_rng(0).integers(1, 5, 300)  # of six places two are never chosen
    counts = np.bincount(positions, minlength=7)[1:]
    expected = np.sqrt(chisquare(counts).statistic / (300 * 5))
    assert position_bias(positions, 6) == pytest.approx(expected)
    assert position_bias(np.full(50, 3), 6) == pytest.approx(1)
    assert position_bias(np.tile(np.arange(1, 7), 5), 6) == pytest.approx(0)


def test_random_answers_have_no_style() -> None:
    """Over 200 studies the figures have the mean and spread that the null says."""
    rng, found = np.random.default_rng(0), []
    for _ in range(200):
        found.append(style(answers(rng.integers(1, 7, 400), rng.integers(1, 7, 400).astype(float))))
    for quantity in ("position_bias", "acquiescence", "extremity"):
        row, seen = found[0][quantity], [f[quantity].estimate for f in found]
        assert np.mean(seen) == pytest.approx(row.null_mean, abs=4 * row.null_sd / np.sqrt(200))
        assert np.std(seen) == pytest.approx(row.null_sd, rel=0.25)


def test_style_by_hand() -> None:
    table = answers(np.tile([1, 1, 2, 0], 20), np.tile([6.0, 6, 1, np.nan], 20))
    found = style(table)
    assert found["acquiescence"].estimate == pytest.approx((1 + 1 - 1) / 3)
    assert found["extremity"].estimate == 1
    assert found["invalid_share"].estimate == 0.25
    assert found["letter_mass"].estimate == 0.5 and found["entropy"].estimate == 0.25
    assert found["acquiescence"].n == 20 and found["acquiescence"].status == "ok"
    confounded = style(table, fixed_order=True)["position_bias"]
    assert confounded.status == "confounded" and np.isnan(confounded.estimate)


def test_drawn_answers_are_invalid_and_no_style() -> None:
    table = answers(np.ones(40, int), np.full(40, 6.0), "random")
    found = style(table)
    assert found["invalid_share"].estimate == 1
    for quantity in ("position_bias", "acquiescence", "extremity"):
        assert found[quantity].status == "not_estimable" and np.isnan(found[quantity].estimate)
