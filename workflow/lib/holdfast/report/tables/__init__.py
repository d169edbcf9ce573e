"""Tables that are read without the page: leaderboard, provenance, checks."""
