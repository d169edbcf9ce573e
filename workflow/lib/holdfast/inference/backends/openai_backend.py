"""The backend `openai`: any server that speaks this API (docs/api.md).

Chat models are asked at /chat/completions, base models at /completions.
"""

import json
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from threading import Event
from typing import Any

from holdfast.inference.backends.api_budget import Usage
from holdfast.inference.backends.api_parallel import in_parallel
from holdfast.inference.backends.api_replies import Reply, read_reply
from holdfast.inference.backends.api_requests import Flagged, Service
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
from holdfast.inference.prompting.reply_letters import named_option
from holdfast.inference.prompting.token_letters import option_logprobs

logger = logging.getLogger(__name__)

REPLY_TOKENS = 16  # of an answer that names a letter
TOP = {"chat": 20, "base": 5}  # tokens whose log-probabilities are asked for: what the API allows
FAILED = Answer("", status="failed")


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
        self._warned: set[str] = set()

    @cached_property
    def service(self) -> Service:
        """Return the server."""
        return Service(self.name, self.entry.deployment)

    def identity(self) -> dict[str, Any]:
        """Return what decides the answers: the server's model and how it is asked; not where it is."""
        logprobs = self.entry.deployment.logprobs
        return {
            "service": self.entry.model.repository,
            "revision": self.entry.model.revision,
            "readout": "top_logprobs" if logprobs else "text",
        }

    def render(self, prompt: Prompt) -> str:
        """Return the messages as JSON, or the labelled lines of a base model."""
        if not self.chat:
            return base_text(as_data(prompt, labels=base_labels(prompt)))
        messages = chat_messages(as_data(prompt), self.entry.model.system_role)
        return json.dumps(messages, ensure_ascii=False)

    def facts(self) -> dict[str, Any]:
        """Return what was spent, if anything was asked; what serves the model is not known here."""
        if "service" not in vars(self):
            return {}
        spent = self.service.budget
        return {"tokens_read": spent.read, "tokens_paid": spent.tokens, "money": spent.money}

    def tokens_in(self, seconds: float) -> float:
        """Return infinity: it waits for a service."""
        return math.inf

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Yield the messages as they are completed; one whose attempts all failed has status failed."""
        yield from self._asked(requests, self._message)

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield the answers as they are completed; one that names no letter has status invalid."""
        yield from self._asked(requests, self._answer)

    def _asked(self, requests: Sequence[Any], ask: Any) -> Iterator[Answer]:
        workers = self.entry.deployment.limits.concurrency
        stop = self.service.stop = Event()
        for place, answer in in_parallel(ask, requests, workers, stop):
            yield replace(answer or FAILED, place=place)

    def _message(self, request: MessageRequest) -> Answer | None:
        body = self._prompted(request.prompt) | _sampled(self.entry.model.sampling)
        body |= {"max_tokens": request.max_new_tokens, "seed": request.seed % 2**31}
        if not self.chat:
            body["stop"] = stop_labels(request.prompt)

        def read(reply: Any) -> Answer:
            said = read_reply(reply, self.chat)
            return Answer(said.text.strip(), said.written, said.status, thought=said.thought)

        return self._ask(body, read)

    def _answer(self, request: ScoreRequest) -> Answer | None:
        body = self._prompted(request.prompt)
        body |= {"max_tokens": REPLY_TOKENS, "temperature": 0, "seed": request.seed % 2**31}
        if self.entry.deployment.logprobs:
            body |= (
                {"logprobs": True, "top_logprobs": TOP["chat"]}
                if self.chat
                else {"logprobs": TOP["base"]}
            )

        def read(reply: Any) -> Answer:
            said = read_reply(reply, self.chat)
            found = option_logprobs(said.tokens, request.letters, begun=not self.chat)
            if self.entry.deployment.logprobs and not said.tokens:
                self._warn_once(
                    "gives no log-probabilities that can be read: answers are read from its words"
                )
            return _chosen(request, said, "" if self.chat else request.prompt.prefill, found)

        return self._ask(body, read)

    def _prompted(self, prompt: Prompt) -> dict[str, Any]:
        rendered = self.render(prompt)
        asked = {"messages": json.loads(rendered)} if self.chat else {"prompt": rendered}
        return {"model": self.entry.model.repository} | asked

    def _ask(self, body: dict[str, Any], read: Any) -> Answer | None:
        # no tokenizer makes more tokens than there are bytes; a chat template adds a few a message
        shown = body.get("messages") or [{"content": body["prompt"]}]
        bytes_shown = sum(len(m["content"].encode()) + 16 for m in shown)
        most = Usage(16 + bytes_shown, body["max_tokens"])
        path = "/chat/completions" if self.chat else "/completions"
        try:
            answer: Answer | None = self.service.ask(path, body, most, read)
        except Flagged as e:
            self._warn_once(f"holds a prompt back ({e}): such an answer is marked as filtered")
            return Answer("", status=FILTERED)
        return answer

    def _warn_once(self, what: str) -> None:
        kind = what[:20]
        if kind not in self._warned:
            self._warned.add(kind)
            logger.warning("%s: the service %s", self.name, what)


def _chosen(request: ScoreRequest, said: Reply, begun: str, found: Sequence[float]) -> Answer:
    """Return the letter that a reply names, by its log-probabilities or its words."""
    known = [x for x in found if not math.isnan(x)]
    if known:
        best = max(range(len(found)), key=lambda i: -math.inf if math.isnan(found[i]) else found[i])
        mass = min(1.0, sum(map(math.exp, known)))
        return Answer(request.letters[best], logprobs=tuple(found), mass=mass, thought=said.thought)
    letter = named_option(begun + said.text, request.letters, request.options)
    unread = "invalid" if said.status in ("ok", "cut") else said.status
    return Answer(letter or said.text, status="ok" if letter else unread, thought=said.thought)


def _sampled(sampling: Sampling) -> dict[str, Any]:
    """Return the sampling parameters; the two that are no part of the API only where they matter."""
    beyond = {"top_k": sampling.top_k, "repetition_penalty": sampling.repetition_penalty}
    neutral = {"top_k": 0, "repetition_penalty": 1.0}
    return {"temperature": sampling.temperature, "top_p": sampling.top_p} | {
        k: v for k, v in beyond.items() if v != neutral[k]
    }
