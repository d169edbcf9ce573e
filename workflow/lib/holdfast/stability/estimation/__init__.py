"""From score arrays to rows of estimates: of a model, of a family, of two compared."""
