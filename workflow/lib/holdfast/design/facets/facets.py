"""Facets: other ways to put the same questions, crossed with the contexts (methods 1).

Of each facet the first level is the study's own. All that does not compare levels is about the contexts at the
first levels of all facets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import pandas as pd

Crossing = Literal["full", "single"]
Levels = Mapping[str, Sequence[str]]
"""The names of each facet's levels, the study's own first."""
Row = dict[str, Any]
MARK = "~"  # stands before the name of a level in a context's name


@dataclass(frozen=True)
class Facet:
    """One way in which a question can be put otherwise.

    Attributes:
        name: of its key in a study's `facets`, and of its column in the table of contexts.
        talks: does it change what is said before the questionnaire? Then each level has conversations of its
            own; else all levels are asked after the same ones.
        usual: the level where a study says nothing.
    """

    name: str
    talks: bool
    usual: str


FACETS = (
    Facet("wording", talks=True, usual="plain"),
    Facet("thinking", talks=True, usual="own"),
    Facet("option_order", talks=False, usual="drawn"),
    Facet("labels", talks=False, usual="letters"),
    Facet("presentation", talks=False, usual="alone"),
    Facet("item_order", talks=False, usual="numbered"),
)
"""All facets, in the order in which names of contexts have their levels; those that talk come first."""
USUAL = {f.name: f.usual for f in FACETS}


def combinations(levels: Levels, crossing: Crossing) -> list[dict[str, str]]:
    """Return the levels that are combined, the study's own first; facets of one level are left out.

    Args:
        levels: of each facet.
        crossing: full: every combination; single: each level beside the first, others at their first.
    """
    several = {f.name: levels[f.name] for f in FACETS if len(levels.get(f.name, ())) > 1}
    every = [dict(zip(several, one, strict=True)) for one in product(*several.values())]
    if crossing == "full":
        return every
    return [one for one in every if sum(one[name] != several[name][0] for name in several) < 2]


def crossed(rows: Sequence[Row], levels: Levels, crossing: Crossing) -> list[Row]:
    """Return the contexts at every combination of levels, with a column for each facet of several levels.

    The names are those of `rows` at the first levels, and NAME~LEVEL at others. What shares a conversation
    stands side by side, if it does so in `rows`.
    """
    talks = [f.name for f in FACETS if f.talks]
    every, found = combinations(levels, crossing), []
    spoken = list(dict.fromkeys(_suffix(one, levels, talks) for one in every))
    for said in spoken:
        alike = [one for one in every if _suffix(one, levels, talks) == said]
        for row in rows:
            for one in alike:
                names = {"context": f"{row['context']}{_suffix(one, levels)}"}
                found.append(row | one | names | {"conversation": f"{row['conversation']}{said}"})
    return found


def levels_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the levels of each facet that has several in a study's contexts, the study's own first."""
    known = list(rows)
    found = {f.name: list(dict.fromkeys(r[f.name] for r in known if f.name in r)) for f in FACETS}
    return {name: levels for name, levels in found.items() if levels}


def at_first(rows: Iterable[Mapping[str, Any]]) -> list[bool]:
    """Return which contexts are at the first levels of all facets."""
    known = list(rows)
    levels = levels_of(known)
    return [all(row[name] == of[0] for name, of in levels.items()) for row in known]


def of_own_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table with a column `context` that are at the first levels of all facets."""
    contexts = table["context"].unique()
    own = [name for name in contexts if MARK not in str(name)]
    return table if len(own) == len(contexts) else table[table["context"].isin(own)]


def twice(levels: Levels) -> str:
    """Return a name that two facets give to a level; empty: there is none."""
    named: dict[str, str] = {}
    for facet, names in levels.items():
        for name in names:
            if named.setdefault(name, facet) != facet:
                return name
    return ""


def _suffix(one: Mapping[str, str], levels: Levels, among: Sequence[str] | None = None) -> str:
    """Return what a combination of levels adds to a name; nothing for first levels."""
    wanted = [f.name for f in FACETS if among is None or f.name in among]
    return "".join(
        f"{MARK}{one[name]}" for name in wanted if name in one and one[name] != levels[name][0]
    )
