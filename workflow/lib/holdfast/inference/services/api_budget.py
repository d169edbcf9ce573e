"""The budget of an API model: no request is sent that could pass it."""

import threading
from dataclasses import dataclass

from holdfast.errors import StudyError
from holdfast.inference.models.service_requests import Limits

MILLION = 1_000_000


@dataclass(frozen=True)
class Usage:
    """Tokens of a request: sent, come back, and of the sent those read before.

    At a batch's price? And what the service itself says that it took; 0: it does not say.
    """

    prompt: int
    completion: int
    cached: int = 0
    batch: bool = False
    told: float = 0.0


class Budget:
    """Counts what a job spends, in tokens and in money.

    A request reserves the most that it can cost, and settles for what it did cost. Where it does not fit
    any more, it waits until those in flight are settled.
    """

    def __init__(self, name: str, limits: Limits) -> None:
        """Start with nothing spent.

        Args:
            name: the model's name, for the message.
            limits: caps and prices.
        """
        self.name, self.limits = name, limits
        self.tokens, self.read, self.cached, self.money, self.told = 0, 0, 0, 0.0, 0.0
        self._reserved: list[Usage] = []
        self._changed = threading.Condition()

    def reserve(self, most: Usage) -> None:
        """Reserve the most that a request can cost, before it is sent.

        Raises:
            StudyError: the budget could be passed, even after all requests in flight are settled.
        """
        with self._changed:
            while not self._fits(most):
                if not self._reserved:
                    raise StudyError(self._message())
                self._changed.wait()
            self._reserved.append(most)

    def settle(self, most: Usage, used: Usage | None) -> None:
        """Count what a request cost; None: nobody said, so the most is counted."""
        with self._changed:
            self._reserved.remove(most)
            self._count(used or most)
            self._changed.notify_all()

    def count(self, spent: Usage) -> None:
        """Count what was reserved and paid in a run that did not live to count it."""
        with self._changed:
            self._count(spent)

    def _count(self, spent: Usage) -> None:
        self.tokens += spent.prompt + spent.completion
        self.read += spent.prompt
        self.cached += spent.cached
        self.money += self._price(spent)
        self.told += spent.told

    def _fits(self, most: Usage) -> bool:
        pending = [*self._reserved, most]
        tokens = self.tokens + sum(u.prompt + u.completion for u in pending)
        money = self.money + sum(map(self._price, pending))
        caps = self.limits
        return not (caps.tokens is not None and tokens > caps.tokens) and not (
            caps.money is not None and money > caps.money
        )

    def _price(self, used: Usage) -> float:
        prices = self.limits
        full = prices.price_in or 0
        again = full if prices.price_cached is None else prices.price_cached
        read = (used.prompt - used.cached) * full + used.cached * again
        share = prices.price_batch if used.batch else 1.0
        return share * (read + used.completion * (prices.price_out or 0)) / MILLION

    def _message(self) -> str:
        spent = f"{self.tokens} tokens"
        if self.limits.money is not None:
            spent += f", {self.money:.4f} in money"
        return (
            f"models: '{self.name}': the budget is used up: {spent} spent, and the next request could "
            f"pass the cap (deployment.limits: tokens {self.limits.tokens}, money {self.limits.money}). "
            "What was answered is in the store. Raise the cap and run again: only the rest is asked."
        )
