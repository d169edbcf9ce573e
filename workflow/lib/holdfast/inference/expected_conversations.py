"""What an observer is to read, before it is said: texts that stand for the messages that are not there yet."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.design.contexts import observed_contexts
from holdfast.inference.cost_forecast import STAND_IN, UNKNOWN
from holdfast.inference.interview.sessions import Design, Heard, Place
from holdfast.inference.observation_job import heard_in, hearing, transcript


def expecting(
    asked: Design, conversations: Path, sees: Mapping[str, Any], backend: object
) -> Design:
    """Return the design of an observer as it will be once all conversations are held.

    Args:
        asked: what the observer's job is given.
        conversations: table of the conversations; it need not be there, nor be whole.
        sees: what the observer is shown of them.
        backend: the observer's.
    """
    there = heard_in(asked, conversations, sees, backend) if conversations.exists() else {}
    return hearing(asked, _stand_ins(asked, sees) | there)


def at_longest(asked: Design, sees: Mapping[str, Any]) -> Design:
    """Return the design of an observer of one respondent, in whose conversation messages are at their longest.

    Args:
        asked: what the observer's job is given.
        sees: what the observer is shown of a conversation.
    """
    one = replace(asked, personas=asked.personas[:1], replicates=1)
    message = " a" * asked.max_new_tokens  # nearly every tokenizer has this as one token
    heard = {
        place: Heard(STAND_IN.sub(message, h.text)) for place, h in _stand_ins(one, sees).items()
    }
    return hearing(one, heard)


def _stand_ins(asked: Design, sees: Mapping[str, Any]) -> dict[Place, Heard]:
    """Return a text of its own for every conversation, in which `UNKNOWN` and a number stand for messages."""
    wording, found = next(iter(asked.worded().values())), dict[Place, Heard]()
    for context in observed_contexts(asked.contexts, sees["turns"]):
        text = transcript(_unsaid(context), wording, **sees)
        for replicate in range(1, asked.replicates + 1):
            for persona in asked.personas:
                own = text.replace(UNKNOWN, f"{UNKNOWN}{len(found)}")
                found[persona.persona, context["context"], replicate] = Heard(own)
    return found


def _unsaid(context: Mapping[str, Any]) -> pd.DataFrame:
    """Return a conversation of which nothing is known but its opening, as rows of the table."""
    turns = range(int(context["messages"]) + 2 * int(context.get("reasoning", 0)) + 1)
    return pd.DataFrame({
        "turn": turns,
        "speaker": ["persona" if turn % 2 else "interlocutor" for turn in turns],
        "text": [f"{UNKNOWN}0" if turn else context["opening"] for turn in turns],
    })  # fmt: skip
