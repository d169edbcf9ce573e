"""How the miniature models are trained and measured."""
