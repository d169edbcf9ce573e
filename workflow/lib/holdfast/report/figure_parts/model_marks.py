"""A mark for each model: the family's colour, and shapes in turn."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
from matplotlib.lines import Line2D

from holdfast.report.figure_parts.family_colours import family_colours
from holdfast.report.wording.model_labels import said_kind

SHAPES = "oDsv^P>X<*"


class Mark(NamedTuple):
    """How a model is called and marked in a figure."""

    label: str
    shape: str
    colour: str


def model_marks(rows: pd.DataFrame) -> dict[str, Mark]:
    """Return each model's mark, from rows with the columns model, family and kind."""
    models = rows.drop_duplicates("model")
    colours = family_colours(models["family"])
    named = zip(models["model"], models["family"], said_kind(models), strict=True)
    return {
        model: Mark(label, SHAPES[i % len(SHAPES)], colours[family])
        for i, (model, family, label) in enumerate(named)
    }


def mark_handles(marks: Mapping[str, Mark]) -> list[Line2D]:
    """Return what a legend needs of the marks."""
    return [
        Line2D([], [], linestyle="", marker=m.shape, color=m.colour, markersize=4, label=m.label)
        for m in marks.values()
    ]
