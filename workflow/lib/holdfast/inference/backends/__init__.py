"""The ways to reach a model, one module each."""
