"""The typed model of a study's facets: other ways to put the same questions."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from holdfast.design.facets.facets import FACETS, USUAL, twice
from holdfast.design.facets.item_sheets import ItemOrder, Presentation
from holdfast.design.facets.option_labels import Labels
from holdfast.design.facets.option_orders import OptionOrder
from holdfast.inference.prompting.thinking import Level, level_word
from holdfast.study.config_contexts import Name, listed, no_doubles
from holdfast.yaml_and_csv import Strict

NamedLevels = Annotated[list[Name], BeforeValidator(listed)]


def _levels(value: object) -> object:
    """Let one level stand for a list of it; YAML takes a bare `off` or `on` for a truth value."""
    return [value] if isinstance(value, str | bool) else value


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
        description="ways to put an item's options in order: drawn (by "
        "administration.option_order), high_first or low_first (from the highest or the lowest rating, for all "
        "items alike); with several, the questionnaire is asked in each of them after the same conversation",
    )
    labels: Annotated[list[Labels], BeforeValidator(listed)] = Field(
        ["letters"],
        min_length=1,
        description="labels of an item's options, by which answers name them: letters, digits, or words (no "
        "labels: an answer names an option by its own words, which only the readout generate can read)",
    )
    presentation: Annotated[list[Presentation], BeforeValidator(listed)] = Field(
        ["alone"],
        min_length=1,
        description="how a questionnaire's items are shown: alone (each by itself, none knows of another), "
        "in_view (one after the other, with the earlier ones and their answers in view), lines or json (all "
        "on one sheet, answered at once with a line for each item or one JSON object, and read from the text)",
    )
    item_order: Annotated[list[ItemOrder], BeforeValidator(listed)] = Field(
        ["numbered"],
        min_length=1,
        description="order of the items where they are seen together: numbered (by their numbers), reversed, "
        "or shuffled (another order for every respondent, context and replicate)",
    )
    thinking: Annotated[
        list[Annotated[Literal["own"] | Level, BeforeValidator(level_word)]],
        BeforeValidator(_levels),
    ] = Field(
        ["own"],
        min_length=1,
        description="how far local models think before they speak: own (as their entries say), off, on, low, "
        "medium or high; with several, each level has conversations of its own",
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

    def own(self) -> dict[str, str]:
        """Return the study's own level of each facet but the wording, where it is not the usual one."""
        first = {name: levels[0] for name, levels in self.levels().items() if name != "wording"}
        return {name: level for name, level in first.items() if level != USUAL[name]}

    @field_validator("wording", "option_order", "labels", "presentation", "item_order", "thinking")
    @classmethod
    def _once(cls, value: list[str]) -> list[str]:
        return no_doubles(value)

    @model_validator(mode="after")
    def _items_together(self) -> "Facets":
        if self.item_order != [USUAL["item_order"]] and "alone" in self.presentation:
            raise ValueError(
                f"item_order: {', '.join(self.item_order)}: items that are shown alone have no order. Take "
                "'alone' out of presentation, or item_order out of the study"
            )
        return self

    @model_validator(mode="after")
    def _of_one_facet(self) -> "Facets":
        several = {facet: names for facet, names in self.levels().items() if len(names) > 1}
        if name := twice(several):
            raise ValueError(
                f"'{name}' is a level of two facets, and names of contexts could not tell them apart"
            )
        return self
