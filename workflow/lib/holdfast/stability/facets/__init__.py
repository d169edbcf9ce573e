"""Where the same questions are put in several ways: what that does to the answers."""
