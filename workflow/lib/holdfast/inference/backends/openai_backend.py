"""The backend `openai`: any server that speaks this API (docs/api.md).

Chat models are asked at /chat/completions, base models at /completions.
"""

import json
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import Any

from holdfast.design.readouts import WRITTEN
from holdfast.inference.backends.protocol import FILTERED, Answer, MessageRequest, ScoreRequest
from holdfast.inference.models.registry import Entry, Sampling
from holdfast.inference.prompting.control_tokens import as_data
from holdfast.inference.prompting.prompts import (
    Prompt,
    base_labels,
    base_text,
    chat_messages,
    stop_labels,
)
from holdfast.inference.services.answer_ways import (
    CONTINUING,
    Way,
    beginning,
    letter_of,
    restriction,
)
from holdfast.inference.services.api_batches import Batches
from holdfast.inference.services.api_budget import Usage
from holdfast.inference.services.api_parallel import in_parallel
from holdfast.inference.services.api_replies import read_reply
from holdfast.inference.services.api_requests import Failed, Flagged, Service
from holdfast.inference.services.api_witness import Witness
from holdfast.inference.services.batch_files import BatchFiles

logger = logging.getLogger(__name__)

REPLY_TOKENS = 16  # of an answer that names a letter
BASE_LOGPROBS = 5  # tokens whose log-probabilities /completions gives
FAILED = Answer("", status="failed")
Read = Callable[[Any], Answer]
Prepared = tuple[dict[str, Any], Read]  # a request's fields, and what reads its reply
Prepare = Callable[[Any], Prepared]


class OpenAIBackend:
    """A model behind a server. Answers come as they are completed, each with its `place`."""

    def __init__(self, name: str, entry: Entry) -> None:
        """Prepare; the key is read and the server is asked when something is missing in the store.

        Args:
            name: the model's name in the registry.
            entry: its entry.
        """
        self.name, self.entry = name, entry
        self.chat = entry.model.kind == "chat"
        self.known = entry.deployment.service
        self.way = usual_way(entry)
        self.refusal = ""  # what the service said to a way that it does not have
        self.witness = Witness(name)
        self.batches: Path | None = None  # where batches are written down; None: nothing is batched
        self.by_file = entry.deployment.batch == "file"
        self._warned: set[str] = set()
        self._failed_in_batch = ""

    @cached_property
    def service(self) -> Service:
        """Return the server."""
        return Service(self.name, self.entry.deployment)

    @property
    def failure(self) -> str:
        """Return why the last request failed that did; empty: none has."""
        known = self.service.failure if "service" in vars(self) else ""
        return known or self._failed_in_batch

    def identity(self) -> dict[str, Any]:
        """Return what decides the answers: the service, the model there, and how it is asked."""
        deployment = self.entry.deployment
        request = self.known.request.model_dump(exclude={"headers"}, exclude_defaults=True)
        return {
            "service": self.entry.model.repository,
            "revision": self.entry.model.revision,
            "address": deployment.same_as or self.known.base_url,
            "request": request | {"thought_tokens": deployment.thought_tokens},
            "readout": self.way.name,
            "form": self.way.form,
            "logprobs": self.way.logprobs,
        }

    def render(self, prompt: Prompt) -> str:
        """Return the messages as JSON, or the labelled lines of a base model."""
        if not self.chat:
            return base_text(as_data(prompt, labels=base_labels(prompt)))
        messages: list[Any] = list(chat_messages(as_data(prompt), self.entry.model.system_role))
        if self.way.name == "prefill" and prompt.prefill:
            messages.append(beginning(self.way.form, prompt.prefill))
        return json.dumps(messages, ensure_ascii=False)

    def facts(self) -> dict[str, Any]:
        """Return what was spent, if anything was asked, and how answers were asked for."""
        way = {"answered_by": vars(self.way)}
        if "service" not in vars(self):
            return way
        spent = self.spent()
        return way | {
            "tokens_read": spent["read"], "tokens_paid": spent["tokens"], "money": spent["money"],
        }  # fmt: skip

    def spent(self) -> dict[str, Any]:
        """Return the tokens read and paid in this run, those of prompts read before, and the money.

        `told` is the money that the service itself says; 0 where it does not.
        """
        if "service" not in vars(self):
            return dict.fromkeys(("read", "cached", "tokens"), 0) | {"money": 0.0, "told": 0.0}
        b = self.service.budget
        return {
            "read": b.read,
            "cached": b.cached,
            "tokens": b.tokens,
            "money": b.money,
            "told": b.told,
        }

    def prices(self) -> dict[str, Any]:
        """Return the prices of a million tokens, of when they are and where they stand; only what is known."""
        limits = self.entry.deployment.limits
        if limits.price_in is None or limits.price_out is None:
            return {}
        known = limits.model_dump(
            mode="json", include={"price_in", "price_cached", "price_out"}, exclude_none=True
        )
        date = limits.price_date.isoformat() if limits.price_date else ""
        return known | {"price_date": date, "price_source": limits.price_source}

    def tokens_in(self, seconds: float) -> float:
        """Return infinity: it waits for a service."""
        return math.inf

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Yield the messages as they are completed; one whose attempts all failed has status failed."""
        batch = self.batches is not None and (
            self.by_file or all(r.readout in WRITTEN for r in requests)
        )
        yield from (self._batched if batch else self._asked)(requests, self._message)

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield the answers as they are completed; one that names no letter has status invalid."""
        batch = self.batches is not None
        yield from (self._batched if batch else self._asked)(requests, self._answer)

    def _asked(self, requests: Sequence[Any], prepare: Prepare) -> Iterator[Answer]:
        def ask(request: Any) -> Answer | None:
            return self._ask(request, *prepare(request))

        workers = self.entry.deployment.limits.concurrency
        stop = self.service.stop = Event()
        for place, answer in in_parallel(ask, requests, workers, stop):
            yield replace(answer or FAILED, place=place)

    def _batched(self, requests: Sequence[Any], prepare: Prepare) -> Iterator[Answer]:
        """Yield the same, at the service's batch endpoint."""
        assert self.batches is not None
        prepared = [prepare(r) for r in requests]
        self.service.stop = Event()
        kind = BatchFiles if self.by_file else Batches
        batches = kind(self.service, self.batches, self.path)
        for place, reply in batches.replies([self.with_room(body) for body, _ in prepared]):
            body, read = prepared[place]
            try:
                if isinstance(reply, Failed):
                    raise reply
                answer = self._seen(requests[place], body, read)(reply)
            except Flagged as e:
                answer = self._flagged(e)
            except (Failed, KeyError, IndexError, TypeError, ValueError, AttributeError) as e:
                self._failed_in_batch = str(e)
                self._warn_once(f"failed in a batch: {e}")
                answer = FAILED
            yield replace(answer, place=place)

    def _message(self, request: MessageRequest) -> Prepared:
        body = self._prompted(request.prompt) | _sampled(self.entry.model.sampling)
        body |= {"max_tokens": request.max_new_tokens, "seed": request.seed % 2**31}
        if not self.chat:
            body["stop"] = stop_labels(request.prompt)

        def read(reply: Any) -> Answer:
            said = read_reply(reply, self.chat)
            return Answer(said.text.strip(), said.written, said.status, thought=said.thought)

        return body, read

    def _answer(self, request: ScoreRequest) -> Prepared:
        way = self.way
        if request.readout == "choice":
            way = Way("choice", way.choice, way.logprobs)

        def read(reply: Any) -> Answer:
            said = read_reply(reply, self.chat)
            if way.logprobs and not said.tokens:
                self._warn_once(
                    "gives no log-probabilities that can be read: answers are read from its words"
                )
            return letter_of(request, way.name, said, request.prompt.prefill)

        return self.body(request, way), read

    def body(self, request: ScoreRequest, way: Way) -> dict[str, Any]:
        """Return the fields that ask for a letter in a way."""
        body = self._prompted(request.prompt)
        body |= {"max_tokens": REPLY_TOKENS, "temperature": 0, "seed": request.seed % 2**31}
        if way.logprobs:
            top = self.known.top_logprobs
            body |= (
                {"logprobs": True, "top_logprobs": top}
                if self.chat
                else {"logprobs": BASE_LOGPROBS}
            )
        if way.name == "prefill" and self.chat:
            body |= CONTINUING.get(way.form, {})
        elif way.name == "choice":
            body |= restriction(way.form, request.letters)
        return body

    def _prompted(self, prompt: Prompt) -> dict[str, Any]:
        rendered = self.render(prompt)
        asked = {"messages": json.loads(rendered)} if self.chat else {"prompt": rendered}
        return {"model": self.entry.model.repository} | asked

    def _ask(
        self, request: MessageRequest | ScoreRequest, body: dict[str, Any], read: Read
    ) -> Answer | None:
        seen = self._seen(request, body, read)
        try:
            answer: Answer | None = self.service.ask(self.path, *self.with_room(body), seen)
        except Flagged as e:
            return self._flagged(e)
        return answer

    def _seen(
        self, request: MessageRequest | ScoreRequest, body: dict[str, Any], read: Read
    ) -> Read:
        """Return what reads a reply, after the witness has seen it."""
        shown = body.get("prompt") or "\n".join(m["content"] for m in body["messages"])
        talk = request.conversation and (request.conversation, request.prompt.speaker)

        def seen(reply: Any) -> Answer:
            self.witness.see(reply, shown, talk)
            return read(reply)

        return seen

    def _flagged(self, why: Flagged) -> Answer:
        self._warn_once(f"holds a prompt back ({why}): such an answer is marked as filtered")
        return Answer("", status=FILTERED)

    @property
    def path(self) -> str:
        """Return where questions go."""
        return "/chat/completions" if self.chat else "/completions"

    def with_room(self, body: dict[str, Any]) -> tuple[dict[str, Any], Usage]:
        """Return a request with room for a thought, and the tokens that it can cost at most."""
        longest = body["max_tokens"] + self.entry.deployment.thought_tokens
        # no tokenizer makes more tokens than there are bytes; a chat template adds a few a message
        shown = body.get("messages") or [{"content": body["prompt"]}]
        bytes_shown = sum(len(m["content"].encode()) + 16 for m in shown)
        return body | {"max_tokens": longest}, Usage(16 + bytes_shown, longest)

    def _warn_once(self, what: str) -> None:
        kind = what[:20]
        if kind not in self._warned:
            self._warned.add(kind)
            logger.warning("%s: the service %s", self.name, what)


def usual_way(entry: Entry) -> Way:
    """Return how a service is asked before it was tried: as its entry says, or for a free reply."""
    deployment, known = entry.deployment, entry.deployment.service
    logprobs = deployment.logprobs and known.top_logprobs > 0
    untried = deployment.batch == "file"  # nothing can be tried: the first form has to do
    choice = known.choice[0] if len(known.choice) == 1 or (untried and known.choice) else ""
    if entry.model.kind == "base":
        return Way("prefill", logprobs=deployment.logprobs, choice=choice)
    best = "prefill" if untried and known.prefill else "logprobs" if logprobs else "text"
    name = deployment.answer_by or best
    forms = known.forms(name)
    return Way(name, forms[0] if forms else "", logprobs and name != "text", choice)


def _sampled(sampling: Sampling) -> dict[str, Any]:
    """Return the sampling parameters; the two that are no part of the API only where they matter."""
    beyond = {"top_k": sampling.top_k, "repetition_penalty": sampling.repetition_penalty}
    neutral = {"top_k": 0, "repetition_penalty": 1.0}
    return {"temperature": sampling.temperature, "top_p": sampling.top_p} | {
        k: v for k, v in beyond.items() if v != neutral[k]
    }
