"""How models that think before they speak are told to or not to, and how a thought begins and ends."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from holdfast.yaml_and_csv import Strict

Level = Literal["off", "on", "low", "medium", "high"]
_WORDS = {False: "off", True: "on"}  # what YAML makes of a bare off and on


class Switch(Strict):
    """What tells a model how far it is to think: arguments of its template, a system text, or a beginning."""

    arguments: dict[str, str | bool | int] = Field(default_factory=dict)
    system: str = ""
    prefix: str = ""


class Thoughts(Strict):
    """A family's way to think.

    Attributes:
        begin: what stands before a thought, where the template has not written it.
        end: what stands between a thought and what is said.
        stop: what the model writes at the end of a thought; empty: `end`.
        levels: how each level is switched; one that is not here can't be had.
    """

    begin: str = "<think>\n"
    end: str = "\n</think>\n\n"
    stop: str = ""
    levels: dict[Annotated[Level, BeforeValidator(lambda v: level_word(v))], Switch]

    @property
    def mark(self) -> str:
        """Return the text at which the writing of a thought stops."""
        return self.stop or self.end.strip()


def level_word(value: object) -> object:
    """Return a level as a word: YAML takes a bare `off` or `on` for a truth value."""
    return _WORDS[value] if isinstance(value, bool) else value


def _by(argument: str, **levels: str | bool) -> dict[str, Any]:
    """Return levels that an argument of the template switches."""
    return {level: Switch(arguments={argument: value}) for level, value in levels.items()}


# An argument that a template does not know changes nothing. Where thinking is off, a thought that the template
# opens is closed; a model that begins one of its own accord is given an empty one.
PRESETS: dict[str, Thoughts] = {
    "qwen3": Thoughts(levels=_by("enable_thinking", off=False, on=True)),
    "qwen3.5": Thoughts(levels=_by("enable_thinking", off=False, on=True)),
    "smollm3": Thoughts(levels=_by("enable_thinking", off=False, on=True)),
    "glm4.5": Thoughts(
        begin="\n<think>", end="</think>\n",
        levels=_by("enable_thinking", on=True)
        | {"off": Switch(arguments={"enable_thinking": False}, prefix="\n")},
    ),
    "glm4.7": Thoughts(
        begin="<think>", end="</think>", levels=_by("enable_thinking", off=False, on=True)
    ),
    "deepseek-v3.1": Thoughts(
        begin="<think>", end="</think>", levels=_by("thinking", off=False, on=True)
    ),
    "deepseek-r1": Thoughts(levels={"off": Switch(), "on": Switch()}),
    "phi4-reasoning": Thoughts(
        levels={"off": Switch(prefix="<think>\n\n</think>\n\n"), "on": Switch()}
    ),
    "olmo3-think": Thoughts(begin="<think>", end="</think>\n\n", levels={"off": Switch(), "on": Switch()}),
    "gpt-oss": Thoughts(
        begin="<|channel|>analysis<|message|>",
        end="<|end|><|start|>assistant<|channel|>final<|message|>",
        stop="<|end|>",
        levels={"off": Switch(prefix="<|channel|>final<|message|>")}
        | _by("reasoning_effort", low="low", medium="medium", high="high"),
    ),
    "gemma4": Thoughts(
        begin="<|channel>thought\n", end="<channel|>", levels=_by("enable_thinking", off=False, on=True)
    ),
    "mistral-reasoning": Thoughts(
        begin="[THINK]", end="[/THINK]", levels=_by("reasoning_effort", off="none", high="high")
    ),
    "ministral3-reasoning": Thoughts(
        begin="[THINK]", end="[/THINK]", levels={"off": Switch(prefix="[THINK][/THINK]"), "on": Switch()}
    ),
}  # fmt: skip

MARKS = tuple(dict.fromkeys((t.begin.strip(), t.mark) for t in PRESETS.values()))
"""Beginnings and ends of thoughts that are known, whatever an entry says."""


def preset(value: object) -> object:
    """Return the thoughts that a name stands for; anything else is returned as it is.

    Raises:
        ValueError: no family has this name.
    """
    if not isinstance(value, str):
        return value
    if value not in PRESETS:
        raise ValueError(f"'{value}' is no family's. Known: {', '.join(PRESETS)}")
    return PRESETS[value]


def unclosed(text: str, thoughts: Thoughts | None) -> str:
    """Return what closes the thought with which a text ends; empty: none is open there."""
    ends = [(t.begin.strip(), t.end) for t in ([thoughts] if thoughts else PRESETS.values())]
    bare = text.rstrip()
    return next((end for begin, end in ends if bare.endswith(begin)), "")


def without_thoughts(text: str) -> tuple[str, bool]:
    """Return what a model said without the thoughts in it, and whether one of them has no end.

    A thought that was not asked for is no part of what was said.
    """
    said, _, unended = parted_thoughts(text)
    return said, unended


def parted_thoughts(text: str) -> tuple[str, str, bool]:
    """Return what a model said, the thoughts in it, and whether one of them has no end."""
    thoughts: list[str] = []
    for begin, mark in MARKS:
        while begin in text:
            before, _, rest = text.partition(begin)
            thought, closed, after = rest.partition(mark)
            thoughts.append(thought.strip())
            if not closed:
                return before, "\n".join(filter(None, thoughts)), True
            text = before + after
        if mark.startswith(("</", "[/")) and mark in text:  # its beginning stood in the prompt
            thought, _, text = text.rpartition(mark)
            thoughts.append(thought.strip())
    return text, "\n".join(filter(None, thoughts)), False
