"""Scores and Cronbach's α of keys with reversed items: against psych (R) on the same answers."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from golden_data import GOLDEN

from holdfast.design.instruments import Instrument, ItemTexts
from holdfast.design.scoring_keys import Option
from holdfast.scoring.keyed_ratings import keyed_rows
from holdfast.scoring.ratings import rate
from holdfast.scoring.value_scores import value_scores
from holdfast.stability.estimation.score_arrays import Design, keyed_array
from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.measures.all_measures import indices
from holdfast.stability.measures.internal_consistency import consistency

CASE = yaml.safe_load((GOLDEN.parent / "cases/reversed.yaml").read_text(encoding="utf-8"))
FIGURES = json.loads((GOLDEN / "reliability/reversed.json").read_text(encoding="utf-8"))
MIXED = Instrument(
    name="mixed", title="x", framework="own", wording="own", source="x", licence="x",
    introduction="x", question="x?", values=CASE["values"], unscored=CASE["unscored"],
    options=[Option(**o) for o in CASE["options"]],
    items=[ItemTexts(item=n, neutral=f"{n}") for n in range(1, 12)],
)  # fmt: skip


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    """Return the answers as a table of ratings; each respondent also chose something for item 11."""
    table = pd.read_csv(GOLDEN / "reliability/reversed.csv", dtype=str)
    table["respondent"] = table.groupby("context").cumcount().map("p{:02}".format)
    rows = [
        {
            "model": "m", "population": "p", "respondent": who, "context": context, "replicate": 1,
            "instrument": "mixed", "item": item, "order": MIXED.codes(), "status": "ok",
            "answer": "ABCDE"[5 - int(digit)], "logprobs": [], "mass": 1.0, "readout": "logit",
        }
        for context, digits, who in table.itertuples(index=False)
        for item, digit in enumerate(f"{digits}1", start=1)
    ]  # fmt: skip
    return rate(pd.DataFrame(rows), [MIXED], "missing", 1)


def test_scores_are_those_of_psych(ratings: pd.DataFrame) -> None:
    scores = value_scores(keyed_rows(ratings, [MIXED]), "choice")
    for context, other in enumerate(FIGURES["contexts"]):
        own = scores[scores["context"].eq(str(context))]
        found = own.pivot(index="respondent", columns="value", values="score")[FIGURES["values"]]
        assert found.shape == (30, 2)
        np.testing.assert_allclose(found, other["scores"], rtol=0, atol=1e-12)


def test_alpha_is_that_of_psych(ratings: pd.DataFrame) -> None:
    design = Design(
        [1], ["0", "1"], sorted(ratings["respondent"].unique()), pd.DataFrame(), [MIXED]
    )
    array = keyed_array(ratings, design, MIXED, "rating")
    sample = Sample(np.zeros((1, 2, 30, 2)), "zero", array, indices(MIXED.places()))
    found = {(f.quantity, f.level): f.mean[0] for f in consistency(sample, np.ones((1, 30)))}
    expected = [other["alpha"] for other in FIGURES["contexts"]]
    alpha = found["cronbach_alpha_raw", "context_value"]
    np.testing.assert_allclose(np.squeeze(alpha), expected, rtol=0, atol=1e-12)
