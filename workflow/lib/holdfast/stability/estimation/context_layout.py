"""Which contexts are compared with which: those of the full length, shorter ones, and no conversation.

The pairs of a stability figure are between topics, as in the original study (methods 5.1). So the
neutral context is no side of `rank_order` or any other figure but those of the neutral order, unless
there is but one conversation or text to compare it with. Where conversations of several lengths were
held, the study's figures are of the longest, while each length has figures of its own and all of them
a slope (methods 5.9). A length is a number of messages or, where
that is what differs, of reasoning turns. A preset text has no length in messages: it is one of the main
contexts, and of no length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from holdfast.stability.correlation.spearman import IntArray

MESSAGES, REASONING = "messages", "reasoning turns"


@dataclass(frozen=True)
class Layout:
    """Places of contexts on their axis.

    Attributes:
        main: contexts that the study's figures are of.
        neutral: the context without a conversation, where it is not a main one.
        lengths: contexts by their length, where there are several lengths.
        unit: what a length is a number of.
        domains: main contexts by their domain, where two domains or more have two or more; those of other
            domains are left out.
    """

    main: IntArray
    neutral: int | None = None
    lengths: Mapping[int, IntArray] = field(default_factory=dict)
    unit: str = MESSAGES
    domains: Mapping[str, IntArray] = field(default_factory=dict)


def plain(contexts: int) -> Layout:
    """Return the layout of so many conversations of one length."""
    return Layout(np.arange(contexts))


def layout(contexts: pd.DataFrame) -> Layout:
    """Return the layout of a design table of contexts: `messages` is 0 without a conversation."""
    messages, places = _column(contexts, "messages"), np.arange(len(contexts))
    reasoning = _column(contexts, "reasoning")
    preceded = messages > 0
    unit, length, of = MESSAGES, messages, preceded & ~_texts(contexts)
    if len(np.unique(reasoning[preceded])) > 1:
        unit, length, of = REASONING, reasoning, preceded
    lengths = {int(n): np.flatnonzero(of & (length == n)) for n in np.unique(length[of])}
    shorter = of & (length < max(lengths, default=0))
    main = places[preceded & ~shorter] if preceded.any() else places
    neutral = int(np.argmin(preceded)) if preceded.any() and not preceded.all() else None
    if main.size < 2 and neutral is not None:
        main, neutral = np.sort(np.append(main, neutral)), None
    return Layout(
        main=main,
        domains=_domains(contexts, main),
        neutral=neutral,
        lengths=lengths if len(lengths) > 1 else {},
        unit=unit,
    )


def _domains(contexts: pd.DataFrame, main: IntArray) -> dict[str, IntArray]:
    """Return the main contexts of each domain that has two or more; nothing for fewer than two domains."""
    of = contexts.get("domain", pd.Series("", contexts.index)).to_numpy()[main]
    found = {str(d): main[of == d] for d in dict.fromkeys(of) if d and (of == d).sum() > 1}
    return found if len(found) > 1 else {}


def _column(contexts: pd.DataFrame, name: str) -> IntArray:
    """Return a column of numbers; one that the study does not have is 0."""
    zeros = np.zeros(len(contexts), dtype=np.int64)
    return contexts[name].to_numpy(dtype=np.int64) if name in contexts else zeros


def _texts(contexts: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which contexts are preset texts."""
    none = np.zeros(len(contexts), dtype=np.bool_)
    return contexts["text"].ne("").to_numpy(dtype=np.bool_) if "text" in contexts else none
