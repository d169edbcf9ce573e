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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from holdfast.design.facets.facets import FACETS, MARK, at_first, levels_of
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
        topics: of each context on the axis, the topic or the kind of text; () = each has its own.
        facets: the names of each facet's levels, for facets of several.
        grid: the main contexts at all levels, by the main context and the level of each facet; -1 = not asked.
    """

    main: IntArray
    neutral: int | None = None
    lengths: Mapping[int, IntArray] = field(default_factory=dict)
    unit: str = MESSAGES
    domains: Mapping[str, IntArray] = field(default_factory=dict)
    topics: Sequence[str] = ()
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    grid: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))


def plain(contexts: int) -> Layout:
    """Return the layout of so many conversations of one length."""
    return Layout(np.arange(contexts))


def layout(contexts: pd.DataFrame) -> Layout:
    """Return the layout of a design table of contexts: `messages` is 0 without a conversation.

    Contexts at other levels of facets than the first are in its grid alone.
    """
    messages, places = _column(contexts, "messages"), np.arange(len(contexts))
    reasoning, own = _column(contexts, "reasoning"), _own(contexts)
    preceded = own & (messages > 0)
    unit, length, of = MESSAGES, messages, preceded & ~_texts(contexts)
    if len(np.unique(reasoning[preceded])) > 1:
        unit, length, of = REASONING, reasoning, preceded
    lengths = {int(n): np.flatnonzero(of & (length == n)) for n in np.unique(length[of])}
    shorter = of & (length < max(lengths, default=0))
    main = places[preceded & ~shorter] if preceded.any() else places[own]
    alone = np.flatnonzero(own & ~preceded)
    neutral = int(alone[0]) if preceded.any() and alone.size else None
    if main.size < 2 and neutral is not None:
        main, neutral = np.sort(np.append(main, neutral)), None
    facets = levels_of(_named(contexts))
    return Layout(
        main=main,
        facets=facets,
        grid=_grid(contexts, main, facets),
        domains=_domains(contexts, main),
        neutral=neutral,
        lengths=lengths if len(lengths) > 1 else {},
        unit=unit,
        topics=_topics(contexts),
    )


def own_contexts(told: Layout) -> IntArray:
    """Return the places of all contexts at the first levels of all facets, in their order."""
    alone = [] if told.neutral is None else [told.neutral]
    return np.unique(np.concatenate([told.main, *told.lengths.values(), alone])).astype(np.int64)


def rows_of_topics(told: Layout) -> dict[str, IntArray]:
    """Return the rows of the main contexts, and so of the grid, on each topic."""
    names = _topic_names(told)
    own = np.array([names[place] for place in told.main])
    return {topic: np.flatnonzero(own == topic) for topic in dict.fromkeys(own.tolist())}


def without_each_topic(told: Layout) -> dict[str, Layout]:
    """Return the layout without each topic of the main contexts in turn, at all lengths, by topic.

    Contexts on one topic, such as conversations with different interlocutors, are left out together.
    Domains are compared only where each keeps two topics.
    """
    names = _topic_names(told)
    return {topic: _without(told, names, topic) for topic in rows_of_topics(told)}


def _topic_names(told: Layout) -> list[str]:
    """Return the topic of each context; without names each has its own."""
    every = int(max(told.main, default=-1)) + 1
    return list(told.topics) or [str(place) for place in range(every)]


def _without(told: Layout, names: Sequence[str], topic: str) -> Layout:
    def kept(places: IntArray) -> IntArray:
        return places[[names[c] != topic for c in places]]

    domains = {d: kept(places) for d, places in told.domains.items()}
    return replace(
        told, main=kept(told.main), lengths={n: kept(at) for n, at in told.lengths.items()},
        domains=domains if all(at.size > 1 for at in domains.values()) else {},
        grid=told.grid[[names[c] != topic for c in told.main]] if told.facets else told.grid,
    )  # fmt: skip


def without_each_level(told: Layout, facet: str) -> list[Layout]:
    """Return the layout without each level of a facet in turn, for figures that are over its levels."""
    axis = 1 + list(told.facets).index(facet)
    levels = told.facets[facet]
    return [
        replace(
            told, grid=np.delete(told.grid, place, axis=axis),
            facets={**told.facets, facet: [name for name in levels if name != level]},
        )
        for place, level in enumerate(levels)
    ]  # fmt: skip


def levels_of_facet(told: Layout, facet: str) -> IntArray:
    """Return the main contexts' places by the level of one facet (contexts, levels), others at the first."""
    axis = 1 + list(told.facets).index(facet)
    own = np.moveaxis(told.grid, axis, 1)
    return np.asarray(own.reshape(*own.shape[:2], -1)[:, :, 0], dtype=np.int64)


def _grid(contexts: pd.DataFrame, main: IntArray, facets: Mapping[str, Sequence[str]]) -> IntArray:
    """Return where the main contexts are asked at each combination of levels; nothing without any facet."""
    if not facets:
        return np.empty(0, dtype=np.int64)
    grid = np.full((main.size, *map(len, facets.values())), -1, dtype=np.int64)
    base = [str(name).split(MARK)[0] for name in contexts["context"]]
    rows = {base[place]: row for row, place in enumerate(main)}
    for place, levels in enumerate(_named(contexts)):
        if base[place] in rows:
            at = (list(of).index(levels[facet]) for facet, of in facets.items())
            grid[(rows[base[place]], *at)] = place
    return grid


def _topics(contexts: pd.DataFrame) -> list[str]:
    """Return the topic of each context, or the kind of text, or else its name."""
    names = ("topic", "text", "context")
    columns = [contexts[c] for c in names if c in contexts]
    places = map(str, range(len(contexts)))
    return [
        next((str(n) for n in row if n), place)
        for place, row in zip(places, zip(*columns, strict=True), strict=True)
    ] if columns else list(places)  # fmt: skip


def _domains(contexts: pd.DataFrame, main: IntArray) -> dict[str, IntArray]:
    """Return the main contexts of each domain that has two or more; nothing for fewer than two domains."""
    of = contexts.get("domain", pd.Series("", contexts.index)).to_numpy()[main]
    found = {str(d): main[of == d] for d in dict.fromkeys(of) if d and (of == d).sum() > 1}
    return found if len(found) > 1 else {}


def _own(contexts: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which contexts are at the first levels of all facets."""
    return np.array(at_first(_named(contexts)), dtype=np.bool_)


def _named(contexts: pd.DataFrame) -> list[dict[str, str]]:
    """Return the level of each facet that the study has, by context."""
    rows = contexts[[f.name for f in FACETS if f.name in contexts]].to_dict("records")
    return [{str(facet): str(level) for facet, level in row.items()} for row in rows]


def _column(contexts: pd.DataFrame, name: str) -> IntArray:
    """Return a column of numbers; one that the study does not have is 0."""
    zeros = np.zeros(len(contexts), dtype=np.int64)
    return contexts[name].to_numpy(dtype=np.int64) if name in contexts else zeros


def _texts(contexts: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which contexts are preset texts."""
    none = np.zeros(len(contexts), dtype=np.bool_)
    return contexts["text"].ne("").to_numpy(dtype=np.bool_) if "text" in contexts else none
