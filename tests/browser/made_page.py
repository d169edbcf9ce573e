"""A study's page with answers behind it, for the browser's tests and its benchmark."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page
from report_data import Files

from holdfast.report.figure_jobs.all_figures import draw_estimates
from holdfast.report.page.page import write_page
from holdfast.report.tables.provenance import write_provenance

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PEOPLE = [f"person-{i:02}" for i in range(60)]
REFUSAL = "I can't <b>play</b> a villain."


@dataclass
class Opened:
    """A page in the browser, and what went wrong on it."""

    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def make_page(
    folder: Path, files: Files, answers: list[Path], figures: Mapping[str, Path] | None = None
) -> Path:
    """Write a study's page; without figures of its own, with that of its stability."""
    figure = files.folder / "stability.svg"
    if not figures:
        draw_estimates(
            figure="stability", estimates=files.estimates, models=files.models, output=figure
        )
    origin = files.folder / "provenance.json"
    write_provenance(
        study=files.study, models=files.models, manifests=files.manifests, tables=[], output=origin
    )
    page = folder / "report" / "index.html"
    write_page(
        study=files.study, models=files.models, estimates=files.estimates, manifests=files.manifests,
        conversations=files.conversations, figures=figures or {"stability": figure}, provenance=origin,
        output=page, answers=answers,
    )  # fmt: skip
    return page
