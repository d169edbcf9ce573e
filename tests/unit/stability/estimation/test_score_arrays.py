"""Tables of ratings as arrays."""

import numpy as np
import pandas as pd

from holdfast.stability.estimation.score_arrays import Design, rating_array


def test_items_stand_at_their_place_whatever_their_numbers() -> None:
    design = Design([1], ["chess"], ["a", "b"], pd.DataFrame(), [])
    rows = [("b", 57, 7.0), ("a", 57, -1.0), ("a", 4, 0.0), ("a", 2, 5.0)]
    table = pd.DataFrame(rows, columns=["respondent", "item", "rating"])
    table = table.assign(replicate=1, context="chess")
    found = rating_array(table, design, [4, 50, 57], "rating")
    expected = [[[[0, np.nan, -1], [np.nan, np.nan, 7]]]]
    np.testing.assert_array_equal(found, expected)
