"""Variance components of crossed designs: against the restricted maximum likelihood of lme4."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from golden_data import GOLDEN

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.facets.symmetric_sums import crossed_components, effects
from holdfast.stability.variance.anova import mean_squares
from holdfast.stability.variance.variance_components import variance_components

FOLDER = GOLDEN / "lme4"
REML = json.loads((FOLDER / "components.json").read_text())["variances"]
RELATIVE = 1e-5
"""lme4's estimates are 4e-6 or less from the analysis of variance: as near as its optimiser comes."""
LETTERS = {"respondent": "p", "context": "c", "replicate": "r"}


def scores(design: str) -> FloatArray:
    """Return a design's scores (N, levels of each other factor, V)."""
    table = pd.read_csv(FOLDER / f"{design}.csv")
    factors = [name for name in table if name not in REML[design]]
    assert table[factors].apply(tuple, axis=1).is_monotonic_increasing
    shape = [table[name].nunique() for name in factors]
    return table[list(REML[design])].to_numpy(np.float64).reshape(*shape, -1)


def weights(fits: str, n: int) -> FloatArray:
    """Return the weights of the respondents: once each, or with the first two times and the last not."""
    return np.array([[2.0, *[1.0] * (n - 2), 0.0] if "redrawn" in fits else [1.0] * n])


@pytest.mark.parametrize("fits", ["crossed", "crossed_redrawn", "one_replicate"])
def test_the_analysis_of_variance_finds_what_reml_does(fits: str) -> None:
    """Where the design is balanced and no estimate is at zero, the two are the same."""
    own = scores("crossed").transpose(2, 1, 0, 3)  # (R, C, N, V)
    own = own[:1] if fits == "one_replicate" else own
    replicates, contexts, n = own.shape[:3]
    squares = mean_squares(own, weights(fits, n))
    found = variance_components(squares, contexts, replicates)
    for place, (value, expected) in enumerate(REML[fits].items()):
        for effect, variance in expected.items():
            name = "".join(LETTERS[factor] for factor in effect.split(":"))
            part = found["pcr" if fits == "one_replicate" and name == "pc" else name]
            assert part[0, place] == pytest.approx(variance, rel=RELATIVE), (value, effect)


@pytest.mark.parametrize("fits", ["crossed", "crossed_redrawn", "facets", "facets_redrawn"])
def test_symmetric_sums_find_what_reml_does(fits: str) -> None:
    own = scores(fits.removesuffix("_redrawn"))
    found = crossed_components(own, weights(fits, len(own)))
    for place, (value, expected) in enumerate(REML[fits].items()):
        assert len(expected) == len(effects(own.ndim - 1))
        for effect, variance in zip(effects(own.ndim - 1), expected.values(), strict=True):
            assert found[effect][0, place] == pytest.approx(variance, rel=RELATIVE), (value, effect)
