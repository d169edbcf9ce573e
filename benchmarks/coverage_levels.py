"""How often intervals hold the truth over other topics and wordings, and how often equal models seem to differ.

A study asks in several wordings. A wording moves each respondent in its own way, and it disturbs the answers
more or less: the logarithms of what topics and wordings do are normal. Two models have the same respondents,
topics and wordings; what a wording does to the one says nothing of the other, so that in one wording the first
is the more stable one and in another the second, and over all wordings that there might be both are equal.

Usage: python benchmarks/coverage_levels.py [--studies N] [--processes N] [--levels N ...] --json FILE
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from functools import cache, partial
from itertools import product
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

from coverage_topics import VALUES, _over_values

from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.estimation.context_layout import Layout
from holdfast.stability.estimation.weighted_statistics import Sample
from holdfast.stability.facets import facet_intervals
from holdfast.stability.facets.facet_components import PLANNED
from holdfast.stability.facets.facet_intervals import OVER_LEVELS
from holdfast.stability.resampling.intervals import Scale, ends, scale_of
from holdfast.stability.resampling.quantities import BOUNDS, Quantity
from holdfast.stability.resampling.two_way_jackknife import crossed_spread

TOPIC_SD, WORDING_SD, NOISE = 0.3, 0.4, 0.8
"""Medians, in standard deviations of the profiles: what a topic, a wording and a single answer do."""


@dataclass(frozen=True)
class Wordings:
    """A design.

    Attributes:
        spread: standard deviation of the logarithm of what topics and wordings do.
        levels: wordings.
        topics: how many there are.
        respondents: how many there are.
    """

    spread: float
    levels: int
    topics: int
    respondents: int


def answers(design: Wordings, g: np.random.Generator, trait: FloatArray) -> FloatArray:
    """Return the scores (1, topics × levels, N, V) of one model."""
    t, w = np.exp(design.spread * g.normal(size=(2, max(design.topics, design.levels))))
    t, w = t[: design.topics], w[: design.levels]
    of_topics = (TOPIC_SD * t)[:, None, None] * g.normal(size=(len(t), *trait.shape))
    of_wordings = (WORDING_SD * w)[:, None, None] * g.normal(size=(len(w), *trait.shape))
    noise = NOISE * t[:, None, None, None] * w[:, None, None]
    noise = noise * g.normal(size=(len(t), len(w), *trait.shape))
    scores = trait + of_topics[:, None] + of_wordings[None] + noise
    return scores.reshape(1, -1, *trait.shape)


def layout_of(design: Wordings) -> Layout:
    """Return the layout of the design."""
    grid = np.arange(design.topics * design.levels).reshape(design.topics, design.levels)
    return Layout(
        grid[:, 0], facets={"wording": [f"w{i}" for i in range(design.levels)]}, grid=grid
    )


@cache
def truth(spread: float, topics: int) -> dict[str, float]:
    """Return what is true over all topics and wordings that there might be."""
    z = np.exp(spread * np.random.default_rng(1).normal(size=(3, 1_000_000)))
    kept = 1 + (WORDING_SD * z[2]) ** 2
    noise = [(TOPIC_SD * t) ** 2 + (NOISE * t * z[2]) ** 2 for t in z[:2]]
    r = kept / np.sqrt((kept + noise[0]) * (kept + noise[1]))
    more = np.exp(2 * spread**2)  # of a squared effect, over its median
    pt, pw, error = TOPIC_SD**2 * more, WORDING_SD**2 * more, NOISE**2 * more**2
    planned = {
        f"planned_g, {n}": 1 / (1 + pt / topics + pw / n + error / topics / n) for n in PLANNED
    }
    whole = 1 + pt + pw + error
    return {
        "rank_order_over_levels": float((6 / np.pi * np.arcsin(r / 2)).mean()),
        "ipsative_over_levels": float(_over_values(r).mean()),
        "source_share, topic": pt / whole, "source_share, wording": pw / whole, **planned,
    }  # fmt: skip


def study(seed: int, design: Wordings) -> dict[str, float]:
    """Return which intervals hold the truth, and which comparisons of equal models claim a difference."""
    g = np.random.default_rng(
        [seed, int(100 * design.spread), design.levels, design.topics, design.respondents]
    )
    trait, told = g.normal(size=(design.respondents, VALUES)), layout_of(design)
    samples = [Sample(answers(design, g, trait)) for _ in range(2)]
    one, other = (facet_intervals.of_levels(sample, told)["wording"] for sample in samples)
    true = truth(design.spread, design.topics)
    found: dict[str, float] = {}
    for quantity in OVER_LEVELS.values():
        own, its = (figures[quantity, "facet"][..., 0] for figures in (one, other))
        found |= _held(quantity, quantity, own, true[quantity], 3)
        less = own - its
        for name, part in _ways(less, 3).items():
            found[f"{quantity}, claimed, {name}"] = 1 - _holds(part, 0.0, "plain", 3)
    components = facet_intervals._of_components(samples[0], told)
    shares = components["source_share", "source"]
    for at, source in enumerate(("topic", "wording")):
        name = f"source_share, {source}"
        found |= _held("source_share", name, shares[..., at], true[name], 3)
    planned = components["planned_g", "planned"]
    for at, n in enumerate(PLANNED):
        own = planned[..., len(PLANNED) + at]  # those of the topics come first
        found |= _held("planned_g", f"planned_g, {n}", own, true[f"planned_g, {n}"], 3)
    return found


def _ways(figures: FloatArray, ways: int) -> dict[str, FloatArray]:
    """Return the figures with all that is left out, and with topics and respondents left out alone."""
    return {"like these": figures, "these": figures[:, :1] if ways == 3 else figures}


def _held(
    quantity: Quantity, name: str, figures: FloatArray, true: float, ways: int
) -> dict[str, float]:
    """Return whether the intervals hold a truth: about wordings like these, and about these."""
    return {
        f"{name}, {which}": _holds(
            part, true, scale_of(quantity), ways, BOUNDS.get(quantity, (-1, 1))
        )
        for which, part in _ways(figures, ways).items()
    }


def _holds(
    figures: FloatArray, true: float, scale: Scale, ways: int,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> float:  # fmt: skip
    whole = figures[(0,) * ways]
    lower, upper = ends(whole, crossed_spread(figures, scale, ways), 0.95, scale, bounds)
    return float(lower <= true <= upper)


def designs(levels: list[int]) -> list[Wordings]:
    """Return the designs with these numbers of wordings."""
    parts = product((60, 20), (5,), levels, (0.0, 0.2, 0.4))
    return [Wordings(spread, n, topics, respondents) for respondents, topics, n, spread in parts]


def main() -> None:
    """Measure, print a row a design, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--studies", type=int, default=200, help="of a design")
    parser.add_argument("--processes", type=int, default=1, help="processes at once")
    parser.add_argument(
        "--levels", type=int, nargs="*", default=[4, 5, 10], help="numbers of wordings"
    )
    parser.add_argument(
        "--minimum", type=int, default=4, help="topics and wordings that are a sample"
    )
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    options = parser.parse_args()
    facet_intervals.MINIMUM_CONTEXTS = options.minimum  # type: ignore[attr-defined]
    rows: list[dict[str, Any]] = []
    with Pool(options.processes) as pool:
        for design in designs(options.levels):
            found = pool.map(partial(study, design=design), range(options.studies), chunksize=5)
            shares = pd.DataFrame(found).mean().to_dict()
            rows.append({**asdict(design), "studies": options.studies, **shares})
            print(asdict(design), {k: round(v, 3) for k, v in shares.items()}, flush=True)
            options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
