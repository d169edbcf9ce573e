"""What services want in a request, and presets; what a job may ask of one and spend there (docs/api.md)."""

import datetime
import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from holdfast.errors import VARIABLE
from holdfast.inference.prompting.thinking import Level
from holdfast.yaml_and_csv import Strict

AnswerBy = Literal["prefill", "choice", "logprobs", "text"]
"""Ways in which a service may be asked for a letter, from the best to that which every service has."""

Prefill = Literal["continue_final_message", "continue_only", "prefix", "plain"]
Restriction = Literal["structured_outputs", "guided_choice", "regex", "grammar", "json_schema"]
Variable = Annotated[str, Field(pattern=VARIABLE)]
Header = Annotated[str, Field(pattern="^[A-Za-z0-9_-]+$")]


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
    cached_from: int = Field(1024, ge=1)
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
    headers: dict[Header, Variable] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _asks_what_the_study_asks(self) -> "Request":
        renamed = [*self.rename, *self.rename.values()]
        for key, fields in (("drop", self.drop), ("rename", renamed), ("add", list(self.add))):
            for field in fields:
                if field in ("messages", "prompt"):
                    raise ValueError(f"{key}: {field}: is what the study asks. Leave it out")
        for field, only in (("stream", False), ("n", 1)):
            if self.add.get(field, only) != only:
                raise ValueError(
                    f"add: {field}: {self.add[field]}: a request gets one reply, read whole. Leave it out"
                )
        return self

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
        thinking: how far its models are to think, each level with the fields that say so.
    """

    base_url: str | None = None
    request: Request = Request()
    prefill: list[Prefill] = Field(default_factory=list)
    choice: list[Restriction] = Field(default_factory=list)
    top_logprobs: int = 0
    thinking: dict[Level, dict[str, Any]] = Field(default_factory=dict)

    def thinks(self, level: Level, tokens: int) -> Request:
        """Return the fields with which this service's models are told how far to think.

        Args:
            level: how far.
            tokens: that a thought may have, for services that want to be told.

        Raises:
            ValueError: it has no such fields, or not for this level; or too few tokens.
        """
        if level not in self.thinking:
            allowed = f"allowed here: {', '.join(self.thinking)}" if self.thinking else (
                "needs a preset with fields for it: "
                f"{', '.join(name for name, known in PRESETS.items() if known.thinking)}; "
                "or set the service's own with request.add"
            )  # fmt: skip
            raise ValueError(f"deployment: thinking: {level}: {allowed}")
        fields = self.thinking[level]
        if BUDGET in str(fields) and tokens < LEAST_BUDGET:
            raise ValueError(
                f"deployment: thinking: {level}: needs thought_tokens of at least {LEAST_BUDGET}"
            )
        told = {BUDGET: tokens}
        return Request(add={
            k: {inner: told.get(v, v) for inner, v in value.items()} if isinstance(value, dict) else value
            for k, value in fields.items()
        })  # fmt: skip

    def forms(self, way: str) -> list[str]:
        """Return the forms that a way to answer may have; none where it has no special ones."""
        known: dict[str, list[str]] = {"prefill": [*self.prefill], "choice": [*self.choice]}
        return known.get(way, [])


BUDGET = "<thought_tokens>"  # stands for the number of tokens that a thought may have
LEAST_BUDGET = 1024  # that Anthropic takes


def _by(field: str, words: Mapping[Level, Any]) -> dict[Level, dict[str, Any]]:
    """Return levels that one field names."""
    return {level: {field: word} for level, word in words.items()}


_EFFORTS = _by(
    "reasoning_effort", {"off": "none", "low": "low", "medium": "medium", "high": "high"}
)
_TEMPLATE = _by(
    "chat_template_kwargs", {"off": {"enable_thinking": False}, "on": {"enable_thinking": True}}
)
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
        thinking=_EFFORTS,
    ),
    "azure": Preset(
        choice=["json_schema"], top_logprobs=20,
        request=Request(
            rename=_COMPLETION, drop=_SAMPLED_LESS, query={"api-version": "2024-10-21"},
            headers={"api-key": "AZURE_OPENAI_API_KEY"},
        ),
        thinking=_EFFORTS,
    ),
    "anthropic": Preset(
        base_url="https://api.anthropic.com/v1", prefill=["plain"],
        request=Request(drop=["seed", "top_p", *_NO_LOGPROBS, *_SAMPLED_LESS]),
        thinking=_by("thinking", {
            "off": {"type": "disabled"}, "on": {"type": "enabled", "budget_tokens": BUDGET},
        }),
    ),
    "gemini": Preset(
        base_url="https://generativelanguage.googleapis.com/v1beta/openai", choice=["json_schema"],
        request=Request(drop=["seed", *_NO_LOGPROBS, *_SAMPLED_LESS]),
        thinking=_EFFORTS,
    ),
    "mistral": Preset(
        base_url="https://api.mistral.ai/v1", prefill=["prefix"], choice=["json_schema"],
        request=Request(rename={"seed": "random_seed"}, drop=[*_NO_LOGPROBS, *_SAMPLED_LESS]),
        thinking=_by("reasoning_effort", {"off": "none", "high": "high"}),
    ),
    "deepseek": Preset(
        base_url="https://api.deepseek.com/beta", prefill=["prefix"], top_logprobs=20,
        request=Request(drop=["seed", *_SAMPLED_LESS]),
        thinking=_by("thinking", {"off": {"type": "disabled"}, "on": {"type": "enabled"}}),
    ),
    "openrouter": Preset(
        base_url="https://openrouter.ai/api/v1", prefill=["plain"], choice=["json_schema"], top_logprobs=20,
        thinking=_by("reasoning", {
            "off": {"effort": "none"}, "on": {"enabled": True},
            "low": {"effort": "low"}, "medium": {"effort": "medium"}, "high": {"effort": "high"},
        }),
    ),
    "together": Preset(
        base_url="https://api.together.xyz/v1", prefill=["plain"], choice=["json_schema"], top_logprobs=5,
        request=Request(drop=["logprobs"], rename={"top_logprobs": "logprobs"}),
        thinking=_EFFORTS
        | _by("reasoning", {"off": {"enabled": False}, "on": {"enabled": True}}),
    ),
    "groq": Preset(
        base_url="https://api.groq.com/openai/v1", prefill=["plain"], choice=["json_schema"],
        request=Request(rename=_COMPLETION, drop=[*_NO_LOGPROBS, *_SAMPLED_LESS]),
        thinking=_EFFORTS | _by("reasoning_effort", {"on": "default"}),
    ),
    "vllm": Preset(
        prefill=["continue_final_message"], choice=["structured_outputs", "guided_choice"], top_logprobs=20,
        thinking=_EFFORTS | _TEMPLATE,
    ),
    "sglang": Preset(
        prefill=["continue_only"], choice=["regex"], top_logprobs=20,
        thinking=_by("reasoning_effort", {"low": "low", "medium": "medium", "high": "high"}) | _TEMPLATE,
    ),
    "llama.cpp": Preset(
        base_url="http://localhost:8080/v1", prefill=["plain"], choice=["grammar"], top_logprobs=20,
        request=Request(rename={"repetition_penalty": "repeat_penalty"}),
        thinking=_TEMPLATE,
    ),
    "ollama": Preset(
        base_url="http://localhost:11434/v1", prefill=["plain"], choice=["json_schema"], top_logprobs=20,
        request=Request(drop=_SAMPLED_LESS),
        thinking=_EFFORTS,
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


def plain_address(value: str) -> str:
    """Return a service's address.

    Raises:
        ValueError: it is none, or has what must not stand in it.
    """
    try:
        parts = urlsplit(value)
        plain = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        known = plain and not (parts.query or parts.username or parts.password or parts.fragment)
    except ValueError:  # a port that is no number, half a pair of brackets
        known = False
    if not known:
        raise ValueError(
            "must be http(s)://HOST/PATH or http(s)://HOST:PORT/PATH, without user, password or query; put "
            "those in request.query. An IPv6 address stands in brackets"
        )
    if parts.path.rstrip("/").endswith("/completions"):
        raise ValueError("leave out /chat/completions or /completions, which is added")
    return value
