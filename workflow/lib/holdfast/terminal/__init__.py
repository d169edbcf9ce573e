"""What a person at the terminal sees of a run: its jobs as they go, and the few lines at its end."""
