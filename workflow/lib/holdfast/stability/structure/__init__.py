"""Whether the values lie as the theory says."""
