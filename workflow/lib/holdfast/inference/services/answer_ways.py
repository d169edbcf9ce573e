"""Ways to ask a service for a letter: what is sent, and how the reply is read (docs/api.md)."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.inference.backends.protocol import REFUSED, Answer, ScoreRequest
from holdfast.inference.prompting.reply_letters import named_option, plain_text
from holdfast.inference.prompting.token_letters import Token, option_logprobs
from holdfast.inference.services.api_replies import Reply

READ_AS = {"prefill": "prefill", "choice": "restricted", "logprobs": "top_logprobs", "text": "text"}
"""What the table of responses calls answers of each way; `text` where there are no log-probabilities."""

CONTINUING: dict[str, dict[str, Any]] = {
    "continue_final_message": {"continue_final_message": True, "add_generation_prompt": False},
    "continue_only": {"continue_final_message": True},
}
"""Fields with which a server goes on from the last message; without any, some do so of their own accord."""


@dataclass(frozen=True)
class Way:
    """How one service is asked.

    Attributes:
        name: prefill, choice, logprobs or text.
        form: which fields carry it; empty where no special ones do.
        logprobs: are log-probabilities asked for?
        choice: which fields restrict an answer, for the readout `choice`; empty: none do.
    """

    name: str
    form: str = ""
    logprobs: bool = True
    choice: str = ""


def restriction(form: str, letters: str) -> dict[str, Any]:
    """Return the fields that let only a letter come."""
    listed = list(letters)
    schema = {
        "type": "object", "properties": {"answer": {"type": "string", "enum": listed}},
        "required": ["answer"], "additionalProperties": False,
    }  # fmt: skip
    fields: dict[str, dict[str, Any]] = {
        "structured_outputs": {"structured_outputs": {"choice": listed}},
        "guided_choice": {"guided_choice": listed},
        "regex": {"regex": f"[{letters}]"},
        "grammar": {"grammar": f"root ::= [{letters}]"},
        "json_schema": {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": schema},
            }
        },
    }
    return fields[form]


def beginning(form: str, text: str) -> dict[str, Any]:
    """Return the message that begins the assistant's answer."""
    marked = {"prefix": True} if form == "prefix" else {}
    return {"role": "assistant", "content": text, **marked}


def letter_of(request: ScoreRequest, way: str, said: Reply, prefill: str) -> Answer:
    """Return the letter that a reply names, by its log-probabilities or its words.

    Args:
        request: what was asked.
        way: prefill, choice, logprobs or text.
        said: the reply.
        prefill: what its beginning was given as.
    """
    text = said.text
    if said.status == REFUSED:  # its first word may be a letter
        return Answer(text, status=REFUSED, thought=said.thought)
    if way == "prefill":
        text = prefill + text.removeprefix(prefill)  # some services repeat it
        found = option_logprobs(said.tokens, request.letters, begun=True)
    elif way == "choice":
        text = restricted_text(text)
        found = _restricted_logprobs(said.tokens, request.letters, text)
    else:
        found = option_logprobs(said.tokens, request.letters, prefill=prefill)
    known = [x for x in found if not math.isnan(x)]
    if known:
        best = max(range(len(found)), key=lambda i: -math.inf if math.isnan(found[i]) else found[i])
        mass = min(1.0, sum(map(math.exp, known)))
        return Answer(request.letters[best], logprobs=tuple(found), mass=mass, thought=said.thought)
    letter = named_option(text, request.letters, request.options, prefill)
    unread = "invalid" if said.status in ("ok", "cut") else said.status
    return Answer(letter or said.text, status="ok" if letter else unread, thought=said.thought)


def restricted_text(text: str) -> str:
    """Return the letter of a restricted reply, which may stand in a JSON object."""
    try:
        given = json.loads(text)
        return str(given["answer"]) if isinstance(given, dict) else text.strip()
    except (ValueError, KeyError):
        return text.strip()


def _restricted_logprobs(tokens: Sequence[Token], letters: str, letter: str) -> tuple[float, ...]:
    """Return the letters' log-probabilities at the letter's token, the first one or that of a JSON object."""
    if letter not in letters or len(letter) != 1:
        return ()
    before = ""
    for token in tokens:
        if plain_text(token.text).strip("():.,{} ") == letter and (
            not before.strip() or "answer" in before
        ):
            return option_logprobs([token], letters, begun=True)
        before += token.text
    return ()


def goes_on(text: str, letters: str, prefill: str) -> bool:
    """Tell whether a reply goes on from the prefill: it closes the parenthesis after a letter.

    A prefill without one is never known to be gone on from: "B" may be a reply of its own.
    """
    closes = re.escape({"[": "]", "{": "}", "<": ">"}.get(prefill[-1:], ")"))
    return re.match(rf"\s*[{letters}]\s*{closes}", text.removeprefix(prefill)) is not None
