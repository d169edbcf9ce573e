"""What the page says of length: only slopes whose interval leaves 0 out are said to fall or rise."""

import pandas as pd
import pytest
from report_data import default_models
from shape_data import length_rows

from holdfast.report.wording.estimate_selection import by_name
from holdfast.report.wording.length_sentences import length_sentence

SCENE, MODELS = ("fictional", "pvq40"), default_models()
NAMES = ["llama-mini", "phi-mini"]


def sentence(**ends: tuple[float, float, float]) -> str:
    """Return the sentence with a slope and its interval in place of a model's own."""
    rows = length_rows(MODELS)
    for model, (slope, lower, upper) in ends.items():
        own = rows["model"].eq(f"{model}-mini") & rows["quantity"].eq("rank_order_slope")
        rows.loc[own, ["estimate", "lower", "upper"]] = [slope, lower, upper]
    pooled = rows[rows["context_a"].eq("")]
    return length_sentence(by_name(pooled), SCENE, MODELS, NAMES, "95 % interval")


def test_a_slope_that_may_be_0_is_told_from_nothing() -> None:
    said = sentence()
    assert "can't be told from constant for llama-mini (miniature) and phi-mini (miniature)" in said
    assert "falls" not in said and "rises" not in said


@pytest.mark.parametrize(("sign", "word"), [(-1, "falls"), (1, "rises")])
def test_a_slope_beyond_0_has_its_figures(sign: int, word: str) -> None:
    ends = sorted((sign * 0.004, sign * 0.02))
    said = sentence(llama=(sign * 0.012, *ends))
    number = ".012" if sign > 0 else "−.012"
    assert f"{word} for llama-mini (miniature) {number} [" in said
    assert "constant for phi-mini (miniature)" in said and "not corrected" in said


def test_a_study_of_one_length_says_nothing() -> None:
    nothing = by_name(pd.DataFrame(columns=length_rows(MODELS).columns))
    assert length_sentence(nothing, SCENE, MODELS, NAMES, "interval") == ""
