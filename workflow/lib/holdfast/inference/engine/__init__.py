"""How a local model computes fast: shared prefixes, batches, sampling, memory."""
