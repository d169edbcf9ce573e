"""Random numbers that depend on what they are for, and on nothing else.

A seed is derived from the study's seed and the names of what it serves, so that a wider study, another
order of work or another batch leaves every number as it was.
"""

import hashlib

import numpy as np


def derive(seed: int, *parts: object) -> int:
    """Return a 63-bit seed for the named purpose.

    Args:
        seed: the study's seed.
        parts: what the numbers are for, as ("option order", replicate, respondent).
    """
    text = "\x1f".join([str(seed), *(str(p) for p in parts)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def generator(seed: int, *parts: object) -> np.random.Generator:
    """Return numpy's generator for the named purpose; arguments as `derive`."""
    return np.random.default_rng(derive(seed, *parts))
