"""What a model is shown, and which option its reply names."""
