"""What of a finished study goes into its crate, and what stays out because it is private or too large."""

import ipaddress
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml

from holdfast.design.instruments import OBSERVER_FORM
from holdfast.report.tables.provenance import impersonal
from holdfast.report.wording.model_labels import people

Role = Literal["input", "result", "about", "environment"]
CODE = "workflow"
"""The folder of the code in a crate."""

WITHHELD = "withheld: an address in a network of one's own"
_LARGE = ("conversations/", "responses/")
_OWN_NETWORK = re.compile(r"(^|\.)(local|localhost|internal|intranet|lan|home|corp)$")


@dataclass(frozen=True)
class CrateFile:
    """One file of a crate.

    Attributes:
        place: its path there.
        role: what it is for the run.
        about: what it holds, in words.
        source: the file that is copied; None: `text` is written.
        text: see there.
    """

    place: str
    role: Role
    about: str
    source: Path | None = None
    text: str = ""


def kept_tables(document: Mapping[str, Any]) -> list[str]:
    """Return the tables of a study that go into its crate, by their paths in its folder.

    Messages and answers as they were given are left out, for they may be large, and so is everything about
    single people of a survey, and what has texts of official items. Their hashes stand in the provenance.
    """
    single = people(document["models"])
    asked = document["study"].get("instruments", [])
    named = [i["name"] for i in asked if i.get("items")]
    official = {f"design/instruments/{n}{form}.json" for n in named for form in ("", OBSERVER_FORM)}
    return [
        name
        for name in document["tables"]
        if not name.startswith(_LARGE)
        and not _of_observers(name)
        and not _of_single(name, single)
        and name not in official
    ]


def _of_observers(name: str) -> bool:
    """Tell whether a table has observers' answers as they were given."""
    return name.startswith("observations/") and Path(name).stem == "responses"


def _of_single(name: str, names: Collection[str]) -> bool:
    """Tell whether a table has rows about single people of a survey: its persons or their scores."""
    path = Path(name)
    if len(path.parts) < 3:
        return False
    room, kind = path.parts[:2]
    return (room == "scores" and kind in names) or (
        room == "design" and kind in ("personas", "profiles") and path.stem in names
    )


def table_files(results: Path, document: Mapping[str, Any]) -> Iterator[CrateFile]:
    """Yield the study's tables, those of its design as inputs and all others as results."""
    for name in kept_tables(document):
        role: Role = "input" if name.startswith("design/") else "result"
        yield CrateFile(f"results/{name}", role, _table_words(name), results / name)


def report_files(results: Path) -> Iterator[CrateFile]:
    """Yield the pictures and the page; single answers, which the page can browse, are left out."""
    for path in sorted((results / "figures").rglob("*")):
        if path.suffix in (".svg", ".png"):
            place = path.relative_to(results).as_posix()
            yield CrateFile(f"results/{place}", "result", f"figure: {path.stem}", path)
    page = results / "report" / "index.html"
    yield CrateFile("results/report/index.html", "result", "the report, to read in a browser", page)


def written_files(document: Mapping[str, Any], citation: str) -> Iterator[CrateFile]:
    """Yield what is written for the crate: the configuration, the provenance and the works to cite."""
    study = yaml.safe_dump(impersonal(document["study"]), sort_keys=False, allow_unicode=True)
    yield CrateFile(
        "study.yaml", "input", "the study's configuration, defaults included", text=study
    )
    yield CrateFile("citation.bib", "about", "works that the study should cite", text=citation)


def without_own_addresses(data: Any) -> Any:
    """Return plain data without web addresses of a network of one's own, which tell where a study was run."""
    if isinstance(data, Mapping):
        return {k: without_own_addresses(v) for k, v in data.items()}
    if isinstance(data, list):
        return [without_own_addresses(v) for v in data]
    return WITHHELD if isinstance(data, str) and _is_own_address(data) else data


def _is_own_address(text: str) -> bool:
    if not text.startswith(("http://", "https://")):
        return False
    host = urlsplit(text).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or bool(_OWN_NETWORK.search(host))


def _table_words(name: str) -> str:
    """Return what a table is, from its path."""
    kinds = {
        "estimates": "all estimates", "comparisons": "models and families compared",
        "leaderboard": "one row a model", "checks": "what was checked", "figures": "the table of a figure",
        "design": "design of the study", "scores": "ratings or value scores",
        "stability": "estimates of one model", "observations": "ratings or value scores by an observer",
    }  # fmt: skip
    first = Path(name).parts[0]
    return kinds.get(Path(first).stem, "table")
