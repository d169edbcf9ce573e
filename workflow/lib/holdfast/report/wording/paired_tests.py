"""The tests that the page's sentences rest on: paired comparisons, also over wordings and other facets."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from holdfast.report.wording.estimate_selection import Scene
from holdfast.report.wording.facet_sentences import said_over_levels
from holdfast.stability.facets.facet_intervals import OVER_LEVELS
from holdfast.stability.resampling.quantities import Quantity

RAW: Mapping[str, Quantity] = {
    "rank_order": "rank_order",
    "rank_order_unbiased": "rank_order",
    "ipsative": "ipsative",
}
"""What of a quantity is averaged over levels."""


@dataclass(frozen=True)
class Tests:
    """Tests of models or families side by side.

    Attributes:
        p: corrected p of no difference, by pair of names in either order; empty: there are none.
        over: what a difference has to hold over, in words; empty: no facets.
    """

    p: Mapping[tuple[str, str], float]
    over: str = ""


def paired_tests(
    comparisons: pd.DataFrame | None, unit: str, scene: Scene, quantity: str, method: str
) -> Tests:
    """Return the tests of a quantity; with several wordings, of what holds in the first and over all of them.

    A difference holds over the levels of a facet where the means over levels differ too, in the same direction.
    Its p is the largest of these tests: each has to be significant, so that their number needs no correction.

    Args:
        comparisons: the table, or None.
        unit: model or family.
        scene: population and instrument.
        quantity: what is compared.
        method: of the comparison at the first levels.
    """
    if comparisons is None:
        return Tests({})
    c = comparisons
    own = c[
        c["level"].eq(unit) & c["population"].eq(scene[0]) & c["instrument"].eq(scene[1])
        & c["status"].eq("ok")
    ]  # fmt: skip
    first = own[own["facet"].eq("") & own["quantity"].eq(quantity) & own["method"].eq(method)]
    over = own[own["facet"].ne("") & own["quantity"].eq(OVER_LEVELS[RAW[quantity]])]
    further = [_by_pair(rows) for _, rows in over.groupby("facet", sort=False)]
    p: dict[tuple[str, str], float] = {}
    for pair, (difference, own_p) in _by_pair(first).items():
        found = [rows.get(pair, (0.0, 1.0)) for rows in further]
        same = all(difference * other > 0 for other, _ in found)
        p[pair] = p[pair[::-1]] = max([own_p, *(q for _, q in found)]) if same else 1.0
    return Tests(p, said_over_levels(over))


def _by_pair(rows: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float]]:
    """Return difference and corrected p of comparisons by their pair."""
    columns = (rows[c] for c in ("model_a", "model_b", "difference", "p_adjusted"))
    return {(a, b): (float(d), float(p)) for a, b, d, p in zip(*columns, strict=True)}
