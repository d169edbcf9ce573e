"""One style for all figures: colours, sizes, and how a figure is saved."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError
from holdfast.report.figure_parts.tooltips import description

SINGLE, DOUBLE = 85.0, 175.0
"""Widths of one and of two columns of a journal, in mm."""

INK, MUTED, FAINT, BAND = "#1A1A1A", "#5F5F5F", "#D9D9D9", "#EAEAEA"
BODY, SMALL = 7.0, 6.0
"""Font sizes in points."""

MOST_SLANTED = 10
"""Names below a panel that fit slantwise."""

NO_DATE: Mapping[str, dict[str, None]] = {
    "svg": {"Date": None}, "png": {}, "pdf": {"CreationDate": None},
}  # fmt: skip
"""The kinds of picture, and what is left out of them."""

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": BODY,
    "axes.titlesize": BODY + 1,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": BODY,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.unicode_minus": True,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "text.color": INK,
    "text.parse_math": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "holdfast",
    "path.simplify": False,
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw and save in the project's style, whatever the user's own settings are."""
    with matplotlib.rc_context():
        matplotlib.rcParams.update(
            {k: v for k, v in matplotlib.rcParamsDefault.items() if not k.startswith("backend")}
        )
        matplotlib.rcParams.update(sns.axes_style("ticks") | _STYLE)
        yield


@dataclass(frozen=True)
class Layout:
    """A grid of equal panels; everything in mm.

    Attributes:
        rows: of panels.
        columns: of panels.
        height: of one panel.
        left: room for labels left of the grid; right, top and bottom likewise.
        across: gap between neighbours.
        down: gap between one panel and the next below.
        width: of the whole figure.
    """

    rows: int
    columns: int
    height: float
    left: float
    right: float
    top: float
    bottom: float
    across: float
    down: float
    width: float = DOUBLE

    @property
    def total(self) -> float:
        """Return the figure's height."""
        return self.top + self.rows * self.height + (self.rows - 1) * self.down + self.bottom

    @property
    def panel(self) -> float:
        """Return a panel's width."""
        free = self.width - self.left - self.right - (self.columns - 1) * self.across
        return free / self.columns


def new_figure(layout: Layout, **shared: bool) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure that needs no screen, and its panels, row by row.

    Args:
        layout: sizes in mm.
        shared: sharex or sharey.
    """
    width, height = layout.width, layout.total
    figure = Figure(figsize=(width / 25.4, height / 25.4))
    FigureCanvasAgg(figure)
    place = {
        "left": layout.left / width,
        "right": 1 - layout.right / width,
        "bottom": layout.bottom / height,
        "top": 1 - layout.top / height,
        "wspace": layout.across / layout.panel,
        "hspace": layout.down / layout.height,
    }
    grid = figure.subplots(
        layout.rows, layout.columns, squeeze=False, gridspec_kw=place, sharex=shared.get("sharex", False),
        sharey=shared.get("sharey", False),
    )  # fmt: skip
    return figure, [list(row) for row in grid]


def panel_figure(layout: Layout, panels: int, **shared: bool) -> tuple[Figure, list[Axes]]:
    """Return a figure as `new_figure` does, and its first so many panels; the others are not shown."""
    figure, grid = new_figure(layout, **shared)
    every = [ax for row in grid for ax in row]
    for ax in every[panels:]:
        ax.set_axis_off()
    return figure, every[:panels]


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return how wide a text is, in mm, at a font size in points."""
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight=weight)
    return float(TextPath((0, 0), text, size=size, prop=font).get_extents().width) * 25.4 / 72


def fitted(text: str, size: float, room: float, weight: str = "normal") -> float:
    """Return the font size at which a text needs no more than `room` mm; `size` at most."""
    width = text_width(text, size, weight)
    return size if width <= room else size * room / width


def name_panel(ax: Axes, name: str, below: str, room: float, lift: float = 0.0) -> None:
    """Write a panel's name above it, and a smaller line under the name.

    Args:
        ax: the panel.
        name: its name.
        below: what is said of it; may be empty.
        room: width that the name may take, in mm.
        lift: further up, in points.
    """
    place: dict[str, Any] = {
        "xycoords": "axes fraction", "textcoords": "offset points", "ha": "left", "va": "bottom",
    }  # fmt: skip
    size = fitted(name, BODY, room, "bold")
    ax.annotate(name, (0, 1), (0, lift + (11.5 if below else 4)), size=size, weight="bold", **place)
    ax.annotate(below, (0, 1), (0, lift + 3), size=fitted(below, SMALL, room), color=MUTED, **place)


def slant_labels(ax: Axes) -> None:
    """Turn the names below a panel so that they do not meet: upright where there are many."""
    names = ax.get_xticklabels()
    for name in names:
        if len(names) > MOST_SLANTED:
            name.set(rotation=90)
        else:
            name.set(rotation=45, horizontalalignment="right", rotation_mode="anchor")


def add_heading(figure: Figure, text: str) -> None:
    """Write at the top of a figure, left, what its panels show."""
    height = figure.get_figheight() * 25.4
    figure.text(0.008, 1 - 1.5 / height, text, va="top", fontsize=SMALL + 1)


def add_legend(figure: Figure, handles: Sequence[Artist], columns: int = 4) -> None:
    """Say at the top of a figure, left, what its marks mean."""
    figure.legend(
        handles=list(handles), loc="upper left", ncols=columns, handletextpad=0.5,
        bbox_to_anchor=(0, 1), borderaxespad=0.3,
    )  # fmt: skip


def add_footnote(figure: Figure, text: str) -> None:
    """Write small words at the foot of a figure, left; `foot` says how much room they need."""
    height = figure.get_figheight() * 25.4
    figure.text(0.008, 1.2 / height, text, size=SMALL, color=MUTED, style="italic", va="bottom")


def foot(text: str) -> float:
    """Return the room that a footnote needs, in mm."""
    return 3.0 * len(text.splitlines()) + 1.5 if text else 0.0


def save_picture(figure: Figure, output: Path) -> None:
    """Write a figure as SVG, PNG (200 dpi) or PDF, by the file's ending; the same figure gives the same bytes.

    The SVG also keeps what the marks say, for the page. Call it within `figure_style`.

    Raises:
        StudyError: the ending is another one, or the file can't be written.
    """
    ending = output.suffix.removeprefix(".").lower()
    if ending not in NO_DATE:
        raise StudyError(f"{output}: a figure can be svg, png or pdf, not '{ending}'.")
    metadata = NO_DATE[ending] | ({"Description": description(figure)} if ending == "svg" else {})
    about: dict[str, Any] = {"metadata": metadata, "dpi": 200, "format": ending}
    write_whole(output, lambda t: figure.savefig(t, **about))


def stem_of(output: Path) -> Path:
    """Return a figure's path without the ending of its picture."""
    return output.with_suffix("") if output.suffix in {".svg", ".png", ".csv"} else output
