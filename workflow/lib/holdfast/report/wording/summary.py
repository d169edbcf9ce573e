"""The page's first sentences, written from the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import pandas as pd

from holdfast.report.wording.convergence_sentences import convergence_sentence
from holdfast.report.wording.estimate_selection import (
    Scene,
    by_name,
    headline_quantity,
    interval_name,
    like_these,
    pooled,
    scene_label,
    scenes,
    shown_interval,
)
from holdfast.report.wording.facet_sentences import facet_sentence, planned_sentence
from holdfast.report.wording.length_sentences import length_sentence
from holdfast.report.wording.model_labels import (
    Models,
    families,
    family_note,
    labelled,
    people,
    references,
)
from holdfast.report.wording.observer_sentences import observer_sentence
from holdfast.report.wording.paired_tests import Tests, paired_tests
from holdfast.report.wording.people_sentences import (
    likeness_sentence,
    people_sentence,
    shown_scenes,
)
from holdfast.report.wording.text_format import estimate_text, listed, one_line

NAMES = {
    "rank_order": "rank-order stability", "rank_order_unbiased": "unbiased rank-order stability",
    "ipsative": "ipsative stability",
}  # fmt: skip
SIZES = (
    "The populations differ in size, and Spearman's correlation falls short in small ones: unbiased figures "
    "are freed of that (Hoeffding)."
)
MOST_PAIRS = 6
"""Pairs that are not told apart and are named; more are only counted."""
MOST_NAMED = 2
"""Models that are not told apart from the first or the last and are named in the headline."""
ALPHA, SECOND_ALPHA = 0.05, 0.01
"""Levels of the tests in the headline's measure and in the second: together 6 % of equal models differ."""


@dataclass(frozen=True)
class Figure:
    """One model's or family's pooled figure, with the words it is called by.

    Attributes:
        name: of the model or family.
        label: what it is called.
        row: of the table of estimates.
        these: whether the interval for these contexts is shown although there is one for contexts like these.
    """

    name: str
    label: str
    row: dict[str, Any]
    these: bool = False

    @property
    def ends(self) -> tuple[Any, Any]:
        """Return the ends of the interval that is shown."""
        return (self.row["lower"], self.row["upper"]) if self.these else shown_interval(self.row)

    @property
    def known(self) -> bool:
        """Tell whether there is an estimate."""
        return bool(pd.notna(self.row.get("estimate")))

    def __str__(self) -> str:
        """Return label, estimate and interval."""
        if not self.known:
            return f"{self.label} not estimable"
        return f"{self.label} {estimate_text(self.row['estimate'], *self.ends)}"


@dataclass(frozen=True)
class Summary:
    """What is said of one population and instrument: a headline and what limits it."""

    scene: str
    headline: str
    details: tuple[str, ...]


def summaries(
    estimates: pd.DataFrame, models: Models, comparisons: pd.DataFrame | None = None
) -> list[Summary]:
    """Return the summary of each scene.

    Families are compared where one has several models; models always. Intervals and comparisons are for
    contexts like these where all figures have them, else for these contexts, and the sentence says which.
    A difference is called one where the paired comparison says so, corrected for their number
    (methods 6.2), and with several wordings, or levels of another facet, where it holds over these too.
    Without comparisons, only overlapping intervals are said not to tell models apart.
    """
    rows = pooled(estimates)
    among = shown_scenes(scenes(rows), models)
    level = interval_name(estimates)
    names = [m for members in families(models).values() for m in members]
    about = (facet_sentence, planned_sentence, convergence_sentence, observer_sentence)
    further = [
        [
            *(sentence(estimates, scene, models, names, level) for sentence in about),
            likeness_sentence(estimates, scene, models, level),
        ]
        for scene in among
    ]
    return [
        _summary(rows, models, scene, scene_label(scene, among), level, comparisons, more)
        for scene, more in zip(among, further, strict=True)
    ]


def _summary(
    rows: pd.DataFrame, models: Models, scene: Scene, label: str, level: str,
    comparisons: pd.DataFrame | None, further: Sequence[str],
) -> Summary:  # fmt: skip
    found = by_name(rows)
    first = headline_quantity(rows)
    of_people = people_sentence(
        found, scene, models, {q: NAMES[q] for q in (first, "ipsative")}, level
    )
    if scene[0] in people(models):
        return Summary(label, of_people, ())

    def figures(names: Sequence[str], quantity: str) -> list[Figure]:
        return [
            Figure(n, labelled(n, models), found.get((n, "", scene, quantity), {})) for n in names
        ]

    def compared(figures: list[Figure], unit: str, quantity: str) -> list[str]:
        like = all(like_these(f.row) for f in figures if f.known)
        own = figures if like else [replace(f, these=True) for f in figures]
        method = "paired_contexts" if like else "paired_bootstrap"
        tests = paired_tests(comparisons, unit, scene, quantity, method)
        alpha = SECOND_ALPHA if quantity == "ipsative" else ALPHA
        return _compared(own, unit, NAMES[quantity], level, tests, alpha)

    groups = families(models)
    names = [m for members in groups.values() for m in members]
    points = [compared(figures(names, q), "model", q) for q in (first, "ipsative")]
    if any(len(members) > 1 for members in groups.values()):
        of_families = [
            Figure(f, _family_label(f, m, models), found.get(("", f, scene, first), {}))
            for f, m in groups.items()
        ]
        points.insert(0, compared(of_families, "family", first))
    (headline, *rest), *others = points
    own = [Figure(n, one_line(n), found.get((n, "", scene, first), {})) for n in references(models)]
    known = [f"References, {NAMES[first]}: {listed([str(f) for f in own])}."] if own else []
    details = [" ".join(sentences) for sentences in ([rest] if rest else []) + others if names]
    more = [length_sentence(found, scene, models, names, level), *further, of_people]
    sizes = [SIZES] if first == "rank_order_unbiased" else []
    return Summary(label, headline, (*details, *filter(None, more), *known, *sizes))


def _compared(
    figures: Sequence[Figure], unit: str, name: str, level: str, tests: Tests, alpha: float
) -> list[str]:
    """Return what can be said of models or families side by side."""
    known = sorted((f for f in figures if f.known), key=lambda f: (-f.row["estimate"], f.label))
    unknown = [f.label for f in figures if not f.known]
    if unknown and all(f.row.get("status") == "too_few_values" for f in figures):
        return [f"{_capital(name)} is over three values or more; this questionnaire has fewer."]
    if not known:
        nothing = (
            f"No {unit}'s {name} is estimable." if unknown else "The study has only references."
        )
        return [nothing]
    best, worst = known[0], known[-1]
    where = f"In {'these conversations' if best.these else 'conversations like these'}, {name}"
    if len(known) == 1:
        sentences = [f"{where} of the one estimable {unit} is {best} ({level})."]
    else:
        count = f"{len(known)} {'families' if unit == 'family' else 'models'}"
        highest = f"{where} is highest for {best} and lowest for {worst}"
        but = _unsure_ends(known, tests, alpha) if tests.p else ""
        sentences = [f"{highest}, of {count} ({level}s){but}.", _apart(known, level, tests, alpha)]
    if chance := [f.label for f in known if _like_random(f)]:
        sentences.append(f"Not distinguishable from random answers: {listed(chance)}.")
    if unknown:
        sentences.append(f"Not estimable: {listed(unknown)}.")
    return sentences


def _unsure_ends(known: Sequence[Figure], tests: Tests, alpha: float) -> str:
    """Return what the headline adds where tests don't show that the first is first, and the last is last."""
    if all(p >= alpha for p in _of_pairs(known, tests)):
        return ", but no difference between them is significant"
    best, worst = known[0], known[-1]
    above = [f.label for f in known[1:] if tests.p.get((best.name, f.name), 0.0) >= alpha]
    below = [f.label for f in known[:-1] if tests.p.get((worst.name, f.name), 0.0) >= alpha]
    parts = [
        f"the {end} {_named(labels)}"
        for end, labels in (
            ("highest is not significantly above", above),
            ("lowest is not significantly below", below),
        )
        if labels
    ]
    return f"; {' and '.join(parts)}" if parts else ""


def _named(labels: Sequence[str]) -> str:
    """Return some labels, or how many there are where they are too many to name."""
    return listed(labels) if len(labels) <= MOST_NAMED else f"{len(labels)} others"


def _of_pairs(known: Sequence[Figure], tests: Tests) -> list[float]:
    """Return the corrected p of all pairs; 0 for a pair without a test, since nothing is known of it."""
    return [tests.p.get((a.name, b.name), 0.0) for a, b in combinations(known, 2)]


def _apart(known: Sequence[Figure], level: str, tests: Tests, alpha: float) -> str:
    """Say which of the ordered figures are not told apart: by paired tests, or else by their intervals."""
    pairs = list(combinations(known, 2))
    if any((a.name, b.name) not in tests.p for a, b in pairs):
        return _by_intervals(known, level)
    alike = [f"{a.label} – {b.label}" for a, b in pairs if tests.p[a.name, b.name] >= alpha]
    second = "" if alpha == ALPHA else ", as this is the second measure,"
    said = f"significant at {100 * alpha:g}\u00a0%{second} after correction for their number "
    said += f"(Benjamini–Hochberg){tests.over}"
    if not alike:
        every = (
            "The difference is" if len(pairs) == 1 else f"All {len(pairs)} paired differences are"
        )
        return f"{every} {said}."
    if len(alike) == len(pairs):
        none = (
            "The difference is not"
            if len(pairs) == 1
            else f"None of the {len(pairs)} paired differences is"
        )
        return f"{none} {said}."
    named = f": {'; '.join(alike)}" if len(alike) <= MOST_PAIRS else ""
    differing = len(pairs) - len(alike)
    are = "is" if differing == 1 else "are"
    return f"{differing} of {len(pairs)} paired differences {are} {said}; the other {len(alike)} not{named}."


def _by_intervals(known: Sequence[Figure], level: str) -> str:
    """Say which of the ordered figures their intervals don't tell apart."""
    pairs = [(a, b) for a, b in combinations(known, 2) if _overlap(a.ends, b.ends)]
    near = [b.label for a, b in pairs if a is known[0]]
    total = len(known) * (len(known) - 1) // 2
    if not pairs:
        return f"No two {level}s overlap; a paired test has not been made."
    first = (
        f"The {level} of {known[0].label} overlaps with that of {listed(near)}, so the study does not "
        "tell which is the more stable."
        if near
        else f"The {level} of {known[0].label} lies above all others; a paired test has not been made."
    )
    rest = [f"{a.label} – {b.label}" for a, b in pairs if a is not known[0]]
    if not rest:
        return first
    named = f": {'; '.join(rest)}" if len(rest) <= MOST_PAIRS else ""
    return f"{first} Intervals overlap in {len(pairs)} of {total} pairs" + (
        f", besides the first{named}." if near and named else f"{named}."
    )


def _overlap(a: tuple[Any, Any], b: tuple[Any, Any]) -> bool:
    """Tell whether two intervals overlap; without intervals nothing is told apart."""
    return any(pd.isna(e) for e in (*a, *b)) or (a[0] <= b[1] and b[0] <= a[1])


def _like_random(figure: Figure) -> bool:
    """Tell whether an interval meets what random answers give (mean ± 2 SD)."""
    row, (lower, upper) = figure.row, figure.ends
    if any(pd.isna(x) for x in (lower, upper, row["null_mean"], row["null_sd"])):
        return False
    low, high = (row["null_mean"] + side * 2 * row["null_sd"] for side in (-1, 1))
    return bool(lower <= high and upper >= low)


def _family_label(family: str, members: Sequence[str], models: Models) -> str:
    """Return a family's name, with a note where miniatures are among its models."""
    note = family_note(members, models)
    return f"{one_line(family)} ({note})" if "miniature" in note else one_line(family)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
