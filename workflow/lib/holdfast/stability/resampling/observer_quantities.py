"""Quantities about observers: their names, and which of them have no bounds or are over values."""

from typing import Literal

ObserverQuantity = Literal[
    "self_observer",
    "self_observer_profile",
    "observer_truth",
    "observer_truth_profile",
    "self_truth",
    "self_truth_profile",
    "observer_less_self_truth",
    "observer_less_self_truth_profile",
    "self_reliability",
    "self_reliability_profile",
    "observer_reliability",
    "observer_reliability_profile",
    "self_observer_ceiling",
    "self_observer_ceiling_profile",
    "self_observer_disattenuated",
    "self_observer_disattenuated_profile",
    "self_rank_order",
    "observer_rank_order",
    "observer_less_self_rank_order",
    "self_ipsative",
    "observer_ipsative",
    "observer_less_self_ipsative",
    "self_disattenuated",
    "observer_disattenuated",
    "observer_less_self_disattenuated",
    "self_observer_at_length",
    "self_observer_slope",
    "self_observer_profile_at_length",
    "self_observer_profile_slope",
    "observer_truth_at_length",
    "observer_truth_slope",
    "observer_truth_profile_at_length",
    "observer_truth_profile_slope",
    "observer_icc_a1",
    "observer_alpha",
    "observer_validity",
    "observer_validity_profile",
    "observer_length_bias",
    "observer_position_bias",
]

UNBOUNDED: tuple[ObserverQuantity, ...] = (
    "observer_less_self_truth", "observer_less_self_truth_profile",
    "observer_less_self_rank_order", "observer_less_self_ipsative",
    "observer_less_self_disattenuated", "self_observer_disattenuated",
    "self_observer_disattenuated_profile", "self_disattenuated", "observer_disattenuated",
    "self_observer_slope", "self_observer_profile_slope", "observer_truth_slope",
    "observer_truth_profile_slope",
)  # fmt: skip
"""Those that can leave -1 to 1."""

OBSERVER_PROFILES: frozenset[ObserverQuantity] = frozenset(
    {"self_observer_profile", "observer_truth_profile", "self_truth_profile",
     "observer_less_self_truth_profile", "self_reliability_profile", "observer_reliability_profile",
     "self_observer_ceiling_profile", "self_observer_disattenuated_profile", "self_ipsative",
     "observer_ipsative", "observer_less_self_ipsative", "self_observer_profile_at_length",
     "self_observer_profile_slope", "observer_truth_profile_at_length",
     "observer_truth_profile_slope", "observer_validity_profile"}
)  # fmt: skip
"""Quantities that correlate over a respondent's values."""
