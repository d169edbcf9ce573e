"""An interview without a model: what is asked is echoed, and nothing is kept."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from holdfast.inference.backends.protocol import Answer, MessageRequest, ScoreRequest
from holdfast.inference.prompting.prompts import Prompt, base_text, chat_messages
from holdfast.inference.store.response_store import Store


class Recorder(Store):
    """A store that keeps nothing on the disk."""

    def save(self) -> None:
        """Write nothing."""


class Echo:
    """Says a fixed sentence; a prompt is all that any model could be shown of it."""

    def identity(self) -> dict[str, Any]:
        return {"repository": "echo", "revision": "1", "dtype": "float32", "quantization": "none"}

    def render(self, prompt: Prompt) -> str:
        forms = [chat_messages(prompt, system) for system in (True, False)]
        return json.dumps([*forms, base_text(prompt), prompt.prefill])

    def facts(self) -> dict[str, Any]:
        return {}

    def tokens_in(self, seconds: float) -> float:
        return math.inf

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        yield from (Answer("It is said.", tokens=3) for _ in requests)

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        yield from (Answer(r.letters[0], logprobs=(0.0,) * 6, mass=1.0) for r in requests)
