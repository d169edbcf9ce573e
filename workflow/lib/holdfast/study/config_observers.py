"""The part of a study's configuration that says who observes: models that read the others' conversations."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from holdfast.study.config_contexts import Name, no_doubles
from holdfast.yaml_and_csv import Strict


class ObserverChoice(Strict):
    """A model that reads conversations, and what it sees of them."""

    model: Name = Field(description="name of the model, from resources/models/*.yaml")
    sees: Literal["conversation", "speaker"] = Field(
        "conversation",
        description="what it is shown: conversation (what both say) or speaker (what the respondent says)",
    )
    turns: (
        Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)] | None
    ) = Field(
        None,
        description="first and last turn that it is shown; the opening is 0, the first reply 1; null: all",
    )

    @property
    def name(self) -> str:
        """Return what the observer is called: the model, and what it sees where that is not everything."""
        told = ["speaker"] if self.sees == "speaker" else []
        told += ["turns", *map(str, self.turns)] if self.turns else []
        return "-".join([self.model, *told])

    @field_validator("turns")
    @classmethod
    def _in_order(cls, value: list[int] | None) -> list[int] | None:
        if value is not None and value[0] > value[1]:
            raise ValueError(f"the first turn, {value[0]}, comes after the last, {value[1]}")
        return value


def _of_a_name(value: object) -> object:
    return {"model": value} if isinstance(value, str) else value


class Observers(Strict):
    """Who observes whom."""

    models: list[Annotated[ObserverChoice, BeforeValidator(_of_a_name)]] = Field(
        [],
        description="models that read the conversations and answer the questionnaires about who speaks there: "
        "NAME, or {model: NAME, sees: speaker} to show what the respondent says alone, or {model: NAME, turns: "
        "[1, 3]} to show these turns",
    )
    of: list[Name] | None = Field(
        None,
        min_length=1,
        description="models of the study whose conversations are observed; null: all",
    )
    least_validity: float = Field(
        0.3,
        ge=0,
        le=1,
        description="validity on conversations with known values below which nothing is shown of an observer",
    )

    @field_validator("models")
    @classmethod
    def _named_once(cls, value: list[Any]) -> list[Any]:
        no_doubles([v.name for v in value])
        return value

    @field_validator("of")
    @classmethod
    def _once(cls, value: list[str] | None) -> list[str] | None:
        return value if value is None else no_doubles(value)
