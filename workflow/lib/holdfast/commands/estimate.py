"""`holdfast estimate`: what a study will cost before it runs, and what it has cost."""

import argparse
from collections.abc import Iterable, Sequence
from math import isnan, nan
from pathlib import Path

from holdfast.commands.job_costs import Cost, costly_jobs, costs, estimated, keep, spent
from holdfast.commands.study_argument import add_study, planned
from holdfast.inference.models.light_import import leave_out_torch
from holdfast.inference.price_forecast import short, told
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import answering

HEADS = ("messages", "answers", "held", "read", "written", "hours", "money", "MB")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_study(parser, "config.yaml")
    parser.add_argument("--limit", type=int, help="only so many respondents of each population")


def run(given: argparse.Namespace) -> None:
    """Print the table; raise StudyError if the study is wrong or a tokenizer is not here."""
    leave_out_torch()
    keys = {} if given.limit is None else {"limit": given.limit}
    with planned(given, **keys) as plan:
        show(plan)


def show(plan: Plan) -> None:
    """Print a study's costs, in the folder that holds its results, and keep them there."""
    found, rows, notes = [], [], set[str]()
    width = max([36, *(len(job.name) + 2 for job in costly_jobs(plan))])
    print(_line("still to do", HEADS, width))
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
        print(_line(cost.job.name, map(_short, numbers), width), flush=True)
        notes |= set(_notes(cost, plan))
    print(_line("in all", [_short(_sum(column)) for column in zip(*rows, strict=True)], width))
    print(
        "\nread, written: tokens of prompts and of messages; held: messages and answers in the store"
    )
    print("\n".join(sorted(notes)))
    _show_spent(plan, width)
    keep(plan, found)


def _notes(cost: Cost, plan: Plan) -> Sequence[str]:
    a, notes = cost.ahead, _lengths(cost, plan)
    name, entry = answering(plan, cost.job)
    if not a.tokenizer:
        notes.append(f"{name}: its tokenizer is not known; a token was taken for 4 characters")
    if cost.prices is not None and a.answers:
        notes += told(cost.job.name, cost.prices, a, entry)
    if not cost.measured and a.answers:
        notes.append(f"{name}: has not run here; its hours are a guess from its size")
    if not a.exact:
        notes.append("counted on a part of the respondents, and taken for all")
    if cost.saving:
        notes.append(_saved(cost))
    return notes


def _lengths(cost: Cost, plan: Plan) -> list[str]:
    """Say how long messages were taken to be that are yet to be said, or to be read by an observer."""
    a, name = cost.ahead, cost.job.model
    if cost.job.observer:
        length = "the mean of those in the store" if a.seen else "the most that they can"
        return [
            f"{cost.job.name}: {a.unheard:.0%} of the conversations are not held yet; their messages were "
            f"taken to have {a.length:.1f} tokens, {length}"
        ] * bool(a.unheard)  # fmt: skip
    if a.seen:
        return [f"{name}: a message has {a.length:.1f} tokens, the mean of {a.seen} in the store"]
    longest = plan.study.contexts.max_new_tokens
    return [
        f"{name}: no message is in the store; each was taken to have {longest} tokens, the most that it can: "
        "an upper bound. A trial tells more: snakemake --cores all --config limit=2"
    ] * bool(a.messages)  # fmt: skip


def _saved(cost: Cost) -> str:
    """Say what nested lengths save."""
    s = cost.saving
    assert s is not None
    said = (
        f"{cost.job.name}: lengths are cut from one conversation: {s.messages:,.0f} messages "
        f"and {_short(s.tokens)} tokens a respondent and replicate, in place of {s.messages_alone:,.0f} and "
        f"{_short(s.tokens_alone)} with a conversation for each length "
        f"({1 - s.messages / s.messages_alone:.0%} and {1 - s.tokens / s.tokens_alone:.0%} less"
    )
    hours = cost.hours * (s.tokens_alone / s.tokens - 1)
    return said + (f"; about {_short(hours)} hours)" if hours > 0 else ")")


def _show_spent(plan: Plan, width: int) -> None:
    before = estimated(plan)
    heads = ("computed", "", "read", "written", "hours", "money", "of estimate")
    lines = []
    for job in costly_jobs(plan):
        if (s := spent(plan, job)) and s.read:
            share = f"{(s.read + s.written) / before[job]:.1%}" if before.get(job) else ""
            numbers = [_short(x) for x in (s.computed, s.read, s.written, s.hours, s.money)]
            lines.append(_line(job.name, [numbers[0], "", *numbers[1:], share], width))
    if lines:
        print("\n" + "\n".join([_line("last runs took", heads, width), *lines]))


def _line(name: str, cells: Iterable[str], width: int) -> str:
    return f"{name:<{width}}" + "".join(f"{c:>12}" for c in cells)


def _short(x: float) -> str:
    return "?" if isnan(x) else short(x)


def _sum(column: Sequence[float]) -> float:
    return nan if any(map(isnan, column)) else sum(column)
