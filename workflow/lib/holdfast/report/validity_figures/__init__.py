"""Figures about whether the questionnaire measures what it is about."""
