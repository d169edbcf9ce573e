"""What a model is shown: the protocol of the conversation and of the questionnaire (methods 2, 3).

All sentences are those of a wording. A `Prompt` is the same for every model; `chat_messages` and `base_text`
put it into a model's form.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from holdfast.design.administration_modes import LETTERS
from holdfast.design.instruments import Instrument, ItemTexts
from holdfast.design.personas import Persona
from holdfast.inference.prompting.wordings import Wording, fill

Speaker = Literal["interlocutor", "persona"]
DAY = datetime.date(2026, 1, 1)  # that chat templates are told, where a study names none


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
        context: the instruction's label.
        accepted: what the model has said to an instruction that is no system message.
        begin: what is said before a conversation that the model itself opens.
        level: how far the model thinks; empty: as its entry says.
    """

    instruction: str
    turns: tuple[Turn, ...]
    speaker: Speaker
    label: str = ""
    prefill: str = ""
    other: str = ""
    thinks: bool = False
    thought: str | None = None
    context: str = ""
    accepted: str = ""
    begin: str = ""
    level: str = ""


def persona_instruction(wording: Wording, persona: Persona) -> str:
    """Return what the model is told about the persona that it plays; empty without a persona."""
    if not persona.name:
        return ""
    return fill(wording.persona, name=persona.name, description=persona.description)


def interlocutor_instruction(
    wording: Wording, persona: Persona, other: Persona | None = None
) -> str:
    """Return what the model is told when it plays the interlocutor in the conversation (methods 2.2, 2.7).

    Args:
        wording: of the prompts.
        persona: whom it speaks with.
        other: who it is; None: a human.
    """
    texts, about = wording.interlocutor, {"name": persona.name, "description": persona.description}
    if other is None:
        return fill(texts.human, **about) if persona.name else fill(texts.human_with_nobody)
    who = {"other_name": other.name, "other_description": other.description}
    if not persona.name:
        return fill(texts.persona_with_nobody, **who)
    return fill(texts.persona, **about, **who)


def _prompt(
    wording: Wording, instruction: str, turns: tuple[Turn, ...], speaker: Speaker, persona: Persona,
    other: Persona | None, prefill: str = "",
) -> Prompt:  # fmt: skip
    labels = wording.labels
    return Prompt(
        instruction, turns, speaker, _label(persona) or fill(labels.nobody), prefill,
        fill(labels.human) if other is None else _label(other) or fill(labels.nobody),
        context=fill(labels.instruction), accepted=fill(wording.accepted), begin=fill(wording.begin),
    )  # fmt: skip


def _label(persona: Persona) -> str:
    return " ".join(persona.name.upper().split())


def next_message(
    wording: Wording, persona: Persona, turns: Sequence[Turn], other: Persona | None = None
) -> Prompt:
    """Return the prompt for the next message; the persona answers the opening, then they alternate.

    Args:
        wording: of the prompts.
        persona: who the respondent is.
        turns: the conversation so far.
        other: who the interlocutor is; None: a human.
    """
    speaker: Speaker = "persona" if len(turns) % 2 else "interlocutor"
    if speaker == "persona":
        told = persona_instruction(wording, persona)
    else:
        told = interlocutor_instruction(wording, persona, other)
    return _prompt(wording, told, tuple(turns), speaker, persona, other)


def reflection(wording: Wording, number: int) -> str:
    """Return what the persona is asked before its reasoning turn of this number, from 0 (methods 2.7)."""
    return fill(wording.reflection.more if number else wording.reflection.first)


def question_text(
    wording: Wording, instrument: Instrument, item: ItemTexts, form: str, order: Sequence[int]
) -> str:
    """Return one item of a questionnaire as it is asked.

    Args:
        wording: of the prompts.
        instrument: the questionnaire.
        item: the item's texts.
        form: female, male or neutral.
        order: the ratings in the order in which their options are shown.
    """
    head, options = item_head(wording, instrument, item, form), option_texts(instrument, order)
    return labelled(wording, head, options, wording.questionnaire.closing)


def item_head(wording: Wording, instrument: Instrument, item: ItemTexts, form: str) -> str:
    """Return what stands above the options of an item that is asked by itself."""
    return fill(
        wording.questionnaire.item, introduction=instrument.introduction,
        portrait=portrait(item, form), question=instrument.question,
    )  # fmt: skip


def option_texts(instrument: Instrument, order: Sequence[int]) -> tuple[str, ...]:
    """Return the options' texts in the order of the ratings behind them."""
    codes = instrument.codes()
    texts = {code: o.text for code, o in zip(codes, instrument.options, strict=True)}
    return tuple(texts[r] for _, r in zip(instrument.letters(), order, strict=True))


def portrait(item: ItemTexts, form: str) -> str:
    """Return an item's text in the form female, male or neutral."""
    return {"female": item.female, "male": item.male, "neutral": item.neutral}[form]


def labelled(
    wording: Wording, head: str, options: Sequence[str], closing: str, labels: str = LETTERS
) -> str:
    """Return a question with its options and one of the wording's texts on what the model is to do.

    Args:
        wording: of the prompts.
        head: what stands above the options.
        options: their texts, in the order shown.
        closing: what the model is to do; empty: the question ends with the options.
        labels: of the options, a character each; empty: they have none.
    """
    shown = option_lines(wording, options, labels)
    return "\n".join([head, *shown, *([fill(closing)] if closing else [])])


def option_lines(wording: Wording, options: Sequence[str], labels: str) -> list[str]:
    """Return options as they are shown, a line each."""
    if not labels:
        return list(options)
    form = wording.questionnaire.option
    pairs = zip(labels, options, strict=False)
    return [fill(form, letter=label, option=text) for label, text in pairs]


def questionnaire(
    wording: Wording, persona: Persona, turns: Sequence[Turn], question: str, other: Persona | None = None,
    begun: bool = True,
) -> Prompt:  # fmt: skip
    """Return the prompt that asks one item in its own fork of the conversation (methods 3.1).

    Args:
        wording: of the prompts.
        persona: who the respondent is.
        turns: the conversation so far.
        question: as it is asked.
        other: who the interlocutor is; None: a human.
        begun: does the answer begin with the wording's prefill?
    """
    asked, told = (*turns, Turn("interlocutor", question)), persona_instruction(wording, persona)
    prefill = fill(wording.questionnaire.prefill) if begun else ""
    return _prompt(wording, told, asked, "persona", persona, other, prefill)


def after_reasoning(
    wording: Wording, persona: Persona, turns: Sequence[Turn], question: str, reasoning: str,
    other: Persona | None = None, labels: str = "letters",
) -> Prompt:  # fmt: skip
    """Return the prompt for the choice among options with such labels, after reasoning about the question."""
    thought = (*turns, Turn("interlocutor", question), Turn("persona", reasoning, said=True))
    choose = fill(wording.questionnaire.answers(labels).choose)
    return questionnaire(wording, persona, thought, choose, other)


def chat_messages(prompt: Prompt, system_role: bool) -> list[Message]:
    """Return a prompt as chat messages, seen from the one who speaks next.

    Without a system role the instruction is a first user message, which the model has accepted (methods 2.4).
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
            messages.append({"role": "assistant", "content": prompt.accepted})
    if opens and not (messages and messages[-1]["role"] == "user"):
        messages.append({"role": "user", "content": prompt.begin})
    for turn, mine in zip(prompt.turns, own, strict=True):
        messages.append({"role": "assistant" if mine else "user", "content": turn.text})
    return messages


def base_text(prompt: Prompt) -> str:
    """Return a prompt as labelled lines, for models without a chat format (methods 2.4)."""
    labels = {"interlocutor": prompt.other, "persona": prompt.label}
    lines = [f"{prompt.context}:{prompt.instruction}"] if prompt.instruction else []
    lines += [f"{labels[t.speaker]}:{t.text}" for t in prompt.turns]
    return "\n".join([*lines, f"{labels[prompt.speaker]}:{prompt.prefill}"])


def base_labels(prompt: Prompt) -> list[str]:
    """Return the labels of a base model's prompt, each once."""
    return [label for label in dict.fromkeys([prompt.context, prompt.other, prompt.label]) if label]


def stop_labels(prompt: Prompt) -> list[str]:
    """Return the texts at which a base model's message ends: the next label."""
    return [f"\n{label}:" for label in base_labels(prompt)]
