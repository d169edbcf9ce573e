"""`holdfast compare`: two studies, or one before and after a change."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.atomic_writes import write_whole
from holdfast.commands.study_argument import HOW, add_directory
from holdfast.design.facets.facets import of_own_levels
from holdfast.errors import StudyError
from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.tables.manifests import read_document
from holdfast.report.wording.facet_sentences import plural, said_of_differences
from holdfast.report.wording.text_format import interval, number, one_line, shortened
from holdfast.seeds import generator
from holdfast.stability.estimation.estimate_tables import read_results
from holdfast.stability.estimation.family_stability import pooled
from holdfast.stability.estimation.model_comparison import (
    COMPARED,
    adjusted,
    paired_bootstrap,
    paired_contexts,
    paired_levels,
)
from holdfast.stability.estimation.model_stability import Stability
from holdfast.stability.facets.facet_intervals import OVER_LEVELS
from holdfast.stability.resampling.quantities import Quantity
from holdfast.study.find_study import find_results
from holdfast.tables.table_files import read_table

SHOWN = {"rank_order": "rank-order", "ipsative": "ipsative", "fidelity": "fidelity"}
SHOWN |= {over: f"{SHOWN[quantity]} over" for quantity, over in OVER_LEVELS.items()}
QUANTITIES = (*COMPARED, *OVER_LEVELS.values())


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("a", help=HOW)
    parser.add_argument("b", help="another one; differences are this one less the first")
    add_directory(parser)
    parser.add_argument("--out", type=Path, help="also write all differences to this CSV")


def run(given: argparse.Namespace) -> None:
    """Print it; raise StudyError if a folder is no finished study."""
    found = compare_studies(*(find_results(word, given.directory) for word in (given.a, given.b)))
    print(text_of(found))
    if given.out:
        write_whole(given.out, lambda t: found.rows.to_csv(t, index=False, lineterminator="\n"))


def text_of(found: "Comparison") -> str:
    """Return what is shown of a comparison."""
    lines = ["What changed, from the first to the second:"]
    lines += [f"  {one_line(k)}: {_short(a)} → {_short(b)}" for k, a, b in found.changed]
    lines += [] if found.changed else ["  nothing"]
    rows = found.rows[found.rows["quantity"].isin(list(SHOWN))]
    several = rows["instrument"].nunique() > 1
    measures = [_measure(row) for row in rows.to_dict("records")]
    wide = max(map(len, ["rank-order", *measures])) + 2
    head = f"{'':<44}{'measure':<{wide}}{'first':>7}{'second':>8}{'difference':>12}"
    lines += ["", head + f"  {100 * found.confidence:g} % interval"]
    for row, measure in zip(rows.to_dict("records"), measures, strict=True):
        kind = found.kinds.get(row["model"])
        name = one_line(row["model"]) + (f" ({kind})" if kind else "")
        where = row["population"] + (f", {row['instrument']}" if several else "")
        name = shortened(f"{name} × {one_line(where)}", 43)
        figures = "".join(
            f"{number(row[c]):>{w}}" for c, w in (("a", 7), ("b", 8), ("difference", 12))
        )
        lines.append(f"{name:<44}{measure:<{wide}}{figures}  {_verdict(row)}")
    if rows.empty:
        lines.append("no model has figures in the same population and questionnaire in both")
    methods = set(rows["method"])
    if "independent_bootstrap" in methods:
        lines += [
            "",
            "~: not the same respondents and draws in both: the difference is not paired.",
        ]
    if IN_CONTEXTS in methods:
        other = " where both have the same topics" if len(methods) > 1 else ""
        lines += ["", f"Intervals are for conversations like these{other}."]
    lines += [line for said in said_of_differences(rows) for line in ("", said)]
    if len(rows):
        lines += ["", "*: p below .05 after Benjamini-Hochberg over the rows of a measure."]
    return "\n".join([*lines, *([""] if found.alone else []), *map(one_line, found.alone)])


def _measure(row: Mapping[Any, Any]) -> str:
    """Return what a row's measure is called: rank-order over wordings."""
    return f"{SHOWN[row['quantity']]} {plural(row['facet']) if row['facet'] else ''}".strip()


def _verdict(row: Mapping[Any, Any]) -> str:
    """Return a row's interval and signs, or why there is no difference."""
    if row["status"] not in ("ok", "no_variance"):
        return "not estimable"
    signs = "~" * (row["method"] == "independent_bootstrap")
    signs += "*" * (row["p_adjusted"] < 0.05)
    return f"{interval(row['lower'], row['upper'])} {signs}".strip()


def _short(text: str) -> str:
    return shortened(one_line(text), 60)


IN_CONTEXTS, PAIRED, APART = "paired_contexts", "paired_bootstrap", "independent_bootstrap"
PARTS = ("study", "models", "versions")
"""What of the provenance is compared key by key."""


@dataclass(frozen=True)
class Comparison:
    """Two studies, A and B.

    Attributes:
        changed: what is not the same in configuration, models, packages and code: (key, in A, in B).
        kinds: of the models, by name: miniature, reference or nothing.
        rows: the differences, B less A; columns as those of the figure `differences`.
        alone: jobs that only one of them has, in words.
        confidence: of the intervals.
    """

    changed: list[tuple[str, str, str]]
    kinds: dict[str, str]
    rows: pd.DataFrame
    alone: list[str]
    confidence: float


def compare_studies(a: Path, b: Path) -> Comparison:
    """Compare two folders of results, model by model and population by population.

    Where both asked the same respondents with the same seed, draws are of the same respondents and the
    difference is paired (methods 6.2); with the same topics, four at least, it is about contexts like these.
    Otherwise B's draws are shuffled, so that they are independent. p is adjusted over the jobs of one quantity.

    Raises:
        StudyError: a folder is no finished study, or a table can't be read.
    """
    told = [_provenance(folder) for folder in (a, b)]
    changed = list(_changes(*told))
    confidence = float(told[1].get("study", {}).get("stability", {}).get("confidence", 0.95))
    jobs_a, jobs_b = _jobs(a), _jobs(b)
    both = [job for job in jobs_a if job in jobs_b]
    rows = [row for job in both for row in _job(a, b, job, confidence)]
    names = dict.fromkeys((r["quantity"], r["facet"]) for r in rows)
    order = sorted(names, key=lambda name: QUANTITIES.index(name[0]))
    blocks = [[r for r in rows if (r["quantity"], r["facet"]) == name] for name in order]
    table = pd.DataFrame(
        [r for block in blocks for r in adjusted(block)], columns=columns("differences")
    )
    entries = {m: e for d in told for m, e in d.get("models", {}).items()}
    kinds = {m: str(e.get("kind", "")) for m, e in entries.items()}
    families = {m: str(e.get("model", {}).get("family", "")) for m, e in entries.items()}
    table = table.assign(
        family=table["model"].map(families), kind=table["model"].map(kinds).fillna(""),
        study_a=a.name, study_b=b.name,
    )  # fmt: skip
    alone = [f"{m} × {p}: only in {a}" for m, p in jobs_a if (m, p) not in jobs_b]
    alone += [f"{m} × {p}: only in {b}" for m, p in jobs_b if (m, p) not in jobs_a]
    return Comparison(changed, kinds, table, alone, confidence)


def _provenance(folder: Path) -> dict[str, Any]:
    if not (folder / "provenance.json").exists():
        raise StudyError(
            f"{folder}: has no provenance.json. It must be a finished study's folder, as results/default."
        )
    return read_document(folder / "provenance.json")


def _jobs(folder: Path) -> list[tuple[str, str]]:
    """Return the models and populations that a study has figures of."""
    return [
        (p.parent.name, p.stem) for p in sorted((folder / "stability/models").glob("*/*.parquet"))
    ]


def _job(a: Path, b: Path, job: tuple[str, str], confidence: float) -> Iterator[dict[str, Any]]:
    """Yield the differences of one model in one population."""
    model, population = job
    results_a, results_b = (_results(folder, job) for folder in (a, b))
    people = _respondents(a, population) == _respondents(b, population)
    topics = people and _contexts(a) == _contexts(b)
    for instrument in [i for i in results_a if i in results_b]:
        one, other = results_a[instrument], results_b[instrument]
        about = {"model": model, "population": population, "instrument": instrument}
        paired = people and one.seed == other.seed and _draws(one) == _draws(other)
        if not paired:
            one, other = _apart(one, other)
        for quantity in COMPARED:
            if quantity in one.draws and quantity in other.draws:
                figures = {
                    "a": pooled(one, quantity).estimate,
                    "b": pooled(other, quantity).estimate,
                }
                like = paired and topics and {quantity} <= set(one.deleted) & set(other.deleted)
                compared = paired_contexts if like else paired_bootstrap
                found = compared(other, one, quantity, confidence)
                method = IN_CONTEXTS if like else PAIRED if paired else APART
                n = min(one.respondents, other.respondents)
                about_it = {**about, "quantity": quantity, "facet": "", "n": n, "method": method}
                yield {**about_it, **figures, **found}
        if paired and _contexts(a, every=True) == _contexts(b, every=True):
            yield from ({**about, **row} for row in _over_levels(one, other, confidence))


def _over_levels(one: Stability, other: Stability, confidence: float) -> Iterator[dict[str, Any]]:
    """Yield the differences of means over the levels of each facet that both studies have."""
    for name in (n for n in one.over_levels if n in other.over_levels):
        a, b = (float(s.over_levels[name][0, 0, 0]) for s in (one, other))
        found = paired_levels(other, one, name, confidence)
        n = min(one.respondents, other.respondents)
        yield {"quantity": name[0], "facet": name[1], "a": a, "b": b, "n": n, **found}


def _results(folder: Path, job: tuple[str, str]) -> dict[str, Stability]:
    """Return a job's figures and draws by instrument."""
    model, population = job
    paths = [
        folder / f"stability/{kind}/{model}/{population}.parquet" for kind in ("models", "draws")
    ]
    found = read_results({model: (paths[0], paths[1])})
    return {instrument: by_model[model] for instrument, by_model in found.items()}


def _contexts(folder: Path, *, every: bool = False) -> list[list[str]]:
    """Return the contexts in the order of what is deleted, with what opens them.

    Args:
        folder: of the study.
        every: also those at other levels of facets than the first.
    """
    table = read_table(folder / "design" / "contexts.parquet", "contexts")
    table = table if every else of_own_levels(table)
    return table[["context", "topic", "opening"]].values.tolist()


def _respondents(folder: Path, population: str) -> list[list[str]]:
    """Return who was asked, in the order of the draws, and what the models were told of them."""
    table = read_table(folder / "design" / "personas" / f"{population}.parquet", "personas")
    return table[["respondent", "name", "description"]].values.tolist()


def _draws(stability: Stability) -> int:
    return min((d.size for d in stability.draws.values()), default=0)


def _apart(one: Stability, other: Stability) -> tuple[Stability, Stability]:
    """Return both with as many draws, the other's in another order: nothing of a draw is shared."""
    size = min(_draws(one), _draws(other))
    order = generator(one.seed, "independent draws").permutation(size)
    few = min(one.respondents, other.respondents)
    first = {q: d[:size] for q, d in one.draws.items()}
    second: dict[Quantity, Any] = {q: d[:size][order] for q, d in other.draws.items()}
    return replace(one, draws=first, respondents=few), replace(other, draws=second, respondents=few)


def _changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what differs in two provenances."""
    both = [m for m in a.get("models", {}) if m in b.get("models", {})]
    for part in PARTS:
        trees = [d.get(part) or {} for d in (a, b)]
        if part == "models":  # which models there are, the study's own list tells
            trees = [{m: tree[m] for m in both} for tree in trees]
        one, other = (dict(_flat(tree, part)) for tree in trees)
        for key in dict.fromkeys([*one, *other]):
            if one.get(key, "none") != other.get(key, "none"):
                yield key.removeprefix("study."), one.get(key, "none"), other.get(key, "none")
    weights = [
        {
            f"{j['model']} × {j['population']}": str(j.get("revision") or "")
            for j in d.get("jobs", [])
        }
        for d in (a, b)
    ]
    for job, revision in weights[0].items():
        if job in weights[1] and weights[1][job] != revision:
            yield f"revision of {job}", revision, weights[1][job]
    if a.get("code") != b.get("code"):
        yield "code of the workflow", str(a.get("code")), str(b.get("code"))


def _flat(tree: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield every leaf of a tree of mappings with its path; lists are leaves."""
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield from _flat(branch, f"{name}.{key}")
    else:
        yield name, str(tree)
