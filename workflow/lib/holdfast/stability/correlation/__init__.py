"""Correlations between contexts, and the two stabilities made of them."""
