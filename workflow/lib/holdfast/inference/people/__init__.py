"""Answers that people gave, from survey files, as the tables of a study."""
