"""A difference is claimed only where it holds over wordings too, and the sentence says so."""

import pandas as pd
import pytest
from report_data import entry, estimates_table

from holdfast.report.wording.paired_tests import paired_tests
from holdfast.report.wording.summary import summaries

ABOUT = {
    "level": "model",
    "model_a": "a",
    "model_b": "b",
    "population": "fictional",
    "status": "ok",
}


def comparisons(
    p_over: float, difference: float = 0.3, method: str = "paired_contexts_levels",
    facets: tuple[str, ...] = ("wording",),
) -> pd.DataFrame:  # fmt: skip
    """Return the comparison of two models that differ at the first wording, and over the levels of facets."""
    rows = [
        ABOUT | {"quantity": q, "method": "paired_bootstrap", "facet": "", "difference": 0.4,
                 "p_adjusted": 1e-4}
        for q in ("rank_order", "ipsative")
    ] + [
        ABOUT | {"quantity": f"{q}_over_levels", "method": method, "facet": facet, "difference": difference,
                 "p_adjusted": p_over}
        for q in ("rank_order", "ipsative") for facet in facets
    ]  # fmt: skip
    return pd.DataFrame(rows)


def first_detail(found: pd.DataFrame) -> str:
    models = {n: entry(n.upper()) for n in "ab"}
    estimates = estimates_table(models, {"a": 0.9, "b": 0.5}, ["fictional"])
    found = found.assign(instrument=estimates["instrument"].iloc[0])
    [summary] = summaries(estimates, models, found)
    return summary.details[0].replace("\u00a0", " ")


def test_a_difference_that_holds_over_wordings_is_one() -> None:
    assert first_detail(comparisons(0.01)) == (
        "The difference is significant at 5 % after correction for their number (Benjamini–Hochberg), both at "
        "the study's first wording and over wordings like these."
    )


@pytest.mark.parametrize("found", [comparisons(0.3), comparisons(0.001, difference=-0.3)])
def test_one_that_does_not_hold_or_turns_round_is_none(found: pd.DataFrame) -> None:
    assert first_detail(found).startswith("The difference is not significant at 5 %")
    assert first_detail(found).endswith("over wordings like these.")


def test_few_levels_are_these_and_facets_stand_side_by_side() -> None:
    words = first_detail(
        comparisons(0.01, method="paired_contexts", facets=("wording", "option_order"))
    )
    assert words.endswith(
        ", at the study's first wording and option order, on average over these wordings and on average over "
        "these option orders."
    )


def test_without_a_test_over_levels_of_a_pair_nothing_is_claimed() -> None:
    found = comparisons(0.01).assign(instrument="q")
    found.loc[found["facet"].ne(""), "model_b"] = "c"
    tests = paired_tests(found, "model", ("fictional", "q"), "rank_order", "paired_bootstrap")
    assert tests.p["a", "b"] == tests.p["b", "a"] == 1
