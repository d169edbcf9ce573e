"""Other ways to put the same questions: which levels there are, and what each of them changes."""
