"""Made estimates of how far three questionnaires agree."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from report_data import METHOD, estimate_row

ASKED = ("pvq40", "pvq21", "svs")
COMPARED = " × ".join(ASKED)
VALUES = ("Power", "Hedonism")
NOTE = "items in common: pvq40 and pvq21 21"
AWAY = {
    "convergent": 0.0, "convergent_across_contexts": -0.1, "monotrait_monomethod": 0.2,
    "heterotrait_heteromethod": -0.5, "convergent_less_heterotrait": 0.5,
}  # fmt: skip


def convergence_rows(truth: float = 0.6) -> pd.DataFrame:
    """Return rows of llama-mini, whose convergence is so high, and of random, whose own is not estimable."""
    rows: list[dict[str, Any]] = []
    for model, family, own in (("llama-mini", "LLaMa", truth), ("random", "Reference", np.nan)):
        about: dict[str, Any] = {
            "instrument": COMPARED, "method": f"{METHOD}; {NOTE}", "null_mean": 0.0, "null_sd": 0.1,
        }  # fmt: skip
        for quantity, away in AWAY.items():
            for value in ("", *VALUES):
                row = estimate_row(model, family, "rank_order", own + away) | about
                row |= {"quantity": quantity, "value": value, "context_a": "schwartz"}
                rows += [row, row | {"context_a": "pvq40"}] if "mono" in quantity else [row]
        for k, (a, b) in enumerate(combinations(ASKED, 2)):
            row = estimate_row(model, family, "rank_order", own + 0.1 * (1 - k)) | about
            rows.append(row | {"quantity": "convergent", "context_a": a, "context_b": b})
        for asked in (*ASKED[:2], "hofstede"):
            row = estimate_row(model, family, "rank_order", 0.4) | {"instrument": asked}
            rows.append(row | {"quantity": "rank_order_across_levels", "context_a": "wording"})
    table = pd.DataFrame(rows)
    return table.assign(lower=table["estimate"] - 0.04, upper=table["estimate"] + 0.04)
