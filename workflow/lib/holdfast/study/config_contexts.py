"""The typed model of a study's contexts: what precedes the questionnaire."""

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_serializer, model_validator

from holdfast.design.contexts import HUMAN
from holdfast.design.topics import NEUTRAL
from holdfast.yaml_and_csv import Strict

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]


def _topic(value: object) -> object:
    """Let a bare name stand for a topic with nothing but a name."""
    return {"topic": value} if isinstance(value, str) else value


def listed(value: object) -> object:
    """Let one name or number stand for a list of it."""
    one = isinstance(value, str | int) and not isinstance(value, bool)
    return [value] if one else value


def no_doubles(names: list[str]) -> list[str]:
    """Return the names; raise ValueError if one of them is there twice."""
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ValueError(f"'{name}' is named twice")
    return names


class TopicChoice(Strict):
    """A topic, with the one who speaks about it."""

    topic: Name = Field(description="name of the topic, from resources/topics/topics.csv")
    interlocutor: Name = Field(
        HUMAN,
        description="who speaks with the respondent: human (who uses a chatbot), persona (another "
        "persona of its own population), or the name of a population (a persona of that "
        "population)",
    )

    @model_serializer
    def _short(self) -> str | dict[str, str]:
        """Return the bare name where that says all."""
        if self.interlocutor == HUMAN:
            return self.topic
        return {"topic": self.topic, "interlocutor": self.interlocutor}


TopicEntry = Annotated[TopicChoice, BeforeValidator(_topic)]


class Contexts(Strict):
    """What precedes the questionnaire."""

    topics: list[TopicEntry] = Field(
        [TopicChoice(topic=t) for t in ("grammar", "joke", "poem", "history", "chess")],
        description="topics of the conversations, from resources/topics/topics.csv: NAME, or {topic: "
        "NAME, interlocutor: persona} for a conversation with another persona instead of "
        "a human",
    )
    texts: list[Name] = Field(
        [],
        description="kinds of preset texts that replace a conversation: NAME for "
        "resources/texts/NAME.yaml; each respondent reads one text of the kind, always "
        "the same one",
    )
    messages: int = Field(
        3,
        ge=1,
        description="number of messages after the opening one; odd, so that the persona speaks "
        "last",
    )
    also_after: list[Annotated[int, Field(ge=1)]] = Field(
        [],
        description="shorter lengths at which the questionnaire is asked too: odd numbers below "
        "`messages`",
    )
    reasoning_turns: Annotated[
        list[Annotated[int, Field(ge=0, le=1000)]], BeforeValidator(listed)
    ] = Field(
        [0],
        min_length=1,
        description="number of times that the persona is asked to think aloud, after the messages or "
        "the text and before the questionnaire; with several numbers, such as [0, 1, 3], "
        "the questionnaire is asked after each",
    )
    nested: bool = Field(
        True,
        description="whether shorter lengths use the beginning of the same conversation (true) or "
        "conversations of their own (false)",
    )
    neutral: bool = Field(
        False, description="whether to ask without any conversation too (the context 'none')"
    )
    max_new_tokens: int = Field(
        100, ge=1, le=4096, description="maximum length of a message or reasoning turn, in tokens"
    )

    @property
    def several_lengths(self) -> bool:
        """Tell whether it is asked after several numbers of messages or of reasoning turns."""
        return bool(self.also_after) or len(self.reasoning_turns) > 1

    @field_validator("messages")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError(f"must be odd (the persona speaks last): {value - 1} or {value + 1}")
        return value

    @field_validator("also_after")
    @classmethod
    def _all_odd(cls, value: list[int]) -> list[int]:
        if doubled := {n for n in value if value.count(n) > 1}:
            raise ValueError(f"{min(doubled)} is named twice")
        return [cls._odd(n) for n in value]

    @field_validator("topics")
    @classmethod
    def _topics_once(cls, value: list[TopicChoice]) -> list[TopicChoice]:
        shown = [t.model_dump() for t in value]
        no_doubles([t if isinstance(t, str) else " with ".join(t.values()) for t in shown])
        return value

    @field_validator("texts")
    @classmethod
    def _texts_once(cls, value: list[str]) -> list[str]:
        if NEUTRAL in value:
            raise ValueError(f"'{NEUTRAL}' is reserved for no conversation")
        return no_doubles(value)

    @field_validator("reasoning_turns")
    @classmethod
    def _turns_once(cls, value: list[int]) -> list[int]:
        no_doubles([str(n) for n in value])
        return value

    @model_validator(mode="after")
    def _one_length(self) -> "Contexts":
        if self.also_after and len(self.reasoning_turns) > 1:
            raise ValueError(
                "lengths are in messages (also_after) or in reasoning turns (several of reasoning_turns), not "
                "in both: take one number of reasoning_turns"
            )
        names = {t.topic for t in self.topics if t.interlocutor == HUMAN}
        if both := [t for t in self.texts if t in names]:
            raise ValueError(
                f"'{both[0]}' is a topic and a text: give the text's file another name"
            )
        return self

    @model_validator(mode="after")
    def _enough(self) -> "Contexts":
        if self.also_after and max(self.also_after) >= self.messages:
            raise ValueError(
                f"{max(self.also_after)} of also_after is not less than messages: {self.messages}"
            )
        if len(self.topics) + len(self.texts) + self.neutral < 2:
            raise ValueError("stability needs two contexts at least: add a topic, or neutral: true")
        of_a_length = len(self.topics) + (0 if self.also_after else len(self.texts))
        if self.several_lengths and of_a_length < 2:
            raise ValueError(
                "stability at a length is between topics: add a topic, or ask once only"
            )
        return self
