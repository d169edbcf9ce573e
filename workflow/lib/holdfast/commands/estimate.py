"""`holdfast estimate`: what a study will cost before it runs, and what it has cost."""

import argparse
from collections.abc import Iterable, Sequence
from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.documents import read_mapping
from holdfast.plan import Plan, make_plan

if TYPE_CHECKING:
    from holdfast.estimate import Cost

HELP = "tell what a study will cost: answers, tokens, hours, money, disk; and what it has cost"
HEADS = ("messages", "answers", "held", "read", "written", "hours", "money", "MB")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, nargs="?", default=Path("config.yaml"))
    parser.add_argument("--limit", type=int, help="only so many respondents of each population")


def run(given: argparse.Namespace) -> None:
    """Print the table; raise StudyError if the study is wrong or a tokenizer is not here."""
    from holdfast.estimate import costs, keep  # bring torch, which other commands need not wait for

    config = read_mapping(given.file) | ({} if given.limit is None else {"limit": given.limit})
    plan = make_plan(config, str(given.file), Path("resources"))
    found, rows, notes = [], [], set[str]()
    print(_line("still to do", HEADS))
    for cost in costs(plan, Path("results")):
        a = cost.ahead
        numbers = (
            a.messages,
            a.answers,
            a.held,
            a.read,
            a.written,
            cost.hours,
            cost.money,
            a.megabytes,
        )
        found.append(cost)
        rows.append(numbers)
        print(_line(f"{cost.model} × {cost.population}", map(_short, numbers)), flush=True)
        notes |= set(_notes(cost, plan.study.contexts.max_new_tokens))
    print(_line("in all", [_short(_sum(column)) for column in zip(*rows, strict=True)]))
    print(
        "\nread, written: tokens of prompts and of messages; held: messages and answers in the store"
    )
    print("\n".join(sorted(notes)))
    _show_spent(plan)
    keep(plan, found)


def _notes(cost: "Cost", longest: int) -> Sequence[str]:
    a, notes = cost.ahead, []
    if a.seen:
        notes.append(
            f"{cost.model}: a message has {a.length:.1f} tokens, the mean of {a.seen} in the store"
        )
    elif a.messages:
        notes.append(
            f"{cost.model}: no message is in the store; each was taken to have {longest} tokens, the most that "
            "it can: an upper bound. A trial tells more: snakemake --cores all --config limit=2"
        )
    if not a.tokenizer:
        notes.append(
            f"{cost.model}: its tokenizer is not known; a token was taken for 4 characters"
        )
    if not cost.measured and a.answers:
        notes.append(f"{cost.model}: has not run here; its hours are a guess from its size")
    if not a.exact:
        notes.append("counted on a part of the respondents, and taken for all")
    if cost.saving:
        notes.append(_saved(cost))
    return notes


def _saved(cost: "Cost") -> str:
    """Say what nested lengths save."""
    s = cost.saving
    assert s is not None
    said = (
        f"{cost.model} × {cost.population}: lengths are cut from one conversation: {s.messages:,.0f} messages "
        f"and {_short(s.tokens)} tokens a respondent and replicate, in place of {s.messages_alone:,.0f} and "
        f"{_short(s.tokens_alone)} with a conversation for each length "
        f"({1 - s.messages / s.messages_alone:.0%} and {1 - s.tokens / s.tokens_alone:.0%} less"
    )
    hours = cost.hours * (s.tokens_alone / s.tokens - 1)
    return said + (f"; about {_short(hours)} hours)" if hours > 0 else ")")


def _show_spent(plan: Plan) -> None:
    from holdfast.estimate import estimated, spent

    before = estimated(plan)
    heads = ("computed", "", "read", "written", "hours", "money", "of estimate")
    lines = []
    for job in [(m, p) for m in plan.models for p in plan.populations]:
        if (s := spent(plan, *job)) and s.read:
            share = f"{(s.read + s.written) / before[job]:.1%}" if before.get(job) else ""
            numbers = [_short(x) for x in (s.computed, s.read, s.written, s.hours, s.money)]
            lines.append(_line(" × ".join(job), [numbers[0], "", *numbers[1:], share]))
    if lines:
        print("\n" + "\n".join([_line("last runs took", heads), *lines]))


def _line(name: str, cells: Iterable[str]) -> str:
    return f"{name:<36}" + "".join(f"{c:>12}" for c in cells)


def _short(x: float) -> str:
    """Return a number as people write it: 1,200 · 3.41 M · 0.052 · ?."""
    if isnan(x):
        return "?"
    if x >= 1e6:
        return f"{x / 1e6:.4g} M" if x < 1e9 else f"{x / 1e9:.4g} G"
    return f"{x:,.0f}" if x >= 100 or x == int(x) else f"{x:.3g}"


def _sum(column: Sequence[float]) -> float:
    return nan if any(map(isnan, column)) else sum(column)
