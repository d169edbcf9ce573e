"""Text that is data stays data: no control token and no role label comes out of it.

A persona, a topic or a message may hold `</s>` or a line that begins with `USER:`. Each such text gets a
word joiner (U+2060, invisible, of no width) after its first character. So it stays readable, and is neither
the token nor the label. Text without any of them is left as it is, to the byte.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from holdfast.inference.prompting.prompts import Prompt

JOINER = "\u2060"
# control texts of the families' chat formats, whether or not the tokenizer at hand has them as tokens
KNOWN = (
    r"<\|[^|<>\n]{1,60}\|>", r"<｜[^｜<>\n]{1,60}｜>", r"\[/?[A-Z_]{2,40}\]", r"<</?SYS>>",
    r"</?(?:s|bos|eos|pad|unk|mask|sep|cls)>", r"<(?:start|end)_of_turn>", r"<0x[0-9A-Fa-f]{2}>",
    r"</?think(?:ing)?>", r"<\|?(?:turn|channel|think|tool|image|audio)[a-z_]*\|?>",
    r"/(?:no_?)?think|/system_override",  # switches, which templates look for anywhere in a text
)  # fmt: skip
LABELS = ("Instruct", "Output", "User", "Assistant", "Human", "System", "USER", "ASSISTANT")


def as_data(prompt: Prompt, specials: Iterable[str] = (), labels: Iterable[str] = ()) -> Prompt:
    """Return the prompt with every text in it made inert.

    Args:
        prompt: what the model is to be shown; its own wording holds no control text.
        specials: the tokenizer's special and added tokens.
        labels: words that with a colon at the beginning of a line tell who speaks.
    """
    controls = _pattern(tuple(sorted(set(specials))), tuple(dict.fromkeys(labels)))
    turns = tuple(replace(t, text=inert(t.text, controls)) for t in prompt.turns)
    thought = None if prompt.thought is None else inert(prompt.thought, controls)
    told = inert(prompt.instruction, controls)
    return replace(prompt, instruction=told, turns=turns, thought=thought)


def inert(text: str, controls: re.Pattern[str]) -> str:
    """Return a text with a word joiner after the first character of all that the pattern finds."""
    return controls.sub(lambda found: found[0][0] + JOINER + found[0][1:], text)


def template_labels(template: str) -> list[str]:
    """Return the labels that a chat template tells speakers apart by."""
    return [label for label in LABELS if f"{label}:" in template]


@cache
def _pattern(specials: tuple[str, ...], labels: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted((re.escape(s) for s in specials if s.strip()), key=len, reverse=True)
    lines = [rf"^{re.escape(label)}(?=\s*:)" for label in labels]
    return re.compile("|".join([*longest_first, *KNOWN, *lines]), flags=re.M)
