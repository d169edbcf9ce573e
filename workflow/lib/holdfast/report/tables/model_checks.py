"""What each model's answers are checked for: personas, known groups, readouts, response style (methods 9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from holdfast.report.wording.estimate_selection import Scene, scene_label, scenes
from holdfast.report.wording.model_labels import Models, people, references, takes_part
from holdfast.report.wording.text_format import estimate_text, number
from holdfast.stability.measures.known_groups import EXPECTED

State = Literal["failed", "warning", "passed", "not checked"]

MOST_INVALID = 0.05
"""Share of answers that can't be read, above which the reader is warned."""

MOST_BIAS = 0.5
"""Position bias above which the reader is warned."""

LEAST_AGREEMENT = 0.6
"""Weighted κ of two readouts below which the reader is warned."""

STYLE = {
    "acquiescence": ("acquiescence", -0.5, 0.5),
    "acquiescence_balanced": ("acquiescence from reversed items", -0.5, 0.5),
    "extremity": ("extremity", 0.0, 0.9),
    "letter_mass": ("letter mass", 0.5, 1.0), "entropy": ("entropy", 0.0, 0.95),
    "invalid_share": ("invalid share", 0.0, MOST_INVALID),
    "no_rating_share": ("share of options that are no rating", 0.0, MOST_INVALID),
}  # fmt: skip
"""Measures of response style: what they are called, and outside which limits the reader is warned."""


@dataclass(frozen=True)
class Check:
    """One check: what should be, whether it is, what was seen, and which group it belongs to."""

    title: str
    state: State
    detail: str
    about: str = ""


def personas(found: dict[Any, Any], among: Sequence[Scene], models: Models) -> list[Check]:
    """Check that personas show in the answers."""
    made = []
    for name, scene, where in _asked_models(among, models):
        share = found.get((name, "", scene, "persona_share"))
        if share and scene[0] != "none" and pd.notna(share["lower"]):
            chance = share["null_mean"] + 2 * share["null_sd"]
            above = share["lower"] > chance
            ends = (share["lower"], share["upper"])
            seen = f"share of variance {estimate_text(share['estimate'], *ends, 3)}; random answers up to "
            seen += number(chance, 3)
            title = f"Personas differ more than random answers ({where})"
            made.append(Check(title, "passed" if above else "warning", seen))
    return made


def style(found: dict[Any, Any], among: Sequence[Scene], models: Models) -> list[Check]:
    """Check that no model keeps to one letter, and that its other habits are within limits."""
    made = []
    for name, scene, where in _asked_models(among, models):
        bias = found.get((name, "", scene, "position_bias"))
        if bias and pd.notna(bias["estimate"]):
            seen = f"position bias {number(bias['estimate'], 3)}; 1: always the same place"
            title = f"The place of an option does not decide the answer ({where})"
            few = bias["estimate"] <= MOST_BIAS
            made.append(Check(title, "passed" if few else "warning", seen))
        rows = {q: found.get((name, "", scene, q)) for q in STYLE}
        known = {q: float(r["estimate"]) for q, r in rows.items() if r and pd.notna(r["estimate"])}
        if known:
            made.append(_within_limits(known, where))
    return made


def _within_limits(known: dict[str, float], where: str) -> Check:
    """Check the measures of response style against their limits; those beyond are named first."""
    beyond: list[str] = []
    within: list[str] = []
    for quantity, seen in known.items():
        name, low, high = STYLE[quantity]
        said = f"{name} {number(seen, 3)}"
        (within if low <= seen <= high else beyond).append(said)
    parts = ["beyond its limit: " + ", ".join(beyond)] if beyond else []
    detail = "; ".join([*parts, *([", ".join(within)] if within else [])])
    return Check(
        f"Response style is within limits ({where})", "warning" if beyond else "passed", detail
    )


def _asked_models(among: Sequence[Scene], models: Models) -> Iterator[tuple[str, Scene, str]]:
    """Yield every language model in each of its scenes, with how both are called."""
    for name in _language_models(models):
        for scene in (s for s in among if takes_part(name, s[0], models)):
            yield name, scene, f"{name}, {scene_label(scene, among)}"


def _language_models(models: Models) -> list[str]:
    """Return the names of all that are neither references nor people."""
    others = {*references(models), *people(models)}
    return [name for name in models if name not in others]


def readouts(estimates: pd.DataFrame, models: Models) -> list[Check]:
    """Check that every two readouts of a model agree, near misses forgiven in part."""
    rows = estimates[estimates["quantity"].eq("readout_kappa_weighted") & estimates["model"].ne("")]
    among = scenes(rows)
    made = []
    for row in rows[rows["model"].isin(_language_models(models))].to_dict("records"):
        scene = (row["population"], row["instrument"])
        where = f"{row['model']}, {scene_label(scene, among)}"
        title = f"{row['context_a']} and {row['context_b']} give the same answers ({where})"
        if pd.isna(row["estimate"]):
            detail = f"not estimable; {row['undefined']} questions not read by both"
            made.append(Check(title, "not checked", detail))
            continue
        detail = (
            f"weighted κ {estimate_text(row['estimate'], row['lower'], row['upper'])}; "
            f"{row['undefined']} questions not read by both"
        )
        high = row["estimate"] >= LEAST_AGREEMENT
        made.append(Check(title, "passed" if high else "warning", detail))
    return made


def known_groups(estimates: pd.DataFrame, models: Models) -> list[Check]:
    """Check the sign of the known groups' difference."""
    rows = estimates[estimates["quantity"].eq("known_groups") & estimates["value"].isin(EXPECTED)]
    made = []
    for row in rows[rows["model"].ne("")].to_dict("records"):
        if row["model"] not in _language_models(models) or pd.isna(row["lower"]):
            continue
        sign = EXPECTED[row["value"]]
        clear = row["lower"] > 0 if sign > 0 else row["upper"] < 0
        more = "higher" if sign > 0 else "lower"
        title = f"Villains score {more} on {row['value']} than heroes do ({row['model']})"
        seen = f"difference {estimate_text(row['estimate'], row['lower'], row['upper'])}"
        made.append(Check(title, "passed" if clear else "warning", seen))
    return made
