"""Where each model's answers place the questionnaire's items, fitted to the theory's circle of values.

Where the personas have assigned profiles, these are placed in the same way: answers that repeat a description
repeat its circle.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import procrustes

from holdfast.design.facets.facets import of_own_levels
from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.wording.estimate_selection import Scene, in_order, of_scene, scenes
from holdfast.report.wording.model_labels import Models, kind
from holdfast.seeds import generator
from holdfast.stability.correlation.spearman import FloatArray
from holdfast.stability.structure.correspondence import circle_of, of_values
from holdfast.stability.structure.item_map import configuration, correlations, shuffled
from holdfast.stability.structure.value_circle import is_circle, location
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table

MINIMUM_RESPONDENTS = 4
ASSIGNED = "assigned profiles"
"""What stands as the kind of rows about profiles that were assigned to personas."""

_COLUMNS = [c for c in columns("circle") if c not in ("family", "kind")]


def read_circle_table(
    ratings: Sequence[Path],
    profiles: Sequence[Path],
    models: Models,
    *,
    seed: int,
    permutations: int,
) -> pd.DataFrame:
    """Return the table of the figure from tables of ratings and of profiles; arguments as `circle_rows`.

    Raises:
        StudyError: a table can't be read.
    """
    parts = [
        circle_rows(read_table(path, "ratings"), seed=seed, permutations=permutations)
        for path in ratings
    ]
    rows = pd.concat(parts, ignore_index=True)
    known = pd.concat(
        [
            pd.DataFrame(columns=list(SCHEMAS["profiles"])),
            *(read_table(p, "profiles") for p in profiles),
        ]
    )
    assigned = assigned_rows(known, scenes(rows), seed=seed, permutations=permutations)
    return circle_table(pd.concat([rows, assigned], ignore_index=True), models)


def circle_table(rows: pd.DataFrame, models: Models) -> pd.DataFrame:
    """Return the configurations with family and kind: the assigned profiles, then the models in their order."""
    table = rows.assign(
        family=[models[m]["model"]["family"] if m else "" for m in rows["model"]],
        kind=[kind(models[m]) if m else ASSIGNED for m in rows["model"]],
    )
    return in_order(table[columns("circle")], scenes(table), model=["", *models])


def assigned_rows(
    profiles: pd.DataFrame, among: Sequence[Scene], *, seed: int, permutations: int
) -> pd.DataFrame:
    """Return a row a value for the profiles that were assigned to personas; no model and no item.

    Args:
        profiles: table `profiles` of all populations.
        among: populations and instruments that have a configuration; others get no rows.
        seed: of the study.
        permutations: as in `circle_rows`.
    """
    found: list[dict[str, Any]] = []
    for scene in among:
        own = profiles[profiles["population"].eq(scene[0])]
        if not is_circle(list(own["value"])):
            continue
        wide = own.pivot(index="respondent", columns="value", values="latent").dropna()
        values = pd.Series(wide.columns, index=wide.columns)
        about = {"population": scene[0], "instrument": scene[1], "model": "", "n": len(wide)}
        random = generator(seed, "circle", ASSIGNED, *scene)
        rows = _placed(wide, values, permutations, random)
        found += [about | row | {"item": np.nan} for row in rows]
    return pd.DataFrame(found, columns=_COLUMNS)


def circle_rows(ratings: pd.DataFrame, *, seed: int, permutations: int) -> pd.DataFrame:
    """Return a row an item: its place, and how the configuration fits the theory.

    A respondent's rating of an item is the mean over contexts and replicates. Items are placed by
    multidimensional scaling of 1 less their Spearman correlations over respondents (methods 7.2), and then
    shifted, turned, mirrored and stretched onto the theory's circle. Contexts at other levels of facets than
    the first are left out.

    Args:
        ratings: one model's table of ratings in one population.
        seed: of the study.
        permutations: configurations of shuffled answers, for the null of the distance.

    Returns:
        One row without a place where there is no configuration; no rows for other values than the
        theory's ten.
    """
    found: list[dict[str, Any]] = []
    for scene in scenes(ratings):
        own = of_own_levels(of_scene(ratings, scene))
        value_of = own.drop_duplicates("item").set_index("item")["value"]
        keyed = value_of[value_of.ne("")].sort_index()
        if is_circle(list(keyed)):
            wide = own.groupby(["respondent", "item"])["rating"].mean().unstack()
            whole = wide[keyed.index].dropna()
            model = str(own["model"].iloc[0])
            about = {
                "population": scene[0],
                "instrument": scene[1],
                "model": model,
                "n": len(whole),
            }
            random = generator(seed, "circle", model, *scene)
            found += [about | r for r in _placed(whole, keyed, permutations, random)]
    return pd.DataFrame(found, columns=_COLUMNS)


def _placed(
    ratings: pd.DataFrame, values: "pd.Series[str]", permutations: int, random: np.random.Generator
) -> list[dict[str, Any]]:
    """Return the items' places, or one row that says why there are none."""
    answers = ratings.to_numpy(float)
    varied = np.ptp(answers, axis=0) > 0 if len(answers) else np.zeros(len(values), bool)
    constant = int((~varied).sum())
    kept = values[varied]
    if len(answers) < MINIMUM_RESPONDENTS or set(kept) != set(values):
        why = "constant_items" if constant else "too_few_respondents"
        return [{"value": "", "constant_items": constant, "status": why, "method": ""}]
    points, stress, distance = _fitted(answers[:, varied], kept.tolist())
    null = [
        _fitted(shuffled(answers[:, varied], random), kept.tolist())[2] for _ in range(permutations)
    ]
    method = "MDS of Spearman correlations over respondents, ratings averaged over contexts and replicates"
    circle = circle_of(of_values(answers[:, varied], kept.tolist()))
    about = {
        "correspondence": circle.index, "correspondence_p": circle.p,
        "stress": stress, "distance": distance, "constant_items": constant, "status": "ok",
        "null_mean": float(np.mean(null)) if null else np.nan,
        "null_sd": float(np.std(null, ddof=1)) if len(null) > 1 else np.nan,
        "method": f"{method}; null: {permutations} permutations",
    }  # fmt: skip
    return [
        {"item": item, "value": value, "x": float(x), "y": float(y)} | about
        for (item, value), (x, y) in zip(kept.items(), points, strict=True)
    ]


def _fitted(ratings: FloatArray, values: Sequence[str]) -> tuple[FloatArray, float, float]:
    """Return places (items, 2) on the theory's scale, the stress-1 and the Procrustes distance."""
    theory = np.array([location(v) for v in values])
    points, stress = configuration(correlations(ratings))
    _, standard, distance = procrustes(theory, points)
    size = np.linalg.norm(theory - theory.mean(axis=0))
    return standard * size + theory.mean(axis=0), stress, float(distance)
