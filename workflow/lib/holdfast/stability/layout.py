"""Which contexts are compared with which: conversations of one length, others, and no conversation.

The pairs of a stability figure are between topics, as in the original study (methods 5.1). So the
neutral context is no side of `rank_order` or any other figure but those of the neutral order; and where
conversations of several lengths were held, the study's figures are of the longest, while each length
has figures of its own and all of them a slope (methods 5.9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from holdfast.stability.correlate import IntArray


@dataclass(frozen=True)
class Layout:
    """Places of contexts on their axis.

    Attributes:
        main: conversations that the study's figures are of.
        neutral: the context without a conversation.
        lengths: conversations by their number of messages, where there are several numbers.
        domains: main conversations by their domain, where two domains or more have two or more; those of
            other domains are left out.
    """

    main: IntArray
    neutral: int | None = None
    lengths: Mapping[int, IntArray] = field(default_factory=dict)
    domains: Mapping[str, IntArray] = field(default_factory=dict)


def plain(contexts: int) -> Layout:
    """Return the layout of so many conversations of one length."""
    return Layout(np.arange(contexts))


def layout(contexts: pd.DataFrame) -> Layout:
    """Return the layout of a design table of contexts: `messages` is 0 without a conversation."""
    messages = contexts["messages"].to_numpy(dtype=np.int64)
    lengths = {int(m): np.flatnonzero(messages == m) for m in np.unique(messages[messages > 0])}
    without = np.flatnonzero(messages == 0)
    main = lengths[max(lengths)] if lengths else without
    return Layout(
        main=main,
        domains=_domains(contexts, main),
        neutral=int(without[0]) if lengths and without.size else None,
        lengths=lengths if len(lengths) > 1 else {},
    )


def _domains(contexts: pd.DataFrame, main: IntArray) -> dict[str, IntArray]:
    """Return the main contexts of each domain that has two or more; nothing for fewer than two domains."""
    of = contexts.get("domain", pd.Series("", contexts.index)).to_numpy()[main]
    found = {str(d): main[of == d] for d in dict.fromkeys(of) if d and (of == d).sum() > 1}
    return found if len(found) > 1 else {}
