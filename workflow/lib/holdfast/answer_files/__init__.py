"""Answers that other tools collected: one module a tool, and what makes a table of responses of them."""
