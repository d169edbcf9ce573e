"""How stable people's values are: published figures, years apart and not contexts (methods 5)."""

from collections.abc import Mapping

PEOPLE: Mapping[str, Mapping[str, float]] = {
    "people, ages 10–12": {"rank_order": 0.569, "ipsative": 0.66},
    "people, ages 20–24": {"rank_order": 0.69, "ipsative": 0.59},
    "people, ages 24–28": {"rank_order": 0.77, "ipsative": 0.65},
    "people, ages 20–28": {"rank_order": 0.657, "ipsative": 0.59},
}
"""From the original study's code; .69 and .77 are in Vecchione et al. (2016). No intervals are given there."""

NOTE = "years apart, not contexts"
METHOD = "people asked again after years, as in the original study's code; not another context"
