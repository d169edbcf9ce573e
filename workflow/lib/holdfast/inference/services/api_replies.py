"""What a service's reply says: text, thought, why it ended, tokens; and what its errors are about."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.inference.backends.protocol import FILTERED, REFUSED, UNENDED
from holdfast.inference.prompting.thinking import parted_thoughts
from holdfast.inference.prompting.token_letters import Token
from holdfast.inference.services.api_budget import Usage

_FLAG = re.compile(
    r"flagged|content[ _](?:filter|policy|management|exists risk)|moderation|data_inspection|responsibleai",
    re.IGNORECASE,
)
_ABOUT_A_PROMPT = (
    400,
    403,
    422,
    451,
)  # statuses with which services tell that a prompt was flagged
_FILTERS = ("content_filter", "safety", "prohibited_content", "sensitive", "blocklist")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")


@dataclass(frozen=True)
class Reply:
    """One reply.

    Attributes:
        text: what was said, without thoughts; of a refusal its words.
        thought: what was thought before.
        status: ok, cut, empty, refused, filtered, or a thought that did not end.
        tokens: with the likeliest at each place; none where the service gives none.
        written: number of tokens, thoughts included.
    """

    text: str
    thought: str
    status: str
    tokens: Sequence[Token]
    written: int


def read_reply(reply: Any, chat: bool) -> Reply:
    """Return what a reply says.

    Raises:
        KeyError, IndexError, TypeError, ValueError, AttributeError: it is broken.
    """
    choice = reply["choices"][0]
    message = choice["message"] if chat else {**choice, "content": choice["text"]}
    said, thought = _content(message.get("content"))
    beside = next((str(message[k]) for k in _THOUGHTS if isinstance(message.get(k), str)), "")
    said, within, unended = parted_thoughts(said) if chat else (said, "", False)
    thought = "\n".join(t for t in (beside, thought, within) if t).strip()
    end, refusal = str(choice.get("finish_reason") or "").casefold(), message.get("refusal")
    if end == "error":
        raise ValueError("it broke off")
    if refusal or end == "refusal":
        said, status = said.strip() or str(refusal or ""), REFUSED
    elif any(name in end for name in _FILTERS):
        status = FILTERED
    elif unended or (end == "length" and not said.strip() and (thought or _thought_unseen(reply))):
        status = UNENDED
    else:
        status = "empty" if not said.strip() else "cut" if end == "length" else "ok"
    used = reply.get("usage") or {}
    written = int(used.get("completion_tokens") or 0)
    return Reply(said, thought, status, tokens(choice.get("logprobs")), written)


def _content(content: Any) -> tuple[str, str]:
    """Return the text and the thought of a message's content: a text, or a list of blocks."""
    if content is None or isinstance(content, str):
        return content or "", ""
    if not isinstance(content, list):
        raise ValueError("a content of another kind")
    texts, thoughts = [], []
    for block in content:
        if isinstance(block, str) or block["type"] in ("text", "output_text"):
            texts.append(block if isinstance(block, str) else str(block["text"]))
        elif block["type"] in ("thinking", "reasoning"):
            inside = block.get(block["type"], block.get("text"))
            thoughts.append(_content(inside)[0])
        elif block["type"] != "redacted_thinking":
            raise ValueError("a block of another kind")
    return "".join(texts), "".join(thoughts)


def tokens(given: Any) -> list[Token]:
    """Return a reply's tokens with the likeliest at each place; none where they are given in no known form."""
    try:
        if "content" in given:
            return [
                Token(
                    t["token"],
                    _highest((x["token"], x["logprob"]) for x in t["top_logprobs"] or ()),
                )
                for t in given["content"]
            ]
        pairs = zip(given["tokens"], given["top_logprobs"], strict=True)
        return [Token(t, _highest(top.items())) for t, top in pairs if top]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def _highest(pairs: Any) -> dict[str, float]:
    """Return each text's logprob; tokens of different bytes may show the same text."""
    top: dict[str, float] = {}
    for text, logprob in pairs:
        top[text] = max(float(logprob), top.get(text, -math.inf))
    return top


def error_of(reply: Any) -> Mapping[str, Any] | None:
    """Return the error in a reply's body, or of its first choice; None: there is none."""
    if not isinstance(reply, Mapping):
        return None
    choices = reply.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    error = reply.get("error") or (first.get("error") if isinstance(first, Mapping) else None)
    if not error:
        return None
    return error if isinstance(error, Mapping) else {"message": str(error)}


def error_status(status: int, error: Mapping[str, Any]) -> int:
    """Return an error's HTTP status: the reply's own, or the error's code where that says 200."""
    code = str(error.get("code") or error.get("status") or "")
    if status != 200:
        return status
    if code == "insufficient_quota":
        return 402
    return int(code) if code.isdigit() and 400 <= int(code) < 600 else 500


def about_the_prompt(status: int, error: Mapping[str, Any]) -> bool:
    """Tell whether a service refuses this one prompt for what it says."""
    metadata = error.get("metadata")
    if isinstance(metadata, Mapping) and (metadata.get("reasons") or metadata.get("flagged_input")):
        return True
    words = " ".join(str(error.get(k) or "") for k in ("code", "type", "message", "innererror"))
    return status in _ABOUT_A_PROMPT and _FLAG.search(words) is not None


def usage_of(reply: Any) -> Usage | None:
    """Return the tokens, and the money, that a reply says it took; None: it does not say.

    Some services leave thoughts out of `completion_tokens`, but not out of the sum. OpenRouter tells money.
    """
    try:
        used = reply["usage"]
        prompt = int(used["prompt_tokens"])
        written = int(used.get("completion_tokens") or 0)
        written = max(written, int(used.get("total_tokens") or 0) - prompt)
        money = float(used.get("cost") or 0)
        return Usage(prompt, written, min(prompt, _cached(used)), told=money)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _thought_unseen(reply: Any) -> bool:
    """Tell whether tokens were thought of which the reply shows nothing."""
    used = usage_of(reply)
    if used is None:
        return False
    told = reply["usage"].get("completion_tokens_details")
    reasoned = told.get("reasoning_tokens") if isinstance(told, Mapping) else 0
    return bool(reasoned) or used.completion > int(reply["usage"].get("completion_tokens") or 0)


def _cached(used: Any) -> int:
    """Return how many of the prompt's tokens were read before, as services tell it in several ways; else 0."""
    details = used.get("prompt_tokens_details") or {}
    told = (
        details.get("cached_tokens"),
        used.get("prompt_cache_hit_tokens"),
        used.get("cached_tokens"),
    )
    return int(next(filter(None, told), 0))
