"""A model's chat template: prompts as the model is shown them.

What a template does by itself is found by rendering a few messages with it, never by reading its source.
"""

import datetime
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from jinja2 import TemplateError

from holdfast.errors import StudyError
from holdfast.inference.prompting.control_tokens import (
    KNOWN,
    as_data,
    template_labels,
)
from holdfast.inference.prompting.prompts import DAY, Message, Prompt, chat_messages
from holdfast.inference.prompting.thinking import Level, Switch, Thoughts, unclosed

TOLD, ASKED, SAID, MORE = "TOLD-PROBE", "ASKED-PROBE", "SAID-PROBE", "MORE-PROBE"
_FORMS = [f"%{form}" for form in ("-d", "-m", *"aAbBdejmYyHIMSpUwWuVGcxX")]
_ROLES = ("system", "developer", "user", "assistant", "model", "human", "ai", "bot")
_WORDS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Presentation:
    """How a model's entry and the study want prompts to be shown.

    Attributes:
        system_role: is the instruction a system message?
        thinking: how far the model is to think.
        thoughts: how it is told so, and how a thought is marked; None: it is not known to think.
        arguments: further arguments of the template.
        template: Jinja in place of the model's own; empty: its own.
        day: which day a template is told that it is.
    """

    system_role: bool = True
    thinking: Level = "off"
    thoughts: Thoughts | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    template: str = ""
    day: datetime.date = DAY


class ChatTemplate:
    """The chat template of a tokenizer, with what an entry says of it."""

    def __init__(self, name: str, tokenizer: Any, shown: Presentation) -> None:
        """Join them.

        Args:
            name: the model's name, for messages.
            tokenizer: of the transformers library.
            shown: how prompts are to be shown.

        Raises:
            StudyError: the model has no chat template.
        """
        self.name, self.tokenizer, self.shown = name, tokenizer, shown
        own = tokenizer.chat_template
        own = own.get("default") if isinstance(own, dict) else own
        self.source = shown.template or str(own or "")
        if not self.source:
            raise StudyError(
                f"models: '{name}' has no chat template. A base model needs kind: base in its entry; a chat "
                "model needs template: FILE, a Jinja file of this project."
            )

    @cached_property
    def specials(self) -> list[str]:
        """Return the tokenizer's special and added tokens."""
        return special_tokens(self.tokenizer)

    def render(self, prompt: Prompt) -> str:
        """Return a prompt as the model is shown it, up to where its own words begin.

        Raises:
            StudyError: the template refuses the messages.
        """
        data = as_data(prompt, self.specials, template_labels(self.source))
        shown, thoughts = self.shown, self.shown.thoughts
        thinks = prompt.thinks or prompt.thought is not None
        level = (prompt.level or shown.thinking) if thinks else "off"
        levels = thoughts.levels.items() if thoughts else ()
        switch = next((switch for name, switch in levels if name == level), None)
        text = self._text(chat_messages(data, shown.system_role), switch or Switch())
        if not thinks:
            return text + unclosed(text, thoughts) + prompt.prefill
        assert thoughts is not None
        text += "" if unclosed(text, thoughts) else thoughts.begin
        if prompt.thought is None:
            return text
        return text + prompt.thought + thoughts.end + prompt.prefill

    def _text(self, messages: list[Message], switch: Switch) -> str:
        told = messages[0]["role"] == "system"
        if switch.system:
            text = "\n".join([switch.system, *([messages[0]["content"]] if told else [])])
            messages = [{"role": "system", "content": text}, *messages[told:]]
        elif not told and self.sends_nothing:
            messages = [{"role": "system", "content": ""}, *messages]
        try:
            return self.rendered(messages, switch=switch) + switch.prefix
        except TemplateError as e:
            raise self._refused(str(e), told) from e

    def _refused(self, reason: str, told: bool) -> StudyError:
        hint = ""
        if told and not self.head(TOLD) and self.head(None):
            hint = " It takes no system message: set system_role: false in the entry."
        return StudyError(
            f"models: '{self.name}': its chat template refuses a conversation of the study: {reason}.{hint}"
        )

    def rendered(
        self, messages: Sequence[Message], day: datetime.date | None = None, begins: bool = True,
        switch: Switch | None = None,
    ) -> str:  # fmt: skip
        """Return messages as the template writes them.

        Args:
            messages: in their order.
            day: which day it is; None: the study's.
            begins: is the beginning of the model's own message written?
            switch: further arguments; None: those of the level at which the model thinks.

        Raises:
            TemplateError: the template refuses them.
        """
        today, shown = day or self.shown.day, self.shown
        if switch is None and shown.thoughts:
            switch = shown.thoughts.levels.get(shown.thinking)
        text: str = self.tokenizer.apply_chat_template(
            list(messages), chat_template=_on_day(self.source, today), tokenize=False,
            add_generation_prompt=begins,
            **{**shown.arguments, **(switch.arguments if switch else {})},
        )  # fmt: skip
        return text

    @cached_property
    def turn_end(self) -> str:
        """Return what ends an assistant's turn in the template, where the end of sequence does not; or nothing.

        It is the first mark after the turn; without one, all that stands between it and the next turn's text.
        """
        try:
            text = self.rendered([user(ASKED), assistant(SAID), user(MORE)], begins=False)
        except TemplateError:
            return ""
        between = text.partition(SAID)[2].partition(MORE)[0]
        ends = [t for t in (self.tokenizer.eos_token,) if t]
        if not between.strip() or any(between.lstrip().startswith(end) for end in ends):
            return ""
        mark = self.marks.match(between.lstrip())
        return mark[0] if mark else between.rstrip()

    @cached_property
    def marks(self) -> re.Pattern[str]:
        """Return what finds the marks of chat formats, this one's and others'."""
        longest_first = sorted((re.escape(s) for s in self.specials), key=len, reverse=True)
        return re.compile("|".join([*longest_first, *KNOWN]))

    def own_words(self, text: str, known: Iterable[str] = ()) -> str:
        """Return the words of a rendered text that are neither marks, roles, labels nor known."""
        for word in known:
            text = text.replace(word, " ")
        roles = "|".join(_ROLES)
        bare = re.sub(rf"(?:{self.marks.pattern})(?:(?:{roles})\b)?", " ", text)
        bare = re.sub(rf"(?im)^\W*(?:{roles})\b\W*$|^\W*\w[\w ]{{0,19}}:\s*$", " ", bare)
        return " ".join(bare.split()) if _WORDS.search(bare) else ""

    def head(self, told: str | None) -> str:
        """Return what stands before the first user's text; empty: the template refuses it."""
        system: list[Message] = [] if told is None else [{"role": "system", "content": told}]
        try:
            return self.rendered([*system, user(ASKED)]).partition(ASKED)[0]
        except TemplateError:
            return ""

    @cached_property
    def identity(self) -> str:
        """Return the words that the template adds where no system message stands."""
        return self.own_words(self.head(None))

    @cached_property
    def identity_beside_nothing(self) -> str:
        """Return the words that it adds beside an empty system message; "refused", if it takes none."""
        if not self.head(TOLD):
            return "refused"
        return self.own_words(self.head(""))

    @cached_property
    def sends_nothing(self) -> bool:
        """Tell whether an empty system message is sent where there is none, which leaves out the identity."""
        beside = self.identity_beside_nothing
        return bool(self.identity) and beside != "refused" and self.identity not in beside


def special_tokens(tokenizer: Any) -> list[str]:
    """Return a tokenizer's special tokens, those that were added included."""
    added = [str(t) for t in tokenizer.added_tokens_decoder.values() if t.special]
    return [t for t in [*added, *tokenizer.all_special_tokens] if t.strip()]


@cache
def _on_day(source: str, day: datetime.date) -> str:
    """Return a template in which it is always the given day: its `strftime_now` is a macro of its own."""
    if "strftime_now" not in source:
        return source
    values = [(form, day.strftime(form)) for form in _FORMS]
    filters = "".join(
        f" | replace({json.dumps(form)}, {json.dumps(value)})" for form, value in values
    )
    macro = f"{{% macro strftime_now(format) %}}{{{{ format{filters} }}}}{{% endmacro %}}"
    return f"{macro}\n{source}"  # the line break is no part of what is rendered


def user(text: str) -> Message:
    """Return a user's message."""
    return {"role": "user", "content": text}


def assistant(text: str) -> Message:
    """Return an assistant's message."""
    return {"role": "assistant", "content": text}
