"""What a service will take: with and without prompts read before, in batches, and with thoughts."""

from typing import Any

import pytest

from holdfast.inference.cost_forecast import Forecast
from holdfast.inference.models.registry import Entry
from holdfast.inference.price_forecast import prices, told, with_thoughts

AHEAD = Forecast(
    messages=10, answers=40, held=0, read=100_000, computed=20_000, written=1_000, exact=True,
    tokenizer=False, length=20, seen=0, asked=(80_000, 40), again=(60_000, 50_000),
)  # fmt: skip


def entry(**limits: Any) -> Entry:
    deployment = {"backend": "openai", "base_url": "http://none", "thought_tokens": 100}
    return Entry.model_validate(
        {"model": {"repository": "some"}, "deployment": deployment | {"limits": limits}}
    )


def test_prompts_read_before_make_a_range_and_batches_discount_messages_alone() -> None:
    found = prices(AHEAD, entry(price_in=2, price_out=10, price_cached=0.5, price_batch=0.5))
    assert found is not None
    assert found.single == pytest.approx(0.21) and found.single_least == pytest.approx(0.21 - 0.09)
    batched = 0.21 - 0.5 * (80_000 * 2 + 40 * 10) / 1e6
    assert found.batched == pytest.approx(batched)
    assert found.batched_least == pytest.approx(batched - 1.5 * 10_000 / 1e6)
    full = prices(AHEAD, entry(price_in=2, price_out=10))
    assert full is not None and full.single == full.single_least == found.single
    assert prices(AHEAD, entry()) is None


def test_every_reply_may_think_as_long_as_it_may() -> None:
    ahead = with_thoughts(AHEAD, entry())
    assert (ahead.written, ahead.asked) == (1_000 + 50 * 100, (80_000, 40 + 40 * 100))


def test_what_is_told_of_prices() -> None:
    dear = entry(
        price_in=2, price_out=10, price_cached=0.5, price_date="2026-11-01", price_source="a list"
    )
    found = prices(AHEAD, dear)
    assert found is not None
    said = " ".join(told("served × people", found, AHEAD, dear))
    assert (
        "served × people: 0.12 to 0.21 of money where every answer is asked for by itself" in said
    )
    assert "with prices of 2026-11-01, from a list" in said
    assert "60% of the tokens read may be at the price" in said and "with 1,024 tokens" in said
    assert "each reply was taken to think with 100 tokens" in said
