"""Tasks in the stability room: uncentred scores, the null in coins, and figures that make no sense for them."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from holdfast.design.instruments import Instrument, load_instrument
from holdfast.scoring.value_scores import value_scores
from holdfast.stability.estimation.score_arrays import Design
from holdfast.stability.resampling.null_distribution import random_ratings, scoring_weights
from holdfast.stability.stability_job import null_distribution, write_model_estimates, write_null
from holdfast.tables.table_files import read_table, write_table

RESOURCES = Path(__file__).resolve().parents[4] / "resources"
PEOPLE, CONTEXTS = [f"p{i:02}" for i in range(12)], ["grammar", "joke", "chess"]
SETTINGS = {
    "seed": 1, "undefined": "zero", "draws": 20, "confidence": 0.95, "null_simulations": 40,
    "rating": "choice", "option_order": "item",
}  # fmt: skip
WHO = {"model": "m", "population": "fictional", "replicate": 1}


def rated(asked: Instrument, latent: np.ndarray, noise: float) -> pd.DataFrame:
    """Return ratings of respondents with a latent score each, the nearest step of the scale."""
    g, of = np.random.default_rng(2), asked.value_of()
    steps = np.sort([o.rating for o in asked.options])
    rows = []
    for (p, c), item in product(product(range(len(PEOPLE)), CONTEXTS), asked.numbers()):
        wanted = steps.mean() + (latent[p] + noise * g.normal()) * (steps[1] - steps[0])
        rating = float(steps[np.abs(steps - wanted).argmin()])
        rows.append(
            WHO | {"respondent": PEOPLE[p], "context": c, "instrument": asked.name, "item": item,
                   "value": of[item], "rating": rating, "expected": rating, "position": 1,
                   "mass": 1.0, "entropy": 0.0, "status": "ok"}
        )  # fmt: skip
    return pd.DataFrame(rows)


def estimates(folder: Path, asked: list[Instrument], table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of estimates of one model."""
    design = Design([1], CONTEXTS, PEOPLE, pd.DataFrame(), asked)
    scores = value_scores(table, "choice", {i.name for i in asked if not i.centred})
    write_table(table, "ratings", folder / "ratings.parquet")
    write_table(scores, "values", folder / "values.parquet")
    write_null(design=design, settings=SETTINGS, output=folder / "null.parquet")
    write_model_estimates(
        values=folder / "values.parquet", ratings=folder / "ratings.parquet",
        null=folder / "null.parquet", design=design, settings=SETTINGS,
        about={"model": "m", "family": "f", "population": "fictional"},
        output=folder / "estimates.parquet", draws=folder / "draws.parquet",
    )  # fmt: skip
    found = read_table(folder / "estimates.parquet", "estimates")
    whole = found[["context_a", "context_b"]].eq("").all(axis=1) & found["replicate"].isna()
    return found[whole].set_index(["instrument", "quantity", "value"]).sort_index()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Return estimates of a questionnaire and two tasks; who holds the first value gives, the others take."""
    latent = np.linspace(-2, 2, len(PEOPLE))
    asked = [load_instrument(RESOURCES, n) for n in ("hofstede", "donation", "religion")]
    table = pd.concat([
        rated(asked[0], np.zeros(len(PEOPLE)), 0.3), rated(asked[1], latent, 0.3),
        rated(asked[2], -latent, 0.1),
    ])  # fmt: skip
    high = table["value"].eq("Collectivism") & table["respondent"].isin(PEOPLE[6:])
    table.loc[high, "rating"] += 2
    return estimates(tmp_path_factory.mktemp("tasks"), asked, table)


def test_generosity_to_everybody_is_stability_of_a_task(found: pd.DataFrame) -> None:
    """Centring would have taken it away: here respondents differ in nothing else."""
    assert found.loc[("donation", "rank_order", ""), "estimate"] > 0.9
    assert found.loc[("religion", "rank_order", ""), "estimate"] > 0.9


def test_links_are_found_with_their_sign(found: pd.DataFrame) -> None:
    giving = found.loc[("donation", "value_behaviour_link", "hofstede × Collectivism × Orcs")]
    praying = found.loc[("religion", "value_behaviour_link", "hofstede × Collectivism")]
    assert giving["lower"] > 0.5 and praying["upper"] < -0.5
    assert (giving["n"], giving["status"]) == (12, "ok")
    assert len(found.loc[("religion", "value_behaviour_link")]) == 5
    assert "value_behaviour_link" not in found.loc["hofstede"].index


def test_what_makes_no_sense_has_a_status(found: pd.DataFrame) -> None:
    for quantity in ("ipsative", "distinctive", "default_profile"):
        row = found.loc[("religion", quantity, "")]
        assert (row["status"], row["undefined"]) == ("too_few_values", 0)
        assert row[["estimate", "lower", "upper", "null_mean"]].isna().all()
        assert found.loc[("hofstede", quantity, ""), "status"] != "too_few_values"
    assert found.loc[("donation", "ipsative", ""), "status"] == "ok"  # of five peoples it does
    for task in ("donation", "religion"):
        row = found.loc[(task, "cronbach_alpha_centred", "")]
        assert row["status"] == "not_centred" and np.isnan(row["estimate"])
        assert found.loc[(task, "cronbach_alpha_raw", ""), "status"] == "ok"


def test_null_of_a_task_is_in_its_own_ratings() -> None:
    """Of a scale in steps of two, as coins are, a change is twice that of the same scale in steps of one."""
    steps = load_instrument(RESOURCES, "religion")
    doubled = [o.model_copy(update={"rating": 2 * o.rating}) for o in steps.options]
    null = {}
    for name, asked in (("coins", steps.model_copy(update={"options": doubled})), ("steps", steps)):
        design = Design([1], CONTEXTS, PEOPLE, pd.DataFrame(), [asked])
        null[name] = null_distribution(design, asked, SETTINGS)
    for quantity, power in (("rmse", 1), ("variance_residual", 2)):
        one, two = (null[n][quantity, "pooled"].mean[0] for n in ("steps", "coins"))
        assert two == pytest.approx(2**power * one)
    assert null["coins"]["rank_order", "pooled"].sd == null["steps"]["rank_order", "pooled"].sd


def test_random_ratings_of_a_count_are_those_of_the_scale() -> None:
    one, two, odd = (
        random_ratings(np.random.default_rng(1), options, (50,))
        for options in (6, [6, 5, 4, 3, 2, 1], [0, 2, 10])
    )
    assert (one == two).all() and set(one) == {1, 2, 3, 4, 5, 6}
    assert set(odd) == {1, 3, 11}


def test_uncentred_weights_are_plain_means() -> None:
    weights = scoring_weights({"a": [1, 3], "b": [2]}, 3, centred=False)
    assert weights.tolist() == [[0.5, 0], [0, 1], [0.5, 0]]
