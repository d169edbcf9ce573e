"""Wordings of the prompts: the same protocol in other sentences, each a file resources/prompts/NAME.yaml.

A text has {placeholders} for what differs between personas, items and options. What takes their place is data:
braces in it are left as they are.
"""

from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from holdfast.errors import nearest, unknown
from holdfast.languages import Language
from holdfast.yaml_and_csv import Strict, inside, read_yaml

FOLDER = Path("prompts")
Filled = Annotated[str, Field(min_length=1)]
Slots = tuple[tuple[str, ...], tuple[str, ...]]
"""Placeholders that a text must have, and those that it may have."""
_OPENS = "([{<:=*\"'“‘«„"  # a letter may come next after these


class _Texts(Strict):
    """Texts with placeholders; a text without an entry in `slots` has none."""

    slots: ClassVar[dict[str, Slots]] = {}

    @field_validator("*", mode="after")
    @classmethod
    def _filled(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip("\n")  # a block of YAML ends with a line break
        _check_placeholders(text, *cls.slots.get(str(info.field_name), ((), ())))
        return text


class InterlocutorTexts(_Texts):
    """What a model is told that plays the interlocutor: of a respondent with a persona and of one without."""

    slots: ClassVar[dict[str, Slots]] = {
        "human": (("name",), ("description",)),
        "persona": (("other_name", "other_description"), ("name", "description")),
        "persona_with_nobody": (("other_name", "other_description"), ()),
    }
    human: Filled
    human_with_nobody: Filled
    persona: Filled
    persona_with_nobody: Filled


class AnswerTexts(_Texts):
    """What the model is to do where options have no letters: at once, or think, and then choose.

    Without a text of its own on thinking, the questionnaire's is taken.
    """

    closing: str
    think: str = ""
    choose: Filled


class SheetTexts(_Texts):
    """A whole questionnaire on one sheet: the sheet, a line of it, and what the model is to do."""

    slots: ClassVar[dict[str, Slots]] = {
        "page": (("question", "options", "items"), ("introduction",)),
        "line": (("number", "portrait"), ()),
    }
    page: Filled
    line: Filled
    as_lines: Filled
    as_json: Filled


class QuestionnaireTexts(_Texts):
    """How items are asked: what stands above the options, the options, and what the model is to do.

    `digits`, `words` and `sheet` are needed only where a study's facets ask for them.
    """

    slots: ClassVar[dict[str, Slots]] = {
        "item": (("portrait", "question"), ("introduction",)),
        "most": (("introduction", "choice"), ()),
        "least": (("choice",), ()),
        "rating": (("portrait", "question"), ()),
        "option": (("letter", "option"), ()),
    }
    item: Filled
    most: Filled
    least: Filled
    rating: Filled
    option: Filled
    closing: str
    prefill: Filled
    think: Filled
    choose: Filled
    distribution: str = ""
    digits: AnswerTexts | None = None
    words: AnswerTexts | None = None
    sheet: SheetTexts | None = None

    def answers(self, labels: str) -> AnswerTexts:
        """Return what the model is to do where options have such labels."""
        own = {"digits": self.digits, "words": self.words}.get(labels)
        if own is None:
            return AnswerTexts(closing=self.closing, think=self.think, choose=self.choose)
        return own if own.think else own.model_copy(update={"think": self.think})

    @field_validator("prefill")
    @classmethod
    def _leaves_a_letter(cls, value: str) -> str:
        if not value or value[-1] not in _OPENS:
            ends = "a space" if value[-1:].isspace() else repr(value[-1:])
            raise ValueError(
                f"it ends with {ends}, after which no letter follows as a token of its own: end it with an "
                "opening bracket or a colon, as in 'Answer: (' or 'My answer is:'"
            )
        return value

    @field_validator("option")
    @classmethod
    def _letter_first(cls, value: str) -> str:
        parts = [name for _, name, *_ in Formatter().parse(value) if name]
        if "\n" in value or parts != ["letter", "option"]:
            raise ValueError("an option is one line with {letter} and then {option}, each once")
        return value


class ReflectionTexts(_Texts):
    """What the persona is asked before its first reasoning turn, and before further ones."""

    first: Filled
    more: Filled


class ObserverTexts(_Texts):
    """How a conversation is given to an observer, and by which labels it is told who speaks in it."""

    slots: ClassVar[dict[str, Slots]] = {"conversation": (("conversation",), ())}
    conversation: Filled
    speaker: Filled
    other: Filled

    @field_validator("speaker", "other")
    @classmethod
    def _labels(cls, value: str) -> str:
        return _one_word(value)


class LabelTexts(_Texts):
    """By which labels base models are told who speaks; that of a persona is its name in capitals."""

    instruction: Filled
    human: Filled
    nobody: Filled

    @field_validator("*")
    @classmethod
    def _labels(cls, value: str) -> str:
        return _one_word(value)


class Wording(_Texts):
    """All sentences of the study's own that prompts consist of.

    Attributes:
        title: what kind of wording it is.
        language: its tag, as in `en` or `pt-BR`.
        source: who wrote it.
        licence: how it may be used.
        persona: what a model is told about the persona that it plays.
        accepted: what it has said to that where its format has no system message.
        begin: what is said before a conversation that the speaker itself opens.
        interlocutor: what a model is told that plays the interlocutor.
        questionnaire: how items are asked.
        reflection: what the persona is asked before its reasoning turns.
        read: what the persona has said to a preset text.
        silence: what stands for an empty message, which strict templates and servers refuse.
        labels: of speakers, for base models.
        name_question: what a persona behind a service is asked once; needed only for services.
        observer: how a conversation is given to an observer; needed only in studies with observers.
    """

    slots: ClassVar[dict[str, Slots]] = {"persona": (("name", "description"), ())}
    title: Filled
    language: Language
    source: Filled
    licence: Filled
    persona: Filled
    accepted: Filled
    begin: Filled
    interlocutor: InterlocutorTexts
    questionnaire: QuestionnaireTexts
    reflection: ReflectionTexts
    read: Filled
    silence: Filled
    labels: LabelTexts
    name_question: str = ""
    observer: ObserverTexts | None = None


def load_wording(resources: Path, name: str) -> Wording:
    """Return a wording.

    Args:
        resources: the folder of resources.
        name: of the file in resources/prompts/, without its ending.

    Raises:
        StudyError: there is no such wording, or its file does not fit.
    """
    folder = resources / FOLDER
    path = folder / f"{name}.yaml"
    if not path.exists():
        known = sorted(p.stem for p in folder.glob("*.yaml"))
        raise unknown(str(folder), "facets.wording", name, known)
    inside(path, resources.parent, str(folder))
    return read_yaml(path, Wording)


def fill(template: str, **values: str) -> str:
    """Return a text with its placeholders filled; braces in the values are left as they are."""
    return template.format_map(values)


def own_parts(template: str) -> Iterator[str]:
    """Yield what stands in a text around its placeholders."""
    for text, *_ in Formatter().parse(template):
        if text:
            yield text


def _one_word(value: str) -> str:
    """Return a label, or raise ValueError if it is none."""
    if ":" in value or "\n" in value or value != value.strip():
        raise ValueError("a label is one line without a colon, as in 'USER'")
    return value


def _check_placeholders(text: str, must: tuple[str, ...], may: tuple[str, ...]) -> None:
    """Raise ValueError if a text has a placeholder that it can't have, or lacks one."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise ValueError(
            "a brace stands alone: a placeholder is written {name}, and a brace itself {{ or }}"
        ) from None
    allowed = [f"{{{name}}}" for name in (*must, *may)]
    found = []
    for _, name, form, turn in parts:
        if name is None:
            continue
        if form or turn or name not in (*must, *may):
            whole = "{" + name + (f"!{turn}" if turn else "") + (f":{form}" if form else "") + "}"
            hint = nearest(whole, allowed) if allowed else "No placeholders here."
            raise ValueError(f"the placeholder {whole} is unknown. {hint}")
        found.append(name)
    if missing := [name for name in must if name not in found]:
        raise ValueError(
            f"the placeholder {{{missing[0]}}} is missing. Needed: "
            f"{', '.join(f'{{{name}}}' for name in must)}"
        )
