"""Option orders: uniform permutations that depend on what they are for and on nothing else."""

import math
from collections import Counter
from itertools import pairwise, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from holdfast.design.facets.option_orders import option_order

SCALE = (6, 5, 4, 3, 2, 1)
units = st.sampled_from(["item", "replicate", "fixed"])
scales = st.lists(st.integers(-9, 99), min_size=2, max_size=26, unique=True)


def orders(
    unit="item", seed=1, replicates=(1,), respondents=("a",), contexts=("joke",), items=(1,)
):
    """Return the orders of every combination, by (replicate, respondent, context, item)."""
    return {
        who: option_order(unit, seed, SCALE, *who)
        for who in product(replicates, respondents, contexts, items)
    }


@given(
    units,
    st.integers(0, 2**63),
    scales,
    st.integers(1, 99),
    st.text(),
    st.text(),
    st.integers(1, 99),
)
def test_order_is_a_permutation(unit, seed, ratings, replicate, respondent, context, item):
    order = option_order(unit, seed, ratings, replicate, respondent, context, item)
    assert sorted(order) == sorted(ratings)
    assert order == option_order(unit, seed, ratings, replicate, respondent, context, item)


@given(
    st.integers(0, 9), scales, st.tuples(st.integers(1, 9), st.text(), st.text(), st.integers(1))
)
def test_fixed_is_the_scale_s_own_order(seed, ratings, who):
    assert option_order("fixed", seed, ratings, *who) == tuple(ratings)


def test_orders_are_the_same_on_any_machine():
    """Computed once: old and new runs of a study must show the same orders."""
    assert option_order("item", 1, SCALE, 1, "frodo-baggins", "grammar", 1) == PINNED[0]
    assert option_order("replicate", 1, SCALE, 2, "frodo-baggins", "grammar", 40) == PINNED[1]


PINNED = [(2, 3, 1, 4, 5, 6), (2, 3, 5, 4, 6, 1)]


@pytest.mark.parametrize(("unit", "same"), [("item", 1 / 720), ("replicate", 1)])
def test_contexts_share_the_order_only_with_unit_replicate(unit, same):
    found = orders(
        unit, respondents=map(str, range(50)), contexts=("joke", "chess"), items=range(40)
    )
    pairs = [
        order == found[r, who, "chess", item]
        for (r, who, context, item), order in found.items() if context == "joke"
    ]  # fmt: skip
    assert len(pairs) == 2000
    assert sum(pairs) == 2000 if same == 1 else sum(pairs) < 12  # 2.8 expected


@pytest.mark.parametrize("unit", ["item", "replicate"])
@pytest.mark.parametrize("what", ["replicates", "respondents", "items", "seed"])
def test_everything_else_has_an_order_of_its_own(unit, what):
    many = [str(i) for i in range(1000)] if what == "respondents" else range(1000)
    if what == "seed":
        found = [option_order(unit, seed, SCALE, 1, "a", "joke", 1) for seed in many]
    else:
        found = list(orders(unit, **{what: many}).values())
    assert sum(a == b for a, b in pairwise(found)) < 9  # 1.4 expected
    assert len(set(found)) > 500  # 541 of 720 expected


def test_all_permutations_are_equally_likely():
    found = Counter(orders(respondents=map(str, range(400)), items=range(1, 91)).values())
    assert sum(found.values()) == 36000
    counts = [found[p] for p in permutations(SCALE)]
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("unit", ["item", "replicate"])
def test_each_option_stands_at_each_place_equally_often(unit):
    found = list(orders(unit, respondents=map(str, range(150)), items=range(1, 41)).values())
    for place in range(6):
        counts = Counter(order[place] for order in found)
        assert stats.chisquare([counts[r] for r in SCALE]).pvalue > 1e-4


@pytest.mark.parametrize("neighbour", ["items", "contexts", "replicates", "respondents"])
def test_neighbours_are_independent(neighbour):
    """The first options of two neighbouring administrations do not depend on each other."""
    pair = {
        "items": (1, 2),
        "contexts": ("joke", "poem"),
        "replicates": (1, 2),
        "respondents": "ab",
    }
    table = [[0] * 6 for _ in range(6)]
    for seed in range(4000):
        a, b = orders(seed=seed, **{neighbour: pair[neighbour]}).values()
        table[a[0] - 1][b[0] - 1] += 1
    assert stats.chi2_contingency(table).pvalue > 1e-4


def test_wider_study_leaves_every_order_as_it_was():
    narrow = orders(respondents="ab", contexts=("joke",), items=range(5))
    wide = orders(replicates=(1, 2), respondents="zab", contexts=("x", "joke"), items=range(9))
    assert wide.items() >= narrow.items()


def test_names_do_not_run_together():
    a = option_order("item", 1, range(26), 1, "ab", "c", 1)
    assert a != option_order("item", 1, range(26), 1, "a", "bc", 1)
    assert a != option_order("item", 1, range(26), 11, "ab", "c", 1)


def test_longer_scales_get_all_their_permutations():
    """Every option of the longest scale reaches the first place: the hash is long enough."""
    first = Counter(option_order("item", s, range(26), 1, "a", "b", 1)[0] for s in range(5200))
    assert stats.chisquare([first[i] for i in range(26)]).pvalue > 1e-4
    assert math.isclose(sum(first.values()), 5200)
