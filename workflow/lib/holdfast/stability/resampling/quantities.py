"""Every quantity of the table of estimates: its name, its bounds, and the levels it is reported at."""

from collections.abc import Mapping
from typing import Literal

from holdfast.stability.correlation.undefined_correlations import Level

Quantity = Literal[
    "rank_order",
    "ipsative",
    "fidelity",
    "pearson",
    "icc_a1",
    "rmse",
    "mean_level_change",
    "mean_level_change_abs",
    "distinctive",
    "reliability",
    "disattenuated",
    "variance_respondent",
    "variance_context",
    "variance_replicate",
    "variance_respondent_context",
    "variance_respondent_replicate",
    "variance_context_replicate",
    "variance_residual",
    "g_coefficient",
    "phi_coefficient",
    "persona_share",
    "contexts_needed",
    "replicates_needed",
    "cronbach_alpha_centred",
    "cronbach_alpha_raw",
    "omega",
    "stress",
    "stress_compat",
    "procrustes",
    "separability",
    "circular_distance",
    "cfi",
    "tli",
    "rmsea",
    "srmr",
    "neutral_rank_order",
    "neutral_ipsative",
    "rank_order_at_length",
    "ipsative_at_length",
    "rank_order_slope",
    "ipsative_slope",
    "default_profile",
    "known_groups",
    "position_bias",
    "acquiescence",
    "extremity",
    "letter_mass",
    "entropy",
    "invalid_share",
    "value_behaviour_link",
    "rank_order_within",
    "rank_order_between",
    "rank_order_within_less_between",
    "ipsative_within",
    "ipsative_between",
    "ipsative_within_less_between",
    "readout_kappa",
    "readout_kappa_weighted",
    "readout_alpha_ordinal",
    "readout_alpha_interval",
]

INFINITE = float("inf")

BOUNDS: Mapping[Quantity, tuple[float, float]] = {
    "rmse": (0.0, INFINITE),
    "mean_level_change": (-INFINITE, INFINITE),
    "mean_level_change_abs": (0.0, INFINITE),
    "disattenuated": (-INFINITE, INFINITE),
    "variance_respondent": (-INFINITE, INFINITE),
    "variance_context": (-INFINITE, INFINITE),
    "variance_replicate": (-INFINITE, INFINITE),
    "variance_respondent_context": (-INFINITE, INFINITE),
    "variance_respondent_replicate": (-INFINITE, INFINITE),
    "variance_context_replicate": (-INFINITE, INFINITE),
    "variance_residual": (0.0, INFINITE),
    "g_coefficient": (0.0, 1.0),
    "phi_coefficient": (0.0, 1.0),
    "persona_share": (0.0, 1.0),
    "contexts_needed": (1.0, INFINITE),
    "replicates_needed": (1.0, INFINITE),
    "rank_order_slope": (-INFINITE, INFINITE),
    "ipsative_slope": (-INFINITE, INFINITE),
    "rank_order_within_less_between": (-INFINITE, INFINITE),
    "ipsative_within_less_between": (-INFINITE, INFINITE),
    "known_groups": (-INFINITE, INFINITE),
    "extremity": (0.0, 1.0),
    "letter_mass": (0.0, 1.0),
    "entropy": (0.0, 1.0),
    "invalid_share": (0.0, 1.0),
    "cronbach_alpha_centred": (-INFINITE, 1.0),
    "cronbach_alpha_raw": (-INFINITE, 1.0),
    "omega": (0.0, 1.0),
}
"""What a quantity lies between, where that is not -1 and 1."""

LEVELS: Mapping[Quantity, tuple[Level, ...]] = {
    "rank_order": ("pooled", "replicate", "pair", "value", "pair_value"),
    "ipsative": ("pooled", "replicate", "pair"),
}
"""Levels of averaging that each quantity is reported at."""

BOOTSTRAPPED: tuple[Level, ...] = ("pooled", "replicate", "pair", "value")
"""Levels that get an interval."""
