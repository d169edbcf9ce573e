"""What the rows of figures about facets are named in the table of estimates."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from holdfast.stability.correlation.undefined_correlations import Level
from holdfast.stability.estimation.context_layout import Layout
from holdfast.stability.facets.facet_components import (
    effect_names,
    factors_of,
    planned_names,
    sources_of,
)

Pair = tuple[str, str]


def facet_names(told: Layout, replicates: int) -> Mapping[Level, list[Pair]]:
    """Return `context_a` and `context_b` of the figures of each level, in their order; nothing without facets.

    Args:
        told: which contexts are compared with which.
        replicates: how many there are.
    """
    if not told.facets:
        return {}
    named = {facet: [f"{facet}={level}" for level in of] for facet, of in told.facets.items()}
    factors = factors_of(len(told.grid), list(told.facets), replicates)
    return {
        "level": [(level, "") for of in named.values() for level in of],
        "levels": [pair for of in named.values() for pair in combinations(of, 2)],
        "facet": [(facet, "") for facet in named],
        "source": [(name, "") for name in sources_of(factors)],
        "component": [(name, "") for name in effect_names(factors)],
        "planned": planned_names(factors),
    }
