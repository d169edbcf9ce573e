"""The inference room: conversations and answers of language models."""

import os

# Threads that spin while they wait take the cores from those that work: where another process wants
# the same cores, small models then run twenty times slower (docs/performance.md). Read when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Yet one that sleeps at once wakes too late for a pass's many short steps, so it spins for microseconds first.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
