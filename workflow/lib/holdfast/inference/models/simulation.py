"""What the answers and messages of the simulated reference are made of."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from holdfast.design.facets.facets import FACETS
from holdfast.errors import nearest
from holdfast.yaml_and_csv import Strict


class Shown(Strict):
    """By how much what the reference shows in conversation departs from its profile: SDs, in ratings."""

    context_sd: float = Field(0.0, ge=0)
    length_sd: float = Field(0.0, ge=0)


class Simulation(Strict):
    """What the simulated reference's answers are made of: standard deviations, in units of the ratings.

    With `sentences`, a file of the words for each value and level, its messages show its profile, as `shown`
    has it. `validity` is for one that observes: the correlation of what it reads in such sentences with what it
    then reports.
    """

    profile_sd: float = Field(1.0, ge=0)
    context_sd: float = Field(0.0, ge=0)
    domain_sd: float = Field(0.0, ge=0)
    length_sd: float = Field(0.0, ge=0)
    order_sd: float = Field(0.0, ge=0)
    noise_sd: float = Field(0.0, ge=0)
    facet_sd: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    sentences: Path | None = None
    shown: Shown = Shown()
    validity: float | None = Field(None, ge=0, le=1)

    @field_validator("facet_sd")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        known = [f.name for f in FACETS]
        for name in value:
            if name not in known:
                raise ValueError(f"'{name}' is no facet. {nearest(name, known)}")
        return value

    @model_validator(mode="after")
    def _has_words(self) -> "Simulation":
        if self.sentences is None and (self.validity is not None or self.shown != Shown()):
            raise ValueError(
                "shown and validity need sentences: the file of the words in which values are shown, such as "
                "resources/miniatures/phrases.yaml"
            )
        return self
