"""Asking: the response store first, the backend for the rest, which is stored as it comes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.inference.backends.protocol import (
    FILTERED,
    REFUSED,
    UNENDED,
    Answer,
    Backend,
    MessageRequest,
    ScoreRequest,
)
from holdfast.inference.interview.contamination import Audit
from holdfast.inference.store.answer_keys import answer_key
from holdfast.inference.store.response_store import Store

LOST = Answer("", status="failed")  # not asked: what comes before it failed


@dataclass
class Counts:
    """What a job did, for its manifest."""

    computed: int = 0
    reused: int = 0
    tokens: int = 0
    invalid: int = 0
    refused: int = 0
    filtered: int = 0
    failed: int = 0
    thoughts: int = 0
    unended: int = 0
    message_seconds: float = 0.0


class Asking:
    """A backend and a store; counts what it does."""

    def __init__(
        self, backend: Backend, store: Store, sampling: dict[str, Any], audit: Audit
    ) -> None:
        """Join them; arguments as `Interview` has them."""
        self.backend, self.store, self.sampling, self.audit = backend, store, sampling, audit
        self.model = backend.identity()
        self.service = "service" in self.model
        self.counts = Counts()

    def key(self, request: MessageRequest | ScoreRequest) -> str:
        """Return the key of a request's answer in the store; every prompt passes here, and is audited."""
        rendered = self.backend.render(request.prompt)
        k = answer_key(request, rendered, self.model, self.sampling)
        self.audit.request(k, request)
        return k

    def answers(
        self, about: Sequence[Any], lost: Sequence[bool], requests: Sequence[Any], ask: Any
    ) -> Iterator[tuple[Any, str, Answer]]:
        """Yield what each request is about, its key and its answer, computing only what is missing.

        What is lost is not asked: an earlier message failed, and what follows has failed as well.
        """
        keys = [self.key(r) for r in requests]
        if wanted := self._missing(lost, keys):
            self.store.look()  # another job may have answered meanwhile
            wanted = self._missing(lost, keys)
        fresh = self._fresh(list(wanted.values()), requests, keys, ask)
        failed: dict[str, Answer] = {}
        for i, k in enumerate(keys):
            while not lost[i] and k not in self.store and k not in failed:
                of, answer = next(fresh)
                failed |= {of: answer} if answer.status == "failed" else {}
            known = LOST if lost[i] else failed.get(k) or self.store.get(k)
            assert known is not None
            self.count(known, fresh=wanted.get(k) == i)
            yield about[i], k, known

    def _fresh(
        self, missing: Sequence[int], requests: Sequence[Any], keys: Sequence[str], ask: Any
    ) -> Iterator[tuple[str, Answer]]:
        """Yield the key of each missing request with its answer, which is in the store by then."""
        answers = ask([requests[i] for i in missing]) if missing else ()
        for number, answer in enumerate(answers):
            k = keys[missing[number if answer.place is None else answer.place]]
            if self.service and answer.status != "failed":
                self.store.keep(k, answer)
                self.store.save_if_due()
            elif answer.status != "failed":
                self.store.add(k, answer, in_block=True)
            yield k, answer

    def _missing(self, lost: Sequence[bool], keys: Sequence[str]) -> dict[str, int]:
        """Return which keys have no answer yet, each with its first place, so that it is asked once."""
        wanted: dict[str, int] = {}
        for i, k in enumerate(keys):
            if not lost[i] and k not in self.store:
                wanted.setdefault(k, i)
        return wanted

    def count(self, answer: Answer, fresh: bool) -> None:
        """Count an answer: computed now, or known before."""
        failed = answer.status == "failed"
        self.counts.failed += failed
        self.counts.computed += fresh and not failed
        self.counts.reused += not fresh and not failed
        self.counts.tokens += answer.tokens if fresh else 0
        self.counts.invalid += answer.status not in (
            "ok",
            "cut",
            "failed",
            REFUSED,
            FILTERED,
            UNENDED,
        )
        self.counts.refused += answer.status == REFUSED
        self.counts.filtered += answer.status == FILTERED
        self.counts.unended += answer.status == UNENDED
