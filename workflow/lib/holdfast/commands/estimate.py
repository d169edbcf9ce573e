"""`holdfast estimate`: what a study will cost before it runs, and what it has cost."""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path

from holdfast.atomic_writes import write_whole
from holdfast.commands.study_argument import add_study, planned
from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.backends.openai_backend import OpenAIBackend
from holdfast.inference.backends.way_probe import recall_way
from holdfast.inference.cost_forecast import Forecast, Saving, forecast, saving
from holdfast.inference.inference_job import resolved_revision
from holdfast.inference.interview.sessions import Design
from holdfast.inference.models.registry import REFERENCE_BACKENDS, Entry
from holdfast.inference.price_forecast import Prices, prices, short, told, with_thoughts
from holdfast.study.plan import Plan

HEADS = ("messages", "answers", "held", "read", "written", "hours", "money", "MB")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_study(parser, "config.yaml")
    parser.add_argument("--limit", type=int, help="only so many respondents of each population")


def run(given: argparse.Namespace) -> None:
    """Print the table; raise StudyError if the study is wrong or a tokenizer is not here."""
    keys = {} if given.limit is None else {"limit": given.limit}
    with planned(given, **keys) as plan:
        show(plan)


def show(plan: Plan) -> None:
    """Print a study's costs, in the folder that holds its results, and keep them there."""
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
        notes |= set(_notes(cost, plan))
    print(_line("in all", [_short(_sum(column)) for column in zip(*rows, strict=True)]))
    print(
        "\nread, written: tokens of prompts and of messages; held: messages and answers in the store"
    )
    print("\n".join(sorted(notes)))
    _show_spent(plan)
    keep(plan, found)


def _notes(cost: "Cost", plan: Plan) -> Sequence[str]:
    a, notes, longest = cost.ahead, list[str](), plan.study.contexts.max_new_tokens
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
    if cost.prices is not None and a.answers:
        notes += told(f"{cost.model} × {cost.population}", cost.prices, a, plan.models[cost.model])
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
    return "?" if isnan(x) else short(x)


def _sum(column: Sequence[float]) -> float:
    return nan if any(map(isnan, column)) else sum(column)


KEPT = "estimate.json"
GPU_RATE, CORE_RATE = 4e13, 5e10  # operations a second, roughly, where the model never ran here


@dataclass(frozen=True)
class Cost:
    """One model and population.

    Attributes:
        model: the model's name.
        population: the population's name.
        ahead: what is to be done, and what the store holds.
        hours: about how long that takes, of a GPU where the model uses one; NaN: unknown.
        measured: do the hours come from this model's own jobs?
        money: what a service takes for it at most, in the currency of the registry's prices; NaN: unknown.
        saving: what nested lengths save; None: there are none.
        prices: a service's; None: it is no service with prices.
    """

    model: str
    population: str
    ahead: Forecast
    hours: float
    measured: bool
    money: float
    saving: Saving | None = None
    prices: Prices | None = None


@dataclass(frozen=True)
class Spent:
    """What the last run of a job took, from its manifest: answers, tokens, hours of its GPUs, money."""

    computed: float
    read: float
    written: float
    hours: float
    money: float


def costs(plan: Plan, results: Path) -> Iterator[Cost]:
    """Yield what each job of a study will cost; references cost nothing and are left out.

    Args:
        plan: the study.
        results: the folder of all results, with the store.

    Raises:
        StudyError: a model's tokenizer is not here.
    """
    for model, entry in plan.models.items():
        if entry.deployment.backend not in REFERENCE_BACKENDS:
            for population in plan.populations:
                yield _cost(plan, model, population, results)


def _cost(plan: Plan, model: str, population: str, results: Path) -> Cost:
    people, entry = plan.populations[population], plan.models[model]
    design = Design(
        personas=people.personas, profiles=people.profiles, contexts=plan.context_rows(),
        instruments=plan.asked(population), encounters=plan.encounters(population),
        **plan.asking(model),
    )  # fmt: skip
    weights = [Path(p) for p in plan.weights(model)]
    if missing := [p for p in weights if not p.exists()]:
        raise StudyError(
            f"models: '{model}': {missing[0]} is not there yet: run `snakemake prefetch`."
        )
    backend = make_backend(
        model, entry, design.seed, resolved_revision(entry, weights), 1, design.day
    )
    if isinstance(backend, OpenAIBackend):
        recall_way(backend, results / "store" / model)
    sampling = entry.model.sampling.model_dump()
    kept_from = entry.deployment.limits.cached_from
    ahead = forecast(backend, results / "store" / model, design, sampling, kept_from)
    ahead = with_thoughts(ahead, entry)
    shared = {c["conversation"] for c in design.contexts}
    saved = None
    if len(shared) < len(design.contexts):
        saved = saving(backend, ahead.length, design, sampling)
    rate = token_seconds(results, model)
    hours = _hours(ahead, entry, rate)
    asked = prices(ahead, entry)
    money = _money(asked, entry)
    return Cost(model, population, ahead, hours, rate is not None, money, saved, asked)


def token_seconds(results: Path, model: str) -> float | None:
    """Return the seconds a token that a model's jobs took, by all manifests; None without any."""
    seconds = tokens = 0.0
    for path in results.glob(f"*/responses/{model}/*.json"):
        about = _manifest(path)
        if about.get("computed") and about.get("tokens_read"):
            seconds += about["seconds"]
            tokens += about["tokens_read"] + about["tokens"]
    return seconds / tokens if tokens else None


def _hours(ahead: Forecast, entry: Entry, seconds_a_token: float | None) -> float:
    gpus, model = entry.deployment.gpus, entry.model
    if seconds_a_token is not None:
        return (ahead.read + ahead.written) * seconds_a_token * max(gpus, 1) / 3600
    if model.parameters is None or entry.deployment.backend == "openai":
        return float("nan")
    rate = GPU_RATE if gpus else CORE_RATE * entry.deployment.cores
    return 2 * model.parameters * (ahead.computed + ahead.written) / rate / 3600


def _money(asked: Prices | None, entry: Entry) -> float:
    if entry.deployment.backend != "openai":
        return 0.0
    if asked is None:
        return float("nan")
    return asked.batched if entry.deployment.batch else asked.single


def spent(plan: Plan, model: str, population: str) -> Spent | None:
    """Return what the last run of a job took; None: it has not ended yet."""
    path = Path(plan.results, "responses", model, f"{population}.json")
    if not path.exists():
        return None
    about, gpus = _manifest(path), max(plan.models[model].deployment.gpus, 1)
    return Spent(
        about["computed"], about.get("tokens_read", 0), about["tokens"],
        about["seconds"] * gpus / 3600, about.get("money", 0.0),
    )  # fmt: skip


def _manifest(path: Path) -> dict[str, float]:
    try:
        about: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
        return about | {k: about[k] for k in ("computed", "tokens", "seconds")}
    except (OSError, ValueError, KeyError, TypeError):
        raise StudyError(f"{path}: is no job's manifest. Remove it to make it anew.") from None


def keep(plan: Plan, found: Sequence[Cost]) -> None:
    """Remember how many tokens were estimated, for the comparison with what is spent later."""
    ahead = {f"{c.model} {c.population}": c.ahead.read + c.ahead.written for c in found}
    if any(ahead.values()):
        path = Path(plan.results, KEPT)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda t: t.write_text(json.dumps(ahead, indent=1) + "\n"))


def estimated(plan: Plan) -> dict[tuple[str, str], float]:
    """Return the tokens of each model and population that were estimated last; none if nothing was."""
    path = Path(plan.results, KEPT)
    if not path.exists():
        return {}
    try:
        ahead = json.loads(path.read_text(encoding="utf-8")).items()
        return {(m, p): float(n) for k, n in ahead for m, _, p in [k.partition(" ")]}
    except (ValueError, AttributeError, TypeError):
        raise StudyError(f"{path}: is no estimate. Remove it to make it anew.") from None
