"""The study: its configuration, typed, and its plan: the configuration joined with the resources."""
