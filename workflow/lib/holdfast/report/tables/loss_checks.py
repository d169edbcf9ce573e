"""Whether what is missing gathers on some respondents, groups or contexts (methods 9)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from holdfast.report.tables.manifests import answerer
from holdfast.report.tables.model_checks import Check
from holdfast.report.wording.text_format import percent
from holdfast.seeds import generator

Array = npt.NDArray[np.float64]
DRAWS = 1999
CLEAR = 0.01
"""Significance below which the reader is warned."""

MOST_NAMED = 3  # respondents, groups or contexts in one check


def losses(manifests: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Return a check for each model, and each observer of one, of which something is missing: at random?

    The unit is a session: a respondent in a context and replicate. Respondents are compared by exchanging
    them within each context and replicate, contexts by exchanging a respondent's sessions, and groups by
    exchanging the respondents' labels; the statistic is the sum of squared totals.
    """
    made = []
    for who in dict.fromkeys(map(answerer, manifests)):
        jobs = [m for m in manifests if answerer(m) == who]
        if any(job.get("lost", {}).get("cells") for job in jobs):
            made.append(_check(who, jobs))
    return made


def _check(model: str, jobs: Sequence[Mapping[str, Any]]) -> Check:
    people, contexts, share = _shares(jobs)
    draw = generator(0, "losses", model)
    of_people, of_contexts = share.mean(axis=(1, 2)), share.mean(axis=(0, 2))
    flat = share.reshape(len(share), -1)

    def other_people() -> Array:
        return np.asarray(draw.permuted(share, axis=0).mean(axis=(1, 2)))

    def other_contexts() -> Array:
        return np.asarray(draw.permuted(flat, axis=1).reshape(share.shape).mean(axis=(0, 2)))

    clear, groups = [], ""
    names = [who for _, _, who in people]
    for kind, labels in (
        ("populations", [p[0] for p in people]),
        ("groups", [" ".join(p[:2]).strip() for p in people]),
    ):

        def other_labels(labels: Sequence[str] = labels) -> Array:
            return _by_label(draw.permutation(of_people), labels)

        groups = _named(_means(of_people, labels))
        if _p(_by_label(of_people, labels), other_labels) < CLEAR:
            clear.append(f"{kind} differ: {groups}")
    if _p(of_people, other_people) < CLEAR:
        clear.append(f"respondents differ: {_named(dict(zip(names, of_people, strict=True)))}")
    if _p(of_contexts, other_contexts) < CLEAR:
        clear.append(f"contexts differ: {_named(dict(zip(contexts, of_contexts, strict=True)))}")
    detail = "; ".join([_kinds(jobs), *(clear or [f"groups: {groups}"])])
    title = f"What is missing is spread evenly over personas, groups and contexts ({model})"
    return Check(title, "warning" if clear else "passed", detail)


def _kinds(jobs: Sequence[Mapping[str, Any]]) -> str:
    """Return how many messages and answers are missing, and why."""
    statuses: Counter[str] = Counter()
    for job in jobs:
        for *_, status, n in job.get("lost", {}).get("cells", ()):
            statuses[status] += n
    return ", ".join(f"{n} {status.replace('_', ' ')}" for status, n in sorted(statuses.items()))


def _shares(
    jobs: Sequence[Mapping[str, Any]],
) -> tuple[list[tuple[str, str, str]], list[str], Array]:
    """Return people as population, group and name; contexts; shares missing (people, contexts, replicates)."""
    lost = {str(job["population"]): job["lost"] for job in jobs if "lost" in job}
    known = next(iter(lost.values()))
    contexts, replicates = list(known["asked"]), range(1, known["replicates"] + 1)
    people: dict[tuple[str, str, str], None] = {}
    missing: Counter[tuple[Any, ...]] = Counter()
    for population, one in lost.items():
        named = population if len(lost) > 1 else ""
        for who, group, context, replicate, _, n in one["cells"]:
            people[named, group, who] = None
            missing[named, group, who, context, replicate] += n
        for group, size in one["groups"].items():  # the others, of whom nothing is missing
            known_ones = sum(p[:2] == (named, group) for p in people)
            people |= dict.fromkeys(
                (named, group, f"another {i}") for i in range(size - known_ones)
            )
    share = np.array([
        [[missing[(*who, c, r)] / known["asked"][c] for r in replicates] for c in contexts] for who in people
    ])  # fmt: skip
    return list(people), contexts, share


def _p(seen: Array, drawn: Callable[[], Array]) -> float:
    """Return the share of exchanges whose totals are as uneven as those seen."""
    wanted = float((seen**2).sum()) * (1 - 1e-12)
    uneven = (
        sum(float((drawn() ** 2).sum()) >= wanted for _ in range(DRAWS)) if len(seen) > 1 else DRAWS
    )
    return (1 + uneven) / (1 + DRAWS)


def _by_label(values: Array, labels: Sequence[str]) -> Array:
    """Return each label's mean, weighted so that squares add up to the variance between labels."""
    codes = np.unique(np.array(labels), return_inverse=True)[1]
    sizes = np.bincount(codes)
    centred = values - values.mean()
    weighted: Array = np.bincount(codes, weights=centred) / np.sqrt(sizes)
    return weighted


def _means(values: Array, labels: Sequence[str]) -> dict[str, float]:
    named = np.array(labels)
    return {label or "all": float(values[named == label].mean()) for label in dict.fromkeys(labels)}


def _named(shares: Mapping[str, float]) -> str:
    most = sorted(shares.items(), key=lambda s: -s[1])[:MOST_NAMED]
    more = ", …" if len(shares) > MOST_NAMED else ""
    return ", ".join(f"{name} {percent(share)}" for name, share in most) + more
