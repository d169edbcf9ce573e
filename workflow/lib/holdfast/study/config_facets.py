"""The typed model of a study's facets: other ways to put the same questions."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from holdfast.design.facets import FACETS, twice
from holdfast.design.option_orders import DRAWN, OptionOrder
from holdfast.study.config_contexts import Name, listed, no_doubles
from holdfast.yaml_and_csv import Strict

NamedLevels = Annotated[list[Name], BeforeValidator(listed)]


class Facets(Strict):
    """Other ways to put the same questions; of each facet the first level is the study's own."""

    wording: NamedLevels = Field(
        ["plain"],
        min_length=1,
        description="wordings of the prompts, from resources/prompts/*.yaml; with several, each context occurs "
        "in each wording",
    )
    option_order: Annotated[list[OptionOrder], BeforeValidator(listed)] = Field(
        ["drawn"],
        min_length=1,
        description="ways to put an item's options in order, drawn first: drawn (by "
        "administration.option_order), high_first or low_first (from the highest or the lowest rating, for all "
        "items alike); with several, the questionnaire is asked in each of them after the same conversation",
    )
    crossing: Literal["full", "single"] = Field(
        "full",
        description="which levels are combined where several facets have more than one: full (every "
        "combination), single (each level beside the first, with all other facets at their first)",
    )

    def levels(self) -> dict[str, list[str]]:
        """Return the names of each facet's levels."""
        return {f.name: [str(level) for level in getattr(self, f.name)] for f in FACETS}

    def several(self) -> bool:
        """Tell whether any facet has several levels."""
        return any(len(levels) > 1 for levels in self.levels().values())

    @field_validator("wording", "option_order")
    @classmethod
    def _once(cls, value: list[str]) -> list[str]:
        return no_doubles(value)

    @field_validator("option_order")
    @classmethod
    def _drawn_first(cls, value: list[str]) -> list[str]:
        if value[0] != DRAWN:
            raise ValueError(
                f"'{value[0]}' stands first. The first level is the study's own: {DRAWN}"
            )
        return value

    @model_validator(mode="after")
    def _of_one_facet(self) -> "Facets":
        if name := twice(self.levels()):
            raise ValueError(
                f"'{name}' is a level of two facets, and names of contexts could not tell them apart"
            )
        return self
