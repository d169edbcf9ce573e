"""Stability of value scores across contexts: the statistics core."""
