"""Made estimates at several lengths, and made ratings with the theory's circle in them."""

from typing import Any

import numpy as np
import pandas as pd
from report_data import METHOD, NULL_SD, estimate_row

from holdfast.stability.circle import PLACES, location

SLOPES = {"llama-mini": -0.01, "phi-mini": 0.0, "random": 0.0, "constant": float("nan")}
LENGTHS = (1, 3, 7)


def length_rows(models: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return estimates at LENGTHS on lines through .8 with SLOPES; ipsative ones are a tenth lower."""
    rows = []
    for model, slope in SLOPES.items():
        family = models[model]["model"]["family"]
        for quantity, less in (("rank_order", 0.0), ("ipsative", 0.1)):
            more = {"method": f"{METHOD}; slope per message", "null_sd": NULL_SD[quantity]}
            for length in reversed(LENGTHS):
                at = {"quantity": f"{quantity}_at_length", "context_a": f"{length} messages"}
                truth = 0.8 - less + slope * length
                rows.append(estimate_row(model, family, quantity, truth) | more | at)
            one = estimate_row(model, family, quantity, slope) | more
            rows.append(one | {"quantity": f"{quantity}_slope"})
    return pd.DataFrame(rows)


def ratings_table(model: str, noise: float = 0.3, respondents: int = 40) -> pd.DataFrame:
    """Return ratings of two items a value, by respondents whose values lie on the theory's circle.

    A respondent is a direction; an item's rating is how far its value lies that way, and noise.
    """
    generator = np.random.default_rng(7)
    rows = []
    for n in range(respondents):
        way = generator.normal(size=2)
        for item, value in enumerate([*PLACES, *PLACES], start=1):
            for replicate in (1, 2):
                rating = 3.5 + np.dot(way, location(value)) + noise * generator.normal()
                rows.append({
                    "model": model, "population": "fictional", "respondent": f"p{n}", "context": "joke",
                    "replicate": replicate, "instrument": "pvq40", "item": item, "value": value,
                    "rating": rating,
                })  # fmt: skip
    return pd.DataFrame(rows)
