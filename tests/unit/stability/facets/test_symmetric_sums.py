"""Components of crossed designs: against pairs counted one by one, mean squares, and a known truth."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.stability.facets.symmetric_sums import crossed_components, effects
from holdfast.stability.variance.anova import mean_squares
from holdfast.stability.variance.variance_components import variance_components


def by_pairs(scores: np.ndarray) -> dict[tuple[int, ...], float]:
    """Return the components of complete scores (N, levels), each pair of scores looked at alone."""
    known = [at for at in np.ndindex(scores.shape) if not np.isnan(scores[at])]
    sums: dict[tuple[int, ...], list[float]] = {}
    for one, other in product(known, known):
        same = tuple(axis for axis, (a, b) in enumerate(zip(one, other, strict=True)) if a == b)
        sums.setdefault(same, []).append(scores[one] * scores[other])
    means = {same: float(np.mean(products)) for same, products in sums.items()}
    found: dict[tuple[int, ...], float] = {}
    for effect in effects(scores.ndim):
        within = [part for part in means if set(part) <= set(effect)]
        lacking = 2 ** len(effect) - len(within)
        alternating = sum((-1) ** (len(effect) - len(part)) * means[part] for part in within)
        found[effect] = alternating if not lacking else np.nan
    return found


@given(
    shape=st.sampled_from([(3, 2), (4, 3), (3, 2, 2), (4, 3, 2), (3, 2, 3, 2)]),
    seed=st.integers(0, 2**32 - 1), missing=st.booleans(),
)  # fmt: skip
@settings(deadline=None, max_examples=30)
def test_components_are_those_of_pairs_counted_one_by_one(
    shape: tuple[int, ...], seed: int, missing: bool
) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=shape)
    if missing:  # a combination that nobody was asked at
        scores[:, *(generator.integers(size) for size in shape[1:])] = np.nan
    found = crossed_components(scores[..., None], np.ones((1, shape[0])))
    for effect, expected in by_pairs(scores - np.nanmean(scores)).items():
        assert found[effect][0, 0] == pytest.approx(expected, abs=1e-10, nan_ok=True), effect


def test_in_a_balanced_design_they_are_those_of_the_analysis_of_variance() -> None:
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(3, 4, 10, 2)) + generator.normal(size=(10, 2))  # R, C, N, V
    weights = generator.multinomial(10, np.full(10, 0.1), size=5).astype(float)
    weights[0] = 1
    scores[0, 0, 3, 1] = np.nan  # left out of the second value
    found = crossed_components(scores.transpose(2, 1, 0, 3), weights)
    expected = variance_components(mean_squares(scores, weights), 4, 3)
    names = {
        (0,): "p", (1,): "c", (2,): "r", (0, 1): "pc", (0, 2): "pr", (1, 2): "cr", (0, 1, 2): "pcr"
    }  # fmt: skip
    for effect, name in names.items():
        np.testing.assert_allclose(found[effect], expected[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("single", [False, True], ids=["full", "single"])
def test_planted_components_are_recovered(single: bool) -> None:
    shape, planted = (4000, 6, 4, 2), {
        (0,): 0.5, (2,): 0.3, (0, 1): 0.2, (0, 2): 0.25, (0, 1, 2): 0.1, (0, 1, 2, 3): 0.4
    }  # fmt: skip
    generator = np.random.default_rng(3)
    scores = np.zeros(shape)
    for effect, variance in planted.items():
        size = [shape[axis] if axis in effect else 1 for axis in range(4)]
        scores = scores + np.sqrt(variance) * generator.normal(size=size)
    if single:  # other levels of the third factor for half of the second factor's
        scores[:, 3:, 1:] = np.nan
    found = crossed_components(scores[..., None], np.ones((1, shape[0])))
    for effect in effects(4):
        if 0 in effect:  # the others have few levels
            assert found[effect][0, 0] == pytest.approx(planted.get(effect, 0), abs=0.03), effect


def test_nobody_who_lacks_a_score_is_counted_and_too_few_are_no_estimate() -> None:
    scores = np.random.default_rng(2).normal(size=(6, 3, 2, 1))
    alone = crossed_components(scores[:5], np.ones((1, 5)))
    scores[5, 1, 1] = np.nan
    found = crossed_components(scores, np.ones((1, 6)))
    for effect, part in alone.items():
        assert found[effect] == pytest.approx(part)
    few = crossed_components(scores[4:], np.ones((1, 2)))
    assert all(np.isnan(part).all() for part in few.values())
