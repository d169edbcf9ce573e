"""Where the variance comes from, and which designs reach which precision."""
