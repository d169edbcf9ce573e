"""Shards: the sessions of one model and population, split over several jobs.

A number's last bits can depend on what is computed with it, and what is computed together is a block. So a
shard is made of whole blocks: it begins after a multiple of MOST sessions, which every block's size
divides, and never within a conversation that several contexts share. Then each job forms the blocks that one
job alone would form, and finds the same numbers.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

MOST = 64  # sessions that a block computes, at most


def shard_bounds(
    contexts: Sequence[Mapping[str, Any]], personas: int, replicates: int, shards: int
) -> list[tuple[int, int]]:
    """Return where each shard begins and ends among all sessions, in the order of `sessions`.

    Args:
        contexts: the study's contexts as plain rows, in its order.
        personas: how many respondents.
        replicates: repetitions.
        shards: how many are wanted.

    Returns:
        As many, or fewer where there are not so many places to begin at; none is empty.
    """
    places, total = _beginnings(contexts, personas, replicates)
    wanted = (np.arange(1, shards) * total / shards)[:, None]
    near = places[np.abs(places - wanted).argmin(axis=1)] if len(places) else places
    cuts = [0, *np.unique(near).tolist(), total]
    return list(pairwise(cuts))


def _beginnings(
    contexts: Sequence[Mapping[str, Any]], personas: int, replicates: int
) -> tuple[npt.NDArray[np.int64], int]:
    """Return every place but the first at which a shard may begin, and the number of sessions."""
    alike = [len(list(same)) for _, same in groupby(contexts, key=itemgetter("conversation"))]
    sizes = np.repeat(np.array(alike * replicates, dtype=np.int64), personas)
    ends = np.cumsum(sizes)
    return ends[:-1][ends[:-1] % MOST == 0], int(ends[-1])
