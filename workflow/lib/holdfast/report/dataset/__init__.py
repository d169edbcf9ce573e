"""A study's answers and messages for other tools: tidy tables, in a folder that is a dataset."""
