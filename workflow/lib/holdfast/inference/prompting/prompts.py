"""What a model is shown: the protocol of the conversation and of the questionnaire (methods 2, 3).

A `Prompt` is the same for every model; `chat_messages` and `base_text` put it into a model's form.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from holdfast.design.administration_modes import LETTERS
from holdfast.design.instruments import Instrument, ItemTexts
from holdfast.design.personas import Persona

Speaker = Literal["interlocutor", "persona"]
DAY = datetime.date(2026, 1, 1)  # that chat templates are told, where a study names none
PREFILL = "Answer: ("
LETTER = "Answer with one letter."
THINK = (
    "Don't choose yet. First think aloud: say in a few sentences what speaks for the options and what "
    "against them."
)
CHOOSE = f"Now choose. {LETTER}"
USER = "USER"  # the label of an interlocutor who is a human
READ = "OK"  # what the persona has said to a preset text
SILENCE = "(says nothing)"  # stands for an empty message, which strict templates and servers refuse
REFLECT = (
    "Before we go on, think aloud: say in a few sentences what goes through your mind about this."
)
REFLECT_MORE = "Go on thinking aloud."


class Message(TypedDict):
    """A message as chat templates and APIs take it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Turn:
    """One message of a conversation; `said`: by a model, and not written by the study."""

    speaker: Speaker
    text: str
    said: bool = False


@dataclass(frozen=True)
class Prompt:
    """All that a model is shown before it speaks.

    Attributes:
        instruction: what it is told about its role; empty: nothing.
        turns: the conversation so far.
        speaker: whose words come next.
        label: the persona's label where speakers are told apart by labels (base models).
        prefill: how the next words begin.
        other: the interlocutor's label.
        thinks: are the next words a thought, which the model has before it speaks?
        thought: what it has thought before its next words; None: nothing.
    """

    instruction: str
    turns: tuple[Turn, ...]
    speaker: Speaker
    label: str = "CHATBOT"
    prefill: str = ""
    other: str = USER
    thinks: bool = False
    thought: str | None = None


def persona_instruction(persona: Persona) -> str:
    """Return what the model is told about the persona that it plays; empty without a persona."""
    if not persona.name:
        return ""
    return (
        f"You are playing a role. You are {persona.name}. {persona.description}\n"
        f"Whatever is said or asked, answer as {persona.name} would."
    )


def interlocutor_instruction(persona: Persona, other: Persona | None = None) -> str:
    """Return what the model is told when it plays the interlocutor in the conversation (methods 2.2, 2.7).

    Args:
        persona: whom it speaks with.
        other: who it is; None: a human.
    """
    if other is not None:
        whom = f"{persona.name}. {persona.description}" if persona.name else "a chatbot."
        return (
            f"You are playing a role. You are {other.name}. {other.description}\n"
            f"You are talking with {whom}\nWrite what {other.name} says next, in one sentence."
        )
    pretends = ""
    if persona.name:
        pretends = f"The chatbot pretends to be {persona.name}. {persona.description}\n"
    return (
        f"You are simulating a human who is using a chatbot. {pretends}"
        "Write what the human says next, in one sentence."
    )


def _label(persona: Persona) -> str:
    return " ".join(persona.name.upper().split()) or "CHATBOT"


def _other(other: Persona | None) -> str:
    return USER if other is None else _label(other)


def next_message(persona: Persona, turns: Sequence[Turn], other: Persona | None = None) -> Prompt:
    """Return the prompt for the next message; the persona answers the opening, then they alternate.

    Args:
        persona: who the respondent is.
        turns: the conversation so far.
        other: who the interlocutor is; None: a human.
    """
    if len(turns) % 2:
        told = persona_instruction(persona)
        return Prompt(told, tuple(turns), "persona", _label(persona), other=_other(other))
    told = interlocutor_instruction(persona, other)
    return Prompt(told, tuple(turns), "interlocutor", _label(persona), other=_other(other))


def reflection(number: int) -> str:
    """Return what the persona is asked before its reasoning turn of this number, from 0 (methods 2.7)."""
    return REFLECT_MORE if number else REFLECT


def question_text(
    instrument: Instrument, item: ItemTexts, form: str, order: Sequence[int], closing: str = LETTER
) -> str:
    """Return one item of a questionnaire as it is asked.

    Args:
        instrument: the questionnaire.
        item: the item's texts.
        form: female, male or neutral.
        order: the ratings in the order in which their options are shown.
        closing: what the model is to do.
    """
    return lettered(item_head(instrument, item, form), option_texts(instrument, order), closing)


def item_head(instrument: Instrument, item: ItemTexts, form: str) -> str:
    """Return what stands above the options of an item that is asked by itself."""
    return f"{instrument.introduction}\n{portrait(item, form)}\n{instrument.question}"


def option_texts(instrument: Instrument, order: Sequence[int]) -> tuple[str, ...]:
    """Return the options' texts in the order of the ratings behind them."""
    texts = {o.rating: o.text for o in instrument.options}
    return tuple(texts[r] for _, r in zip(instrument.letters(), order, strict=True))


def portrait(item: ItemTexts, form: str) -> str:
    """Return an item's text in the form female, male or neutral."""
    return {"female": item.female, "male": item.male, "neutral": item.neutral}[form]


def lettered(head: str, options: Sequence[str], closing: str) -> str:
    """Return a question with its options as (A), (B), …, and what the model is to do."""
    shown = [f"({letter}) {text}" for letter, text in zip(LETTERS, options, strict=False)]
    return "\n".join([head, *shown, *([closing] if closing else [])])


def questionnaire(
    persona: Persona, turns: Sequence[Turn], question: str, prefill: str = PREFILL,
    other: Persona | None = None,
) -> Prompt:  # fmt: skip
    """Return the prompt that asks one item in its own fork of the conversation (methods 3.1)."""
    asked, told = (*turns, Turn("interlocutor", question)), persona_instruction(persona)
    return Prompt(told, asked, "persona", _label(persona), prefill, _other(other))


def after_reasoning(
    persona: Persona, turns: Sequence[Turn], question: str, reasoning: str,
    other: Persona | None = None,
) -> Prompt:  # fmt: skip
    """Return the prompt for the choice, after the persona has reasoned about the question."""
    thought = (*turns, Turn("interlocutor", question), Turn("persona", reasoning, said=True))
    return questionnaire(persona, thought, CHOOSE, other=other)


def chat_messages(prompt: Prompt, system_role: bool) -> list[Message]:
    """Return a prompt as chat messages, seen from the one who speaks next.

    Without a system role the instruction is a first user message, answered by "OK" (methods 2.4).
    Templates want the first message after the instruction to be the user's: where the speaker's own
    message opens the conversation, a short request to begin stands before it.
    """
    own = [t.speaker == prompt.speaker for t in prompt.turns]
    messages: list[Message] = []
    opens = bool(own) and own[0]
    if prompt.instruction and system_role:
        messages.append({"role": "system", "content": prompt.instruction})
    elif prompt.instruction:
        messages.append({"role": "user", "content": prompt.instruction})
        if not opens:
            messages.append({"role": "assistant", "content": "OK"})
    if opens and not (messages and messages[-1]["role"] == "user"):
        messages.append({"role": "user", "content": "Begin the conversation."})
    for turn, mine in zip(prompt.turns, own, strict=True):
        messages.append({"role": "assistant" if mine else "user", "content": turn.text})
    return messages


def base_text(prompt: Prompt) -> str:
    """Return a prompt as labelled lines, for models without a chat format (methods 2.4)."""
    labels = {"interlocutor": prompt.other, "persona": prompt.label}
    lines = [f"CONTEXT:{prompt.instruction}"] if prompt.instruction else []
    lines += [f"{labels[t.speaker]}:{t.text}" for t in prompt.turns]
    return "\n".join([*lines, f"{labels[prompt.speaker]}:{prompt.prefill}"])


def base_labels(prompt: Prompt) -> list[str]:
    """Return the labels of a base model's prompt, each once."""
    return list(dict.fromkeys(["CONTEXT", prompt.other, prompt.label]))


def stop_labels(prompt: Prompt) -> list[str]:
    """Return the texts at which a base model's message ends: the next label."""
    return [f"\n{label}:" for label in base_labels(prompt)]
