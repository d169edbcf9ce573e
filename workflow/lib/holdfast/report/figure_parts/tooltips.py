"""What a figure's marks say to who points at them: words at places, kept in the SVG for the page."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from holdfast.errors import StudyError
from holdfast.report.wording.estimate_selection import shown_interval
from holdfast.report.wording.text_format import estimate_text, one_line, plus_minus

DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"
Points = list[tuple[float, float, str]]
"""Places from the left and from the top, 0 to 1, each with its words."""


class Point(Artist):
    """A place in a panel's own coordinates, and what is said there; it draws nothing."""

    def __init__(self, place: tuple[float, float], words: str) -> None:
        """Keep place and words."""
        super().__init__()
        self.place, self.words = place, words
        self.set_visible(False)


def add_point(ax: Axes, x: float, y: float, *words: str) -> None:
    """Say something of the mark at a place, in the panel's own coordinates; empty words are left out."""
    if np.isfinite([x, y]).all():
        ax.add_artist(Point((x, y), "\n".join(one_line(w) for w in words if w)))


def said(row: Mapping[Any, Any], digits: int = 2) -> str:
    """Return an estimate with its interval, n, what is undefined, and what random answers give.

    Args:
        row: with estimate, and both intervals, n, undefined, null_mean and null_sd where they are known.
        digits: of the estimate and of its interval.
    """
    known = {k: v for k, v in row.items() if pd.notna(v)}
    if "estimate" not in known:
        return "not estimable" + (
            f"; {known['undefined']:.0f} undefined" if known.get("undefined") else ""
        )
    parts = [estimate_text(known["estimate"], *shown_interval(known), digits)]
    parts += [f"n = {known['n']:.0f}"] if "n" in known else []
    parts += [f"{known['undefined']:.0f} undefined"] if known.get("undefined") else []
    if "null_sd" in known:
        null = plus_minus(known["null_mean"], known["null_sd"], digits + 1)
        parts.append(f"random answers {null}")
    return "; ".join(parts)


def points_of(figure: Figure) -> Points:
    """Return a figure's points; the figure must have been drawn, since panels may be moved by it."""
    found: Points = []
    for ax in figure.get_axes():
        for point in [a for a in ax.artists if isinstance(a, Point)]:
            on_screen = ax.transData.transform(point.place)
            x, y = figure.transFigure.inverted().transform(on_screen)
            found.append((round(float(x), 4), round(1 - float(y), 4), point.words))
    return found


def description(figure: Figure) -> str | None:
    """Return a figure's points as JSON; nothing if it has none."""
    figure.draw_without_rendering()
    points = points_of(figure)
    return json.dumps(points, ensure_ascii=False, separators=(",", ":")) if points else None


def read_points(svg: Path) -> Points:
    """Return the points that an SVG keeps; none, if it was drawn without them.

    Raises:
        StudyError: it is no SVG.
    """
    try:
        told = ElementTree.parse(svg).find(f".//{DESCRIPTION}")
    except (OSError, ElementTree.ParseError) as e:
        raise StudyError(f"{svg}: can't be read: {e}.") from None
    return (
        [(x, y, words) for x, y, words in json.loads(told.text)]
        if told is not None and told.text
        else []
    )
