"""What is missing: spread evenly, or gathered on some respondents, groups or contexts."""

import random
from typing import Any

import pytest

from holdfast.report.tables.loss_checks import CLEAR, losses

PEOPLE = {f"hero-{i}": "hero" for i in range(10)} | {f"villain-{i}": "villain" for i in range(10)}
CONTEXTS = ["none", "joke", "tea", "rain"]


def job(cells: list[list[Any]], population: str = "fictional") -> dict[str, Any]:
    asked = dict.fromkeys(CONTEXTS, 43)
    grouped = [[who, PEOPLE[who], *rest] for who, *rest in cells]
    groups = {"hero": 10, "villain": 10}
    lost = {"groups": groups, "replicates": 2, "asked": asked, "cells": grouped}
    return {"model": "served", "population": population, "lost": lost}


def cells(wanted: Any, n: int = 40, seed: int = 1) -> list[list[Any]]:
    """Return sessions of which all is missing, drawn among those wanted."""
    every = [
        [p, c, r, "refused", n] for p in PEOPLE for c in CONTEXTS for r in (1, 2) if wanted(p, c)
    ]
    return sorted(random.Random(seed).sample(every, 14))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (lambda p, _: p.startswith("villain"), "groups differ: villain 16.3 %, hero 0 %"),
        (lambda p, _: p in ("hero-1", "villain-2"), "respondents differ: "),
        (lambda _, c: c == "joke", "contexts differ: joke 32.6 %, none 0 %, tea 0 %, …"),
    ],
)
def test_what_gathers_is_named(wanted: Any, told: str) -> None:
    (check,) = losses([job(cells(wanted))])
    detail = check.detail.replace("\u00a0", " ")
    assert check.state == "warning" and told in detail
    assert check.detail.startswith("560 refused; ") and "(served)" in check.title


def test_what_is_spread_evenly_passes_about_as_often_as_it_should() -> None:
    warned = sum(
        losses([job(cells(lambda *_: True, seed=s))])[0].state == "warning" for s in range(40)
    )
    assert warned <= 40 * 3 * CLEAR + 3


def test_populations_are_groups_too() -> None:
    jobs = [job(cells(lambda *_: True)), job([["hero-1", "tea", 1, "failed", 1]], "real")]
    (check,) = losses(jobs)
    assert check.state == "warning" and "populations differ: fictional" in check.detail


def test_without_losses_there_is_nothing_to_check() -> None:
    assert losses([{"model": "served", "population": "fictional"}]) == []
