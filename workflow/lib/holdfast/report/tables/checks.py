"""Checks that a reader would ask for (methods 9): a table, and a section of the page that reads it."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError
from holdfast.report.tables.loss_checks import losses
from holdfast.report.tables.manifests import asked, job_name, read_manifests
from holdfast.report.tables.model_checks import (
    MOST_INVALID,
    Check,
    State,
    known_groups,
    personas,
    readouts,
    style,
)
from holdfast.report.tables.presentation_checks import presentation, thoughts
from holdfast.report.tables.service_checks import arrived, one_answerer
from holdfast.report.wording.estimate_selection import Scene, by_name, pooled, scene_label, scenes
from holdfast.report.wording.model_labels import Models, references, takes_part
from holdfast.report.wording.text_format import number, percent
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table

NAMES = {"rank_order": "rank-order", "ipsative": "ipsative"}
MOST_NAMES = 10  # in one check
STATES: tuple[State, ...] = ("failed", "warning", "not checked", "passed")


def write_checks(
    *, estimates: Path, manifests: Sequence[Path], models: Models, output: Path, without: str = ""
) -> None:
    """Write all checks as CSV, the failed first.

    Args:
        estimates: the table of estimates.
        manifests: the inference jobs' manifests.
        models: registry entries as plain data, by name.
        output: the CSV file.
        without: a subject whose checks are left out, since it needs none.

    Raises:
        StudyError: an input can't be read, or the file can't be written.
    """
    found = checks(read_table(estimates, "estimates"), models, read_manifests(manifests))
    made = [check for check in found if check.about != without]
    table = pd.DataFrame([asdict(c) for c in made])[list(SCHEMAS["checks"])]
    write_whole(output, lambda t: table.to_csv(t, index=False))


def read_checks(path: Path) -> list[Check]:
    """Return the checks that `write_checks` wrote; raise StudyError if they can't be read."""
    try:
        rows = pd.read_csv(path, keep_default_na=False, dtype=str).to_dict("records")
        return [Check(**{str(k): v for k, v in row.items()}) for row in rows]
    except (OSError, ValueError, TypeError) as e:
        reason = str(e).splitlines()[0]
        raise StudyError(f"{path}: can't be read: {reason}. Remove it to make it anew.") from None


def checks(
    estimates: pd.DataFrame, models: Models, manifests: Sequence[dict[str, Any]]
) -> list[Check]:
    """Return all checks, the failed first."""
    rows = pooled(estimates)
    found, among = by_name(rows), scenes(rows)
    groups = {
        "figures": [_complete(found, among, models)],
        "references": _references(found, among, models),
        "contamination": [contamination(manifests)],
        "presentation": presentation(manifests),
        "thoughts": thoughts(manifests),
        "service": [*arrived(manifests), *one_answerer(manifests)],
        "personas": _or_none(
            personas(found, among, models), "Personas differ", "no model with personas"
        ),
        "known groups": _or_none(
            known_groups(estimates, models),
            "Known groups differ as expected",
            "no model with known groups",
        ),
        "readouts": _or_none(
            readouts(estimates, models), "Readouts agree", "no model with several readouts"
        ),
        "response style": style(found, among, models),
        "invalid answers": [_readable(manifests), *replied(manifests), *losses(manifests)],
    }
    made = [replace(c, about=about) for about, some in groups.items() for c in some]
    return sorted(made, key=lambda c: STATES.index(c.state))


def _or_none(made: list[Check], title: str, reason: str) -> list[Check]:
    """Return checks, or one that says that there is nothing to check, and why."""
    return made or [Check(title, "not checked", f"{reason} in the study")]


def _references(found: dict[Any, Any], among: Sequence[Scene], models: Models) -> list[Check]:
    """Check that the references' figures are what is known of them."""
    made = []
    for name in references(models):
        for scene in among:
            for quantity in NAMES:
                row = found.get((name, "", scene, quantity))
                where = f"{name}, {NAMES[quantity]}, {scene_label(scene, among)}"
                made += _of_reference(models[name]["deployment"], row, where)
    if "random" not in {models[n]["deployment"]["backend"] for n in references(models)}:
        made.append(Check("Random answers give no stability", "not checked", "not in the study"))
    return made


def contamination(manifests: Sequence[dict[str, Any]]) -> Check:
    """Check that no prompt of any job tells of a persona that it is not about.

    A name that is also a word of the study's own can't be looked for there. If it is longer than a letter,
    whether the persona is meant is for the reader to judge.
    """
    title = "No prompt tells of a persona that it is not about"
    audits = {job_name(m): m["audit"] for m in manifests if m.get("audit")}
    bad = {job: a for job, a in audits.items() if a["contaminated"]}
    if bad:
        seen = [f"{job}: {a['contaminated']} prompts ({a['found'][0]})" for job, a in bad.items()]
        return Check(title, "failed", "; ".join(seen))
    if len(audits) < max(1, len(manifests)):
        missing = f"{len(manifests) - len(audits)} jobs" if manifests else "no manifests"
        return Check(title, "not checked", f"{missing} without an audit")
    prompts, naming, generated = (
        sum(a[count] for a in audits.values())
        for count in ("prompts", "naming_others", "generated")
    )
    detail = f"{prompts} prompts; for information: {naming} of {generated} texts that models wrote name another"
    names = sorted({name for a in audits.values() for name in a.get("ambiguous", ())})
    if not names:
        return Check(title, "passed", detail)
    listed = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
    doubt = f"not looked for in the study's own words and in what models wrote: the names {listed}"
    words = any(len(name) > 1 for name in names)
    return Check(title, "warning" if words else "passed", f"{detail}; {doubt}")


def _complete(found: dict[Any, Any], among: Sequence[Scene], models: Models) -> Check:
    """Check that every model has its rows, be they estimable or not."""
    missing = [
        f"{name} × {scene_label(scene, among)} ({NAMES[quantity]})"
        for name in models
        for scene in among
        for quantity in NAMES
        if takes_part(name, scene[0], models) and (name, "", scene, quantity) not in found
    ]
    title = "Every model of the study has its figures"
    if missing or not among:
        return Check(title, "failed", "missing: " + (", ".join(missing) or "all"))
    return Check(title, "passed", f"{len(models)} models")


def _of_reference(deployment: Any, row: dict[str, Any] | None, where: str) -> list[Check]:
    """Return the check of one reference's figure; noisy simulations have none."""
    if row is None or row["status"] == "too_few_values":
        return []
    if deployment["backend"] == "random":
        return [_random(row, where)]
    if deployment["backend"] == "constant":
        return [_constant(row, where)]
    noise = deployment.get("simulation") or {"noise_sd": 1}
    exact = all(sd == 0 for key, sd in noise.items() if key != "profile_sd")
    return [_exact(row, where)] if exact else []


def _random(row: dict[str, Any], where: str) -> Check:
    title = f"Random answers give no stability: within 3 null SD of 0 ({where})"
    if pd.isna(row["null_sd"]):
        return Check(title, "not checked", "the null distribution is not known")
    seen = f"{number(row['estimate'], 3)}; limit ± {number(3 * row['null_sd'], 3)}"
    inside = pd.notna(row["estimate"]) and abs(row["estimate"]) <= 3 * row["null_sd"]
    return Check(title, "passed" if inside else "failed", seen)


def _constant(row: dict[str, Any], where: str) -> Check:
    title = f"One and the same answer is not estimable, and no number ({where})"
    if pd.isna(row["estimate"]) and row["status"] != "ok":
        return Check(title, "passed", f"{row['undefined']} correlations undefined")
    return Check(title, "failed", f"estimate {number(row['estimate'], 3)}, status {row['status']}")


def _exact(row: dict[str, Any], where: str) -> Check:
    title = f"A profile without noise gives 1 ({where})"
    seen = f"{number(row['estimate'], 3)}; {row['undefined']} correlations undefined"
    if pd.notna(row["estimate"]) and abs(row["estimate"] - 1) < 1e-9:
        return Check(title, "passed", seen)
    return Check(title, "not checked" if row["undefined"] else "failed", seen)


def replied(manifests: Sequence[dict[str, Any]]) -> list[Check]:
    """Return a warning where a service left messages or answers out; the study accepts so many."""
    failed = {
        job_name(m): (m["failed"], m["failed"] + m["computed"] + m["reused"])
        for m in manifests if m.get("failed")
    }  # fmt: skip
    title = "Every message and answer was given"
    seen = [f"{job}: {n} of {of} failed ({percent(n / of)})" for job, (n, of) in failed.items()]
    return [Check(title, "warning", "; ".join(seen))] if seen else []


def _readable(manifests: Sequence[dict[str, Any]]) -> Check:
    """Check that not too many answers were unreadable in any job."""
    title = f"No job has more than {percent(MOST_INVALID)} answers that can't be read"
    shares = {job_name(m): m["invalid"] / asked(m) for m in manifests if asked(m)}
    many = [f"{job}: {percent(s)}" for job, s in shares.items() if s > MOST_INVALID]
    if not shares:
        return Check(title, "not checked", "no manifests")
    worst = f"at most {percent(max(shares.values()))}"
    return Check(title, "warning" if many else "passed", "; ".join(many) or worst)
