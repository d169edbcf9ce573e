"""What services want in a request, and presets; what a job may ask of one and spend there (docs/api.md)."""

import datetime
import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from holdfast.yaml_and_csv import Strict

AnswerBy = Literal["prefill", "choice", "logprobs", "text"]
"""Ways in which a service may be asked for a letter, from the best to that which every service has."""

Prefill = Literal["continue_final_message", "continue_only", "prefix", "plain"]
Restriction = Literal["structured_outputs", "guided_choice", "regex", "grammar", "json_schema"]
Variable = Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]*$")]


class Limits(Strict):
    """What one job may ask of a server, and what it may spend there in one run."""

    concurrency: int = Field(4, ge=1, le=256)
    requests_per_minute: float | None = Field(None, gt=0)
    timeout_seconds: float = Field(120, gt=0)
    attempts: int = Field(8, ge=1, le=100)
    longest_wait_seconds: float = Field(60, gt=0)
    tokens: int | None = Field(None, ge=1)
    money: float | None = Field(None, gt=0)
    price_in: float | None = Field(None, ge=0)
    price_out: float | None = Field(None, ge=0)
    price_cached: float | None = Field(None, ge=0)
    price_batch: float = Field(0.5, ge=0, le=1)
    batch_poll_seconds: float = Field(60, gt=0)
    price_date: datetime.date | None = None
    price_source: str = ""

    @model_validator(mode="after")
    def _priced(self) -> "Limits":
        if self.money is not None and (self.price_in is None or self.price_out is None):
            raise ValueError("a cap in money needs price_in and price_out, for a million tokens")
        if self.price_cached is not None and self.price_cached > (self.price_in or 0):
            raise ValueError("price_cached: is that of prompts read before, at most price_in")
        return self


class Request(Strict):
    """How a request differs from the OpenAI API's.

    Attributes:
        drop: fields that are not sent.
        rename: fields that are sent under another name.
        add: fields that are sent besides, or with another value.
        query: parameters of the address.
        headers: names of headers, each with the environment variable that holds its value.
    """

    drop: list[str] = Field(default_factory=list)
    rename: dict[str, str] = Field(default_factory=dict)
    add: dict[str, Any] = Field(default_factory=dict)
    query: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, Variable] = Field(default_factory=dict)

    def over(self, other: "Request") -> "Request":
        """Return another one with what this one says as well."""
        return Request(
            drop=[*other.drop, *self.drop], rename=other.rename | self.rename, add=other.add | self.add,
            query=other.query | self.query, headers=other.headers | self.headers,
        )  # fmt: skip

    def check_sent(self, name: str, value: object) -> None:
        """Refuse a sampling parameter that is set and would not be sent.

        Raises:
            ValueError: it would not be.
        """
        if name in self.drop:
            raise ValueError(
                f"model: sampling: {name}: {value}: is not sent to this service. Leave it out."
            )

    def shaped(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request's fields as the service wants them."""
        kept = {self.rename.get(k, k): v for k, v in body.items() if k not in self.drop}
        return kept | self.add


class Preset(Strict):
    """What is known of a service.

    Attributes:
        base_url: its address; None: of each installation.
        request: how its requests differ.
        prefill: ways in which it goes on from a beginning of its answer, to be tried in this order.
        choice: ways in which it restricts the answer to the letters.
        top_logprobs: tokens whose log-probabilities may be asked for; 0: none.
    """

    base_url: str | None = None
    request: Request = Request()
    prefill: list[Prefill] = Field(default_factory=list)
    choice: list[Restriction] = Field(default_factory=list)
    top_logprobs: int = 0

    def forms(self, way: str) -> list[str]:
        """Return the forms that a way to answer may have; none where it has no special ones."""
        known: dict[str, list[str]] = {"prefill": [*self.prefill], "choice": [*self.choice]}
        return known.get(way, [])


_NO_LOGPROBS = ["logprobs", "top_logprobs"]
_COMPLETION = {"max_tokens": "max_completion_tokens"}
_SAMPLED_LESS = ["top_k", "repetition_penalty"]

UNKNOWN = Preset(
    prefill=["continue_final_message", "plain"],
    choice=["structured_outputs", "guided_choice", "json_schema", "regex", "grammar"],
    top_logprobs=20,
)
"""What is tried with a server of which nothing is said."""

PRESETS: dict[str, Preset] = {
    "openai": Preset(
        base_url="https://api.openai.com/v1", choice=["json_schema"], top_logprobs=20,
        request=Request(rename=_COMPLETION, drop=_SAMPLED_LESS),
    ),
    "openai-reasoning": Preset(
        base_url="https://api.openai.com/v1", choice=["json_schema"],
        request=Request(
            rename=_COMPLETION,
            drop=["temperature", "top_p", "seed", "stop", *_NO_LOGPROBS, *_SAMPLED_LESS],
        ),
    ),
    "azure": Preset(
        choice=["json_schema"], top_logprobs=20,
        request=Request(
            rename=_COMPLETION, drop=_SAMPLED_LESS, query={"api-version": "2024-10-21"},
            headers={"api-key": "AZURE_OPENAI_API_KEY"},
        ),
    ),
    "anthropic": Preset(
        base_url="https://api.anthropic.com/v1", prefill=["plain"],
        request=Request(drop=["seed", "top_p", *_NO_LOGPROBS, *_SAMPLED_LESS]),
    ),
    "gemini": Preset(
        base_url="https://generativelanguage.googleapis.com/v1beta/openai", choice=["json_schema"],
        request=Request(drop=["seed", *_NO_LOGPROBS, *_SAMPLED_LESS]),
    ),
    "mistral": Preset(
        base_url="https://api.mistral.ai/v1", prefill=["prefix"], choice=["json_schema"],
        request=Request(rename={"seed": "random_seed"}, drop=[*_NO_LOGPROBS, *_SAMPLED_LESS]),
    ),
    "deepseek": Preset(
        base_url="https://api.deepseek.com/beta", prefill=["prefix"], top_logprobs=20,
        request=Request(drop=["seed", *_SAMPLED_LESS]),
    ),
    "openrouter": Preset(
        base_url="https://openrouter.ai/api/v1", prefill=["plain"], choice=["json_schema"], top_logprobs=20,
    ),
    "together": Preset(
        base_url="https://api.together.xyz/v1", prefill=["plain"], choice=["json_schema"], top_logprobs=5,
        request=Request(drop=["logprobs"], rename={"top_logprobs": "logprobs"}),
    ),
    "groq": Preset(
        base_url="https://api.groq.com/openai/v1", prefill=["plain"], choice=["json_schema"],
        request=Request(rename=_COMPLETION, drop=[*_NO_LOGPROBS, *_SAMPLED_LESS]),
    ),
    "vllm": Preset(
        prefill=["continue_final_message"], choice=["structured_outputs", "guided_choice"], top_logprobs=20,
    ),
    "sglang": Preset(prefill=["continue_only"], choice=["regex"], top_logprobs=20),
    "llama.cpp": Preset(
        base_url="http://localhost:8080/v1", prefill=["plain"], choice=["grammar"], top_logprobs=20,
        request=Request(rename={"repetition_penalty": "repeat_penalty"}),
    ),
    "ollama": Preset(
        base_url="http://localhost:11434/v1", prefill=["plain"], choice=["json_schema"], top_logprobs=20,
        request=Request(drop=_SAMPLED_LESS),
    ),
    "lmstudio": Preset(
        base_url="http://localhost:1234/v1", prefill=["plain"], choice=["json_schema"],
        request=Request(rename={"repetition_penalty": "repeat_penalty"}, drop=_NO_LOGPROBS),
    ),
}  # fmt: skip


def preset_name(value: str) -> str:
    """Return a preset's name.

    Raises:
        ValueError: there is none of this name.
    """
    if value not in PRESETS:
        near = difflib.get_close_matches(value, PRESETS, 1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise ValueError(f"'{value}' is unknown. {hint}Allowed: {', '.join(PRESETS)}")
    return value
