"""Rows about observers, as a study has them."""

from typing import Any

import numpy as np
import pandas as pd
from report_data import estimate_row

from holdfast.report.figures.profile_figure import CIRCLE

MODELS = {"llama-mini": "LLaMa", "phi-mini": "Phi", "simulated": "Reference"}
VALIDITY = {"keen": 0.62, "dull": 0.12}
LEAST = "spearman; planted conversations, least validity 0.3; jackknife 95 %"


def observer_table_rows(
    observers: tuple[str, ...] = ("keen", "dull"), planted: bool = True
) -> pd.DataFrame:
    """Return estimates about observers: the second sees little; phi's views can't be estimated on one value."""
    rows: list[dict[str, Any]] = []
    for (name, family), observer in ((m, o) for m in MODELS.items() for o in observers):
        good = VALIDITY.get(observer, 0.5)

        def add(quantity: str, truth: float, value: str = "") -> None:
            row = estimate_row(name, family, "rank_order", truth, value=value, context_b=observer)  # noqa: B023
            rows.append(row | {"quantity": quantity})

        for at, value in enumerate(["", *CIRCLE]):
            gone = name == "phi-mini" and value == "power"
            add("self_observer", np.nan if gone else good / 2 + 0.02 * at, value)
            add("observer_truth", good - 0.02 * at, value)
            add("self_observer_ceiling", 0.8, value)
        add("self_observer_disattenuated", good / 1.5)
        add("observer_less_self_rank_order", -0.25 if name == "llama-mini" else 0.01)
        add("observer_less_self_disattenuated", -0.2 if name == "llama-mini" else 0.01)
        for quantity in ("self_truth", "self_rank_order", "observer_rank_order", "observer_length_bias",
                         "observer_position_bias"):  # fmt: skip
            add(quantity, 0.4)
        if planted and name == "simulated":
            add("observer_validity", good)
            rows[-1] |= {"method": LEAST, "status": "ok" if good > 0.35 else "below_least_validity"}
    for name, family in MODELS.items():
        for quantity in ("observer_icc_a1", "observer_alpha"):
            row = estimate_row(name, family, "rank_order", 0.55, context_b=" × ".join(observers))
            rows.append(row | {"quantity": quantity})
    return pd.DataFrame(rows)
