"""Made estimates at several lengths, and made ratings with the theory's circle in them."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from report_data import METHOD, NULL_SD, estimate_row

from holdfast.stability.measures.behaviour_link import link_name
from holdfast.stability.structure.value_circle import PLACES, location

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


LINKS = {"Benevolence": 0.4, "Power": -0.3, "Security": float("nan")}
PARTS = {"": 0.0, "Elves": 0.1, "Orcs": -0.2}


def link_rows(models: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return links of two models: LINKS, each people as far from that as PARTS say; and by context."""
    rows = []
    for model in ("llama-mini", "random"):
        family = models[model]["model"]["family"]
        for (value, link), (part, more) in product(LINKS.items(), PARTS.items()):
            row = estimate_row(model, family, "rank_order", link + more)
            row |= {"quantity": "value_behaviour_link", "instrument": "donation",
                    "value": link_name("pvq40", value, part), "null_mean": 0.0, "null_sd": 0.1,
                    "undefined": 5 if value == "Security" else 0}  # fmt: skip
            rows += [row, row | {"context_a": "joke"}]
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
