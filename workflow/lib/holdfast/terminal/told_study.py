"""Which study a run is of: the Snakefile says it, and the terminal's last lines are made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Told:
    """The study of this process.

    Attributes:
        name: the study's name.
        results: its folder of results.
        models: registry entries as plain data, by name: what the page calls the models by.
    """

    name: str
    results: Path
    models: Mapping[str, Mapping[str, Any]]

    @property
    def page(self) -> Path:
        """Return where the study's page is, or will be."""
        return self.results / "report" / "index.html"


_told: list[Told] = []  # the view is begun by Snakemake, which hands nothing on from the Snakefile


def tell(name: str, results: str | Path, models: Mapping[str, Mapping[str, Any]]) -> None:
    """Say which study this process runs."""
    _told[:] = [Told(name, Path(results), models)]


def told() -> Told | None:
    """Return the study that this process runs, if a Snakefile has said so."""
    return _told[0] if _told else None
