"""Checks that a reader would ask for: do the references behave, is something missing?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from holdfast.report.jobs import asked
from holdfast.report.labels import Models, references
from holdfast.report.selection import Scene, by_name, pooled, scene_label, scenes
from holdfast.report.text import interval, number, percent
from holdfast.stability.groups import EXPECTED

State = Literal["failed", "warning", "passed", "not checked"]
NAMES = {"rank_order": "rank-order", "ipsative": "ipsative"}
MOST_INVALID = 0.05
"""Share of answers that can't be read, above which the reader is warned."""

MOST_BIAS = 0.5
"""Position bias above which the reader is warned."""


@dataclass(frozen=True)
class Check:
    """One check: what should be, whether it is, and what was seen."""

    title: str
    state: State
    detail: str


def checks(
    estimates: pd.DataFrame, models: Models, manifests: Sequence[dict[str, Any]]
) -> list[Check]:
    """Return all checks, the failed first."""
    rows = pooled(estimates)
    found, among = by_name(rows), scenes(rows)
    made = [_complete(found, among, models)]
    for name in references(models):
        for scene in among:
            for quantity in NAMES:
                row = found.get((name, "", scene, quantity))
                where = f"{name}, {NAMES[quantity]}, {scene_label(scene, among)}"
                made += _of_reference(models[name]["deployment"], row, where)
    if "random" not in {models[n]["deployment"]["backend"] for n in references(models)}:
        made.append(Check("Random answers give no stability", "not checked", "not in the study"))
    made += _of_models(found, among, models)
    made += _known_groups(estimates, models)
    made.append(_readable(manifests))
    order = ("failed", "warning", "not checked", "passed")
    return sorted(made, key=lambda c: order.index(c.state))


def _of_models(found: dict[Any, Any], among: Sequence[Scene], models: Models) -> list[Check]:
    """Check that personas show in the answers, and that no model keeps to one letter."""
    made = []
    for name in [m for m in models if m not in references(models)]:
        for scene in among:
            where = f"{name}, {scene_label(scene, among)}"
            share = found.get((name, "", scene, "persona_share"))
            if share and scene[0] != "none" and pd.notna(share["lower"]):
                above = share["lower"] > share["null_mean"] + 2 * share["null_sd"]
                seen = f"share of variance {number(share['estimate'], 3)}"
                title = f"Personas differ more than random answers ({where})"
                made.append(Check(title, "passed" if above else "warning", seen))
            bias = found.get((name, "", scene, "position_bias"))
            if bias and pd.notna(bias["estimate"]):
                seen = f"position bias {number(bias['estimate'], 3)}; 1: always the same place"
                title = f"The place of an option does not decide the answer ({where})"
                few = bias["estimate"] <= MOST_BIAS
                made.append(Check(title, "passed" if few else "warning", seen))
    return made


def _known_groups(estimates: pd.DataFrame, models: Models) -> list[Check]:
    """Check the sign of the known groups' difference."""
    rows = estimates[estimates["quantity"].eq("known_groups") & estimates["value"].isin(EXPECTED)]
    made = []
    for row in rows[rows["model"].ne("")].to_dict("records"):
        if row["model"] in references(models) or pd.isna(row["lower"]):
            continue
        sign = EXPECTED[row["value"]]
        clear = row["lower"] > 0 if sign > 0 else row["upper"] < 0
        more = "more" if sign > 0 else "less"
        title = f"Villains hold {row['value']} {more} important than heroes do ({row['model']})"
        seen = f"difference {number(row['estimate'], 2)} {interval(row['lower'], row['upper'])}"
        made.append(Check(title, "passed" if clear else "warning", seen))
    return made


def _complete(found: dict[Any, Any], among: Sequence[Scene], models: Models) -> Check:
    """Check that every model has its rows, be they estimable or not."""
    missing = [
        f"{name} × {scene_label(scene, among)} ({NAMES[quantity]})"
        for name in models
        for scene in among
        for quantity in NAMES
        if (name, "", scene, quantity) not in found
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


def _readable(manifests: Sequence[dict[str, Any]]) -> Check:
    """Check that not too many answers were unreadable in any job."""
    title = f"No job has more than {percent(MOST_INVALID)} answers that can't be read"
    shares = {
        f"{m['model']} × {m['population']}": m["invalid"] / asked(m) for m in manifests if asked(m)
    }
    many = [f"{job}: {percent(s)}" for job, s in shares.items() if s > MOST_INVALID]
    if not shares:
        return Check(title, "not checked", "no manifests")
    worst = f"at most {percent(max(shares.values()))}"
    return Check(title, "warning" if many else "passed", "; ".join(many) or worst)
