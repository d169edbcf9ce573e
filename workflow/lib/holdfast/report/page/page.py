"""The page: one file that shows a study, and needs no network."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError
from holdfast.report.figure_parts.tooltips import read_points
from holdfast.report.page.captions import Caption, captions
from holdfast.report.page.excerpts import excerpts
from holdfast.report.page.model_sections import Source, sections
from holdfast.report.tables.checks import checks, read_checks
from holdfast.report.tables.invariance_table import invariance_table
from holdfast.report.tables.leaderboard import QUANTITIES, leaderboard, of_several_sizes
from holdfast.report.tables.manifests import answerer, asked, read_document, read_manifests
from holdfast.report.tables.observer_rows import COLUMNS, observer_rows, observers_agreement
from holdfast.report.tables.published_leaderboard import read_published, score_rows
from holdfast.report.wording.estimate_selection import interval_name, shown_interval
from holdfast.report.wording.model_labels import MINIATURE_NOTE, Models, kind, labelled
from holdfast.report.wording.summary import summaries
from holdfast.report.wording.text_format import estimate_words, number, plus_minus, visible
from holdfast.stability.structure.value_circle import HIGHER_ORDER
from holdfast.tables.table_files import read_table

OBSERVERS = "observers.html.j2"
TEMPLATE, STYLE, SCRIPTS = "page.html.j2", "page.css", ("page.js", "tooltips.js", "answers.js")


def write_page(
    *, study: Mapping[str, Any], models: Models, estimates: Path, manifests: Sequence[Path],
    conversations: Sequence[Path], figures: Mapping[str, Path], provenance: Path, output: Path,
    comparisons: Path | None = None, answers: Sequence[Path] = (), published: Path | None = None,
    checked: Path | None = None,
) -> None:  # fmt: skip
    """Write the page.

    Args:
        study: the full configuration, as plain data.
        models: registry entries as plain data, by name.
        estimates: the table of estimates.
        manifests: the inference jobs' manifests.
        conversations: tables of conversations.
        figures: the figures' SVG files by the name of their caption.
        provenance: the document of `write_provenance`.
        output: the HTML file.
        comparisons: the table of paired comparisons.
        answers: the indexes of `write_answers`, in the folder answers/ beside the page.
        published: rows of leaderboards published elsewhere.
        checked: the table of checks; without it they are made here.

    Raises:
        StudyError: an input can't be read, or the page can't be written.
    """
    table, jobs = read_table(estimates, "estimates"), read_manifests(manifests)
    origin = read_document(provenance)
    everyone = dict(models) | origin.get("models", {})
    tests = read_table(comparisons, "comparisons") if comparisons else None
    sources = [_source(path, models) for path in answers]
    revisions = {job["model"]: job["revision"] or "" for job in jobs}
    board = leaderboard(table, models)
    text = environment().get_template(TEMPLATE).render(
        study=study, models=models, summaries=summaries(table, models, tests),
        interval=interval_name(table), kinds={kind(e) for e in everyone.values()},
        miniature_note=MINIATURE_NOTE, checks=read_checks(checked) if checked else checks(table, models, jobs),
        board=_board(board), scores=_scores(board, published), jobs=_jobs(jobs, everyone),
        invariance=invariance_table(table, models), observers_part=OBSERVERS,
        observers=observer_rows(table, models), observer_heads=list(COLUMNS.values()),
        observers_agree=observers_agreement(table, models),
        higher_order=[v.replace("_", "-") for v in HIGHER_ORDER],
        unbiased=of_several_sizes(board), fidelity=table["quantity"].eq("fidelity").any(),
        figures=_figures(figures, captions(table, models, study)),
        excerpts=excerpts(conversations, models), origin=origin,
        sections=sections(table, models, sources, revisions), sources=sources,
        numbers={name: i for i, name in enumerate(models, 1)}, **_dressed(),
        configuration=yaml.safe_dump(origin.get("study"), sort_keys=False, allow_unicode=True),
    )  # fmt: skip
    write_whole(output, lambda t: t.write_bytes(text.encode("utf-8")))


def _source(path: Path, models: Models) -> Source:
    """Return answers by the path of their index, answers/<model>/<population>.js."""
    model, population = path.parent.name, path.stem
    label = f"{labelled(model, models)}, {population}"
    return Source(f"{model}/{population}", model, population, label)


def _dressed() -> dict[str, Markup]:
    """Return style and script, and the hash by which the page allows this script and no other."""
    folder = Path(__file__).parent
    script = "\n" + "".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    style = (folder / STYLE).read_text(encoding="utf-8")
    return {
        "style": Markup(style), "script": Markup(script), "script_hash": Markup(f"sha256-{digest}"),
    }  # fmt: skip


def environment() -> Environment:
    """Return the templates' environment: everything is escaped, and made visible before."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent, encoding="utf-8"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown,
    )  # fmt: skip
    made.filters |= {"number": number, "plus_minus": plus_minus, "count": _count}
    return made


def _shown(value: object) -> object:
    return value if isinstance(value, Markup) else visible(value)


def _count(value: Any, digits: int = 0) -> str:
    """Return a count with thin spaces between thousands; – for none."""
    return "–" if pd.isna(value) else f"{value:,.{digits}f}".replace(",", "\u202f")


def _board(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the leaderboard's rows with their figures as text and as places in a strip."""
    ends = [table[f"{q}_{end}"].min() for q in QUANTITIES for end in ("lower", "contexts_lower")]
    left = min([-0.1, *(float(e) - 0.05 for e in ends if pd.notna(e))])
    return [
        {str(k): v for k, v in row.items()}
        | {f"{q}_shown": _figure(row, q, left) for q in QUANTITIES}
        for row in table.to_dict("records")
    ]


def _figure(row: Mapping[Any, Any], quantity: str, left: float) -> dict[str, Any]:
    """Return one figure: text, key for sorting, and places 0 to 100 for its strip."""
    estimate, (lower, upper) = row[quantity], shown_interval(row, f"{quantity}_")
    if pd.isna(estimate):
        none = row[f"{quantity}_status"] in ("missing", "too_few_values")
        words = "–" if none else "not estimable"
        return {"words": words, "key": "", "strip": None}

    def place(value: float) -> float:
        return round(100 * (min(1.0, max(left, float(value))) - left) / (1 - left), 2)

    mean, sd = row[f"{quantity}_null_mean"], row[f"{quantity}_null_sd"]
    strip: dict[str, Any] = {"zero": place(0), "dot": place(estimate), "line": None, "null": None}
    if pd.notna(lower) and pd.notna(upper):
        strip["line"] = (place(lower), place(upper))
    if pd.notna(sd):
        strip["null"] = (place(mean - 2 * sd), place(mean + 2 * sd))
    words, bounds = estimate_words(estimate, lower, upper)
    return {"words": words, "bounds": bounds, "key": f"{estimate:.6f}", "strip": strip}


def _scores(board: pd.DataFrame, published: Path | None) -> list[tuple[bool, list[dict[str, Any]]]]:
    """Return the rows of scores of this study, then those published elsewhere; each group if it has any."""
    rows = score_rows(board, read_published(published) if published else [])
    groups = [(there, [r for r in rows if r["elsewhere"] == there]) for there in (False, True)]
    return [(there, group) for there, group in groups if group]


def _jobs(manifests: Sequence[dict[str, Any]], models: Models) -> list[dict[str, Any]]:
    """Return the manifests in the models' order, observers last, with names, kinds and shares."""
    place = {name: i for i, name in enumerate(models)}
    rows = [
        job
        | {
            "who": answerer(job),
            "kind": kind(models[job["model"]]) if job["model"] in models else "",
            "share": job["invalid"] / asked(job) if asked(job) else 0.0,
        }
        for job in manifests
    ]
    return sorted(rows, key=lambda job: ("observer" in job, place.get(job["model"], len(place))))


def _figures(figures: Mapping[str, Path], known: Mapping[str, Caption]) -> list[dict[str, Any]]:
    """Return the figures with their captions; an SVG becomes a data address, so no ids clash."""
    return [
        {
            "id": name,
            "caption": known.get(name, Caption(name, f"Figure: {name}.", "")),
            "address": _data_address(path),
            "points": json.dumps(read_points(path), ensure_ascii=False),
            "table": f"{path.parent.name}/{path.stem}.csv",
        }
        for name, path in figures.items()
    ]


def _data_address(path: Path) -> str:
    try:
        return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
    except OSError as e:
        raise StudyError(f"{path}: can't be read: {e.strerror or e}.") from None
