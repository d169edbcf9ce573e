"""What a service will take for what is still to be done: a range, since nobody knows what its cache has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from holdfast.inference.cost_forecast import Forecast
from holdfast.inference.models.registry import Entry

MILLION = 1e6


@dataclass(frozen=True)
class Prices:
    """Money, in the currency of the registry's prices.

    Attributes:
        single: where every answer is asked for by itself, at the full price of every prompt.
        single_least: the same, where the service takes the lower price for all that it may have in its cache.
        batched: where answers are asked for in batches, at the full price of every prompt.
        batched_least: the same, with the lower price for messages alone, which are not asked for in batches.
    """

    single: float
    single_least: float
    batched: float
    batched_least: float


def with_thoughts(ahead: Forecast, entry: Entry) -> Forecast:
    """Return a forecast in which every reply of a service thinks as long as it may.

    Args:
        ahead: what is to be done, without such thoughts.
        entry: the model's.
    """
    most = entry.deployment.thought_tokens
    read, written = ahead.asked
    return replace(
        ahead, written=ahead.written + most * (ahead.messages + ahead.answers),
        asked=(read, written + most * ahead.answers),
    )  # fmt: skip


def prices(ahead: Forecast, entry: Entry) -> Prices | None:
    """Return what a service takes; None: the model is behind none, or its prices are not known.

    Args:
        ahead: what is to be done.
        entry: the model's.
    """
    limits = entry.deployment.limits
    if entry.deployment.backend != "openai" or limits.price_in is None or limits.price_out is None:
        return None
    single = (ahead.read * limits.price_in + ahead.written * limits.price_out) / MILLION
    answers = (ahead.asked[0] * limits.price_in + ahead.asked[1] * limits.price_out) / MILLION
    batched = single - (1 - limits.price_batch) * answers
    again, of_answers = ahead.again
    less = 0.0 if limits.price_cached is None else (limits.price_in - limits.price_cached) / MILLION
    return Prices(single, single - less * again, batched, batched - less * (again - of_answers))


def told(name: str, cost: Prices, ahead: Forecast, entry: Entry) -> Sequence[str]:
    """Return sentences on what a service takes, how that was reckoned, and of when the prices are.

    Args:
        name: of the model and population.
        cost: what it takes.
        ahead: what is to be done.
        entry: the model's.
    """
    limits, most = entry.deployment.limits, entry.deployment.thought_tokens
    single = _range(cost.single_least, cost.single)
    batched = _range(cost.batched_least, cost.batched)
    dated = f"of {limits.price_date}" if limits.price_date else "without a date (price_date)"
    source = f", from {limits.price_source}" if limits.price_source else ""
    said = [
        f"{name}: {single} of money where every answer is asked for by itself, and {batched} where they are "
        f"asked for in batches (deployment.batch); with prices {dated}{source}"
    ]
    share = ahead.again[0] / ahead.read if ahead.read else 0.0
    if limits.price_cached is None:
        said.append(
            f"{name}: no lower price of prompts that were read before is known (price_cached): an upper bound"
        )
    else:
        said.append(
            f"{name}: {share:.0%} of the tokens read may be at the price of those read before: where a prompt "
            f"begins as the one before it in its conversation, with {limits.cached_from:,} tokens or more. The "
            "higher sum is without any"
        )
    if most:
        said.append(
            f"{name}: each reply was taken to think with {most:,} tokens, the most that it may"
        )
    return said


def _range(least: float, most: float) -> str:
    low, high = short(least), short(most)
    return high if low == high else f"{low} to {high}"


def short(x: float) -> str:
    """Return a number as people write it: 1,200 · 3.41 M · 0.052."""
    if x >= MILLION:
        return f"{x / MILLION:.4g} M" if x < 1e9 else f"{x / 1e9:.4g} G"
    return f"{x:,.0f}" if x >= 100 or x == int(x) else f"{x:.3g}"
