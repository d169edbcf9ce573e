"""Thinking first: what a model thinks before each message and answer, asked for and stored like a message.

A thought stands in the prompt of the one message or answer that it precedes, and in no other.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from holdfast.inference.backends.protocol import (
    THOUGHT,
    UNENDED,
    Answer,
    MessageRequest,
    ScoreRequest,
)
from holdfast.inference.interview.store_first import Asking
from holdfast.seeds import derive

Request = MessageRequest | ScoreRequest


@dataclass(frozen=True)
class ThinkingFirst:
    """Thoughts of a model; with no tokens for them it has none.

    Attributes:
        asking: the store and the backend.
        tokens: the longest length of a thought.
        own: how far the model's entry lets it think, for prompts that say nothing of it.
    """

    asking: Asking
    tokens: int
    own: str = ""

    def thinks(self, request: Request) -> bool:
        """Tell whether a thought precedes a message or an answer."""
        return bool(self.tokens) and (request.prompt.level or self.own) != "off"

    def thought_request(self, request: Request) -> MessageRequest:
        """Return the request of what is thought before a message or an answer."""
        return MessageRequest(
            replace(request.prompt, thinks=True, prefill=""), derive(request.seed, THOUGHT), self.tokens,
            request.conversation, THOUGHT, request.asked, goes_on=True,
        )  # fmt: skip

    def next_request(self, request: Request) -> Request:
        """Return a request with the thought before it; the thought's own where the store has none."""
        if not self.thinks(request):
            return request
        thinks = self.thought_request(request)
        known = self.asking.store.get(self.asking.key(thinks))
        return thinks if known is None else after(request, known)

    def recalled(self, request: Request) -> Answer | None:
        """Return the thought that precedes a request, if there is one and the store has it."""
        if not self.thinks(request):
            return None
        return self.asking.store.get(self.asking.key(self.thought_request(request)))

    def before(
        self, about: Sequence[Any], lost: Sequence[bool], requests: Sequence[Request]
    ) -> list[tuple[Request, Answer | None]]:
        """Return the requests with their thoughts, which are computed where the store has none.

        Args:
            about: what each is about.
            lost: is it not to be asked?
            requests: of messages or answers.
        """
        places = [i for i, request in enumerate(requests) if self.thinks(request)]
        if not places:
            return [(request, None) for request in requests]
        began = time.monotonic()
        asked = [self.thought_request(requests[i]) for i in places]
        whose, none = [about[i] for i in places], [lost[i] for i in places]
        found = self.asking.answers(whose, none, asked, self.asking.backend.generate)
        thoughts = {i: thought for i, (*_, thought) in zip(places, found, strict=True)}
        self.asking.counts.message_seconds += time.monotonic() - began
        self.asking.counts.thoughts += len(thoughts)
        return [
            (after(r, thoughts[i]), thoughts[i]) if i in thoughts else (r, None)
            for i, r in enumerate(requests)
        ]


def after(request: Any, thought: Answer) -> Any:
    """Return a request after what was thought."""
    return replace(request, prompt=replace(request.prompt, thought=thought.text))


def thought_columns(
    thought: Answer | None, answer: Answer | None = None, service: bool = False
) -> dict[str, str]:
    """Return the columns of a thought in the tables; none where the model does not think.

    Args:
        thought: that was asked for before.
        answer: with which a service may have told a thought.
        service: is the model behind one? Then there always are columns.
    """
    if service and answer is not None:
        status = UNENDED if answer.status == UNENDED else "ok" if answer.thought else ""
        return {"thought": answer.thought, "thought_status": status}
    if thought is None:
        return {}
    return {"thought": thought.text, "thought_status": thought.status}
